"""When the texts of each policy were changed: an index in memory makes those again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0014_power_maps"), ("search", "0002_longer_names")]

    operations = [
        migrations.CreateModel(
            "TextStamp",
            [
                (
                    "policy",
                    models.OneToOneField(
                        "catalog.Policy",
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        related_name="text_stamp",
                        db_constraint=False,
                    ),
                ),
                ("stamp", models.PositiveBigIntegerField()),
            ],
        )
    ]
