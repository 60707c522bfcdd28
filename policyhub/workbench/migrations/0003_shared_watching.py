"""One list for all who are signed in, and scenario files on it."""

from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def keep_each_policy_once(apps: Any, schema_editor: Any) -> None:
    """Of a policy that several readers had on their lists the first row stays."""
    rows = apps.get_model("workbench", "WatchedPolicy").objects.using(schema_editor.connection.alias)
    seen: set[int] = set()
    for pk, policy in rows.order_by("pk").values_list("pk", "policy_id"):
        if policy in seen:
            rows.filter(pk=pk).delete()
        seen.add(policy)


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [
        ("catalog", "0011_edit_history"),
        ("workbench", "0002_watched_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar[list[Any]] = [
        migrations.RemoveConstraint("watchedpolicy", "watched_policy_once"),
        migrations.RunPython(keep_each_policy_once, migrations.RunPython.noop),
        migrations.AlterField(
            "watchedpolicy",
            "user",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="watched_policies",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "watchedpolicy",
            "policy",
            models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="watched",
                to="catalog.policy",
            ),
        ),
        migrations.CreateModel(
            name="WatchedScenario",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                ("text", models.TextField()),
                ("saved_at", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="watched_scenarios",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
