"""How many actions of each access level a version grants freely."""

from django.db import migrations, models

COLUMNS = ("list", "read", "write", "permissions", "tagging")


def derive_again(apps, schema_editor):
    # The next start finds no reference in, and writes everything that is derived anew.
    apps.get_model("catalog", "CatalogState").objects.update(reference_version="")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_curators")]

    operations = [
        *(
            migrations.AddField(
                "policyversion", f"free_{name}_count", models.PositiveIntegerField(default=0)
            )
            for name in COLUMNS
        ),
        migrations.RunPython(derive_again, migrations.RunPython.noop),
    ]
