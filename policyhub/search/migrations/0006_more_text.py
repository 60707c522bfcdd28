"""Long texts in parts: all of them are written again."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def forget_all(apps: Any, schema_editor: Any) -> None:
    """Have the rows written again when they are first needed."""
    if schema_editor.connection.vendor == "postgresql":
        apps.get_model("search", "WrittenPolicy").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("search", "0005_rows_written_sooner")]

    operations = [
        migrations.CreateModel(
            "MoreText",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "row",
                    models.ForeignKey(
                        "search.FoundText",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="more",
                    ),
                ),
                ("text", models.TextField()),
            ],
        ),
        migrations.RunPython(forget_all, migrations.RunPython.noop),
    ]
