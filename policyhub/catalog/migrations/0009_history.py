"""When versions were made as far as that is known, policies that are gone, what denies changed."""

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Cast, Coalesce, Substr


def derive_again(apps, schema_editor):
    # The next start finds no reference in, and writes again everything that is derived.
    apps.get_model("catalog", "CatalogState").objects.update(reference_version="")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_policies_by_arn")]

    operations = [
        migrations.AddField(
            "catalogstate", "history_digest", models.CharField(blank=True, max_length=64)
        ),
        migrations.AddField(
            "catalogstate", "history_done", models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            "catalogstate", "history_total", models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            "policy",
            "last_seen_on",
            models.DateField(
                blank=True,
                editable=False,
                help_text="Of a policy that AWS has removed, the last day on which a source had "
                "it.",
                null=True,
            ),
        ),
        migrations.AddField(
            "policyversion", "not_before", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "policyversion", "not_after", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "policyversion",
            "number",
            models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(version_id="", then=None),
                    default=Cast(Substr("version_id", 2), models.IntegerField()),
                ),
                output_field=models.IntegerField(null=True),
            ),
        ),
        migrations.AddField(
            "policyversion",
            "existed_by",
            models.GeneratedField(
                db_persist=True,
                expression=Coalesce("created_at", "not_after"),
                output_field=models.DateTimeField(null=True),
            ),
        ),
        migrations.AlterField(
            "policyversion",
            "source",
            models.CharField(
                choices=[
                    ("documentation", "AWS documentation"),
                    ("iam-api", "IAM API"),
                    ("packages", "Published packages"),
                    ("export", "Authorization-details export"),
                    ("file", "File"),
                ],
                max_length=32,
            ),
        ),
        migrations.AlterModelOptions(
            "policyversion",
            {
                "ordering": [
                    "policy", F("existed_by").desc(nulls_last=True), "-number", "-pk"
                ]
            },
        ),
        migrations.AddField(
            "changelogentry",
            "not_before",
            models.DateField(
                blank=True,
                editable=False,
                help_text="Since when it may have happened; empty if `date` is the day.",
                null=True,
            ),
        ),
        migrations.AddField(
            "changelogentry",
            "denies",
            models.BooleanField(
                default=False,
                editable=False,
                help_text="Whether what it denies changed, as observed.",
            ),
        ),
        migrations.RunPython(derive_again, migrations.RunPython.noop),
    ]
