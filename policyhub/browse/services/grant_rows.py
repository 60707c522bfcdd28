"""The policies that grant or deny one action, as rows of a list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.text import slugify

from policyhub.browse.lists.listing import Column, Listing
from policyhub.browse.lists.rows_in_memory import RowFacet
from policyhub.browse.lists.words import ListWords
from policyhub.browse.reading.services import FREEDOM_WORDS
from policyhub.browse.reading.statements import StatementReading
from policyhub.catalog.access.catalogue import CatalogPolicy, GrantingPolicy
from policyhub.catalog.access.verdicts import FREEDOMS
from policyhub.catalog.models import Policy, policy_label
from policyhub.iam.language.wording import plain

GRANTED = {**FREEDOM_WORDS, "blocked": "denied"}

GRANTS = Listing(
    facets=(
        RowFacet(
            key="granted",
            label="Granted",
            values=lambda row: (row.freedom,),
            labels=GRANTED,
        ),
        RowFacet(
            key="kind",
            label="Kind of policy",
            values=lambda row: (row.kind,),
            labels=dict(Policy.Kind.choices),
            offers_empty=False,
        ),
        RowFacet(
            key="attachable",
            label="Can be attached",
            values=lambda row: ("yes" if row.attachable else "no",),
            labels={"yes": "Yes", "no": "No"},
        ),
    ),
    columns=(
        Column("policy", "Policy", ("sort_name",)),
        Column("granted", "Granted", ("place", "sort_name")),
        Column("bounds", "On which resources, and when"),
        Column("kind", "Kind", ("kind",), is_shown=False),
    ),
    default_sort="granted",
)
WORDS = ListWords(
    name="grants",
    one="policy",
    many="policies",
    label="Policies that grant or deny the action",
    show_all="Show all policies that grant it",
    empty_title="No policy grants it",
    empty_text="No managed policy allows or denies this action.",
)


@dataclass(frozen=True)
class GrantRow:
    """A policy that grants or denies the action."""

    granting: GrantingPolicy
    kind: str
    attachable: bool

    @property
    def name(self) -> str:
        """The policy's key."""
        return self.granting.name

    @property
    def sort_name(self) -> str:
        """The name as it sorts."""
        return policy_label(self.name).lower()

    @property
    def freedom(self) -> str:
        """How freely it grants the action."""
        return self.granting.freedom

    @property
    def place(self) -> int:
        """For sorting: the freest first."""
        return FREEDOMS.index(self.granting.freedom)

    @property
    def granted(self) -> str:
        """The freedom in words."""
        return GRANTED[self.granting.freedom]

    @property
    def slug(self) -> str:
        """The freedom as CSS classes have it."""
        return slugify(self.granting.freedom)

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return str(Policy.Kind(self.kind).label)

    @property
    def is_of_usual_kind(self) -> bool:
        """Whether it is of the kind that most are of, which needs no word."""
        return self.kind == Policy.Kind.AWS_MANAGED

    def statements(self) -> list[StatementReading]:
        """The statements behind it, the Allows first; a free one says all that Allows do."""
        readings = self._readings()
        free = [each for each in readings if each.slug == "allow" and not each.is_bounded]
        return free[:1] + [each for each in readings if each.slug == "deny" or not free]

    def as_json(self) -> dict[str, Any]:
        """The row as the JSON twin has it."""
        return {
            "policy": self.name,
            "versionId": self.granting.version_id,
            "kind": self.kind,
            "attachable": self.attachable,
            "granted": self.freedom,
            "statements": [
                {
                    "statement": each.number,
                    "sid": each.statement.sid,
                    "effect": each.statement.effect,
                    "resources": plain(each.resources),
                    "conditions": plain(each.conditions),
                }
                for each in self._readings()
            ],
        }

    def _readings(self) -> list[StatementReading]:
        policy = self.granting.policy
        return [_reading(policy, each.position) for each in self.granting.statements]


@lru_cache(maxsize=8192)
def _reading(policy: CatalogPolicy, position: int) -> StatementReading:
    """The words of a statement, kept as long as many pages ask for them."""
    document = policy.document
    statement = next(each for each in document.statements if each.position == position)
    return StatementReading(statement, document.version)
