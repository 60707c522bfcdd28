"""How many actions are granted, by access level: the same columns wherever they are counted."""

from __future__ import annotations

from django.db import models


class LevelCounts(models.Model):
    """Counts of granted actions by access level, as `access_levels` names the columns.

    The free counts are of the actions on all resources, without a condition and without a deny.
    """

    list_count = models.PositiveIntegerField(default=0)
    read_count = models.PositiveIntegerField(default=0)
    write_count = models.PositiveIntegerField(default=0)
    permissions_count = models.PositiveIntegerField(default=0)
    tagging_count = models.PositiveIntegerField(default=0)
    free_list_count = models.PositiveIntegerField(default=0)
    free_read_count = models.PositiveIntegerField(default=0)
    free_write_count = models.PositiveIntegerField(default=0)
    free_permissions_count = models.PositiveIntegerField(default=0)
    free_tagging_count = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
