"""What the smallest picture of a default version shows."""

import django.db.models.deletion
from django.db import migrations, models


def derive_again(apps, schema_editor):
    # The next start finds no reference in, and writes everything that is derived anew.
    apps.get_model("catalog", "CatalogState").objects.update(reference_version="")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0013_names_ignoring_case")]

    operations = [
        migrations.CreateModel(
            name="PowerMap",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="power_map",
                        serialize=False,
                        to="catalog.policyversion",
                    ),
                ),
                ("columns", models.JSONField()),
            ],
        ),
        migrations.RunPython(derive_again, migrations.RunPython.noop),
    ]
