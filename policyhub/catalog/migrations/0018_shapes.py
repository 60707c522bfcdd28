"""What a statement says of its actions, whichever account is its own."""

from django.db import migrations, models


def derive_again(apps, schema_editor):
    # The next start finds no reference in, and writes everything that is derived anew.
    apps.get_model("catalog", "CatalogState").objects.update(reference_version="")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0017_entry_name")]

    operations = [
        migrations.AddField(
            "statement", "shape", models.CharField(max_length=32, default=""), preserve_default=False
        ),
        migrations.AddField("statement", "account", models.CharField(max_length=12, blank=True)),
        migrations.RunPython(derive_again, migrations.RunPython.noop),
    ]
