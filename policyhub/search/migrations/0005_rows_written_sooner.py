"""Rows that the database need not look up others for; all of them are written again."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

# On SQLite its triggers go with the table that the changed one takes the place of.
_DROPPING = {
    "sqlite": (
        "DROP TABLE IF EXISTS search_foundtext_trigrams",
        "DELETE FROM search_foundtext",
        "DELETE FROM search_tagset",
    ),
    "postgresql": ("TRUNCATE search_foundtext, search_tagset",),
}


def clear(apps: Any, schema_editor: Any) -> None:
    """Delete the rows; they are written when they are first needed."""
    apps.get_model("search", "WrittenPolicy").objects.all().delete()
    apps.get_model("search", "LetterCount").objects.all().delete()
    if schema_editor.connection.vendor == "sqlite":
        for event in ("added", "dropped", "replaced"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS search_foundtext_trigrams_{event}")
    for statement in _DROPPING[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def _set_key() -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="search.tagset",
    )


class Migration(migrations.Migration):
    dependencies = [("search", "0004_counts_of_letters")]

    operations = [
        migrations.RunPython(clear, migrations.RunPython.noop),
        migrations.AlterField("tagset", "digest", models.CharField(max_length=64)),
        migrations.AddConstraint(
            "tagset", models.UniqueConstraint(fields=["digest"], name="one_of_each_set")
        ),
        migrations.AlterField(
            "foundtext",
            "policy",
            models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="found_texts",
                to="catalog.policy",
            ),
        ),
        *(
            migrations.AlterField("foundtext", name, _set_key())
            for name in ("services", "conditions", "resources")
        ),
    ]
