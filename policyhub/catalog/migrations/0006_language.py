"""What the catalogue in the database needs of a document without reading it."""

from django.db import migrations, models
from django.db.models import Q


def derive_again(apps, schema_editor):
    # The next start finds no reference in, and writes everything that is derived anew.
    apps.get_model("catalog", "CatalogState").objects.update(reference_version="")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_observed_access")]

    operations = [
        migrations.AddField(
            "policyversion",
            "language",
            models.CharField(
                blank=True,
                default="",
                help_text="Which version of the policy language it is in.",
                max_length=10,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "statement", "has_long_pattern", models.BooleanField(default=False)
        ),
        migrations.AddIndex(
            "statement",
            models.Index(fields=["version"], condition=Q(not_action=True), name="not_actions"),
        ),
        migrations.AddIndex(
            "statement",
            models.Index(
                fields=["version"], condition=Q(has_long_pattern=True), name="long_patterns"
            ),
        ),
        migrations.RunPython(derive_again, migrations.RunPython.noop),
    ]
