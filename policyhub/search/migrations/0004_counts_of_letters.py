"""In how many rows short words are: all rows are written again, and counted."""

from typing import Any

from django.db import DatabaseError, migrations, models, transaction

_COMPRESSED = ("names", "text")


def forget_all(apps: Any, schema_editor: Any) -> None:
    """Have the rows written again when they are first needed."""
    apps.get_model("search", "WrittenPolicy").objects.all().delete()


def read_sooner(apps: Any, schema_editor: Any) -> None:
    """Have PostgreSQL compress long texts by LZ4, which it reads sooner, where it is built so."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for column in _COMPRESSED:
        try:
            with transaction.atomic(schema_editor.connection.alias):
                schema_editor.execute(
                    f"ALTER TABLE search_foundtext ALTER COLUMN {column} SET COMPRESSION lz4"
                )
        except DatabaseError:
            return


class Migration(migrations.Migration):
    dependencies = [("search", "0003_stamps_of_texts")]

    operations = [
        migrations.CreateModel(
            "LetterCount",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("word", models.CharField(max_length=2)),
                ("group", models.CharField(max_length=16)),
                ("count", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["word", "group"], name="one_count_of_letters")
                ]
            },
        ),
        migrations.RunPython(forget_all, migrations.RunPython.noop),
        migrations.RunPython(read_sooner, migrations.RunPython.noop),
    ]
