"""What AWS's pages say, kept as they say it, next to what curators make of it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Claimed(models.Model):
    """A row of which a page says something; the fields are ours, the claim is the page's.

    The claim has what the page says by the name of the field, as JSON. An import sets it and
    nobody edits it; it is empty where no page says anything.
    """

    claim = models.JSONField(null=True, blank=True, editable=False, encoder=DjangoJSONEncoder)

    class Meta:
        abstract = True

    def as_claimed(self) -> Self:
        """The row as the page has it, which is what checks judge; never to be saved."""
        row = copy(self)
        for name, value in (self.claim or {}).items():
            field: Any = self._meta.get_field(name)
            setattr(row, name, field.to_python(value))
        return row

    @property
    def corrected(self) -> Mapping[str, Any]:
        """What the page says, of the fields in which ours says something else."""
        if not self.claim:
            return {}
        page = self.as_claimed()
        # In the order of the fields: a database may keep JSON in another one.
        names = [each.name for each in self._meta.fields if each.name in self.claim]
        values = {name: getattr(page, name) for name in names}
        return {name: each for name, each in values.items() if each != getattr(self, name)}
