"""What a version grants freely of each service, and the services that a policy belongs to."""

import django.db.models.deletion
from django.db import migrations, models

COLUMNS = ("list", "read", "write", "permissions", "tagging")
REASONS = ("granted", "named", "trusted", "documented")


def derive_again(apps, schema_editor):
    # The next start finds no reference in, and writes again everything that is derived.
    apps.get_model("catalog", "CatalogState").objects.update(reference_version="")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_language")]

    operations = [
        *(
            migrations.AddField(
                "servicegrant", f"free_{name}_count", models.PositiveIntegerField(default=0)
            )
            for name in COLUMNS
        ),
        migrations.CreateModel(
            "PolicyService",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                *((name, models.BooleanField()) for name in REASONS),
                (
                    "policy",
                    models.ForeignKey(
                        "catalog.policy",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="services",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        "catalog.service",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="policies",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "policyservice",
            models.UniqueConstraint(fields=["policy", "service"], name="policy_service_once"),
        ),
        migrations.RunPython(derive_again, migrations.RunPython.noop),
    ]
