"""Policies are told apart by ARN: a name is unique only among AWS's own."""

from django.db import migrations, models
from django.db.models.functions import Coalesce


def load_fixtures_again(apps, schema_editor):
    # One of AWS's own was left out where a customer's policy already bore its name.
    of_customers = apps.get_model("catalog", "Policy").objects.filter(
        kind="customer-managed", arn__isnull=False
    )
    if of_customers.exists():
        apps.get_model("catalog", "CatalogState").objects.update(fixture_digests={})


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_services_of_policies")]

    operations = [
        migrations.AlterModelOptions(
            "policy", {"ordering": ["name", "key"], "verbose_name_plural": "policies"}
        ),
        migrations.AddField(
            "policy",
            "key",
            models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(kind="customer-managed", then=Coalesce("arn", "name")),
                    default=models.F("name"),
                ),
                output_field=models.CharField(max_length=2048),
                unique=True,
            ),
        ),
        migrations.AlterField(
            "policy", "name", models.CharField(db_index=True, max_length=128)
        ),
        migrations.RunPython(load_fixtures_again, migrations.RunPython.noop),
    ]
