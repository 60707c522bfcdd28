"""The list of all known paths to more power or to data, with how many policies have each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.lists.listing import Column, Listing, ListState, list_context, render_table
from policyhub.browse.lists.rows_in_memory import RowFacet, RowSet, read_state
from policyhub.browse.lists.twins import csv_twin, json_at_once
from policyhub.browse.lists.words import ListWords
from policyhub.http import HtmxHttpRequest
from policyhub.judge.models import PolicyRisk
from policyhub.judge.risks.kinds import KINDS
from policyhub.judge.risks.paths import RiskPath
from policyhub.judge.risks.rules_of_today import rules_of_today

PAGE_SIZE = 50
CSV_HEADER = (
    "path", "way", "title", "gives", "kind", "family", "gravity", "actions", "free", "bounded",
    "ruled out", "undecided",
)  # fmt: skip
NOBODY = "none"
#: The answers as pages say them.
ANSWER_NAMES: Mapping[str, str] = {
    "free": "Free: any resource, no condition",
    "bounded": "Bounded: by resources, a condition or a deny",
    "ruled-out": "Ruled out: by a condition or a deny",
    "undecided": "Undecided",
}


@dataclass(frozen=True)
class RiskLine:
    """A path as the list of all shows it; `counts` has the policies by their answers."""

    path: RiskPath
    counts: Mapping[str, int]

    @property
    def place(self) -> int:
        """Where its table has it."""
        return self.path.place

    @property
    def gravity(self) -> int:
        """How serious its kind is, 1 being the most serious."""
        return self.path.kind.gravity

    @property
    def free(self) -> int:
        """How many policies leave it without a bound."""
        return self.counts["free"]

    @property
    def bounded(self) -> int:
        """How many policies allow it within bounds."""
        return self.counts["bounded"]

    @property
    def ruled_out(self) -> int:
        """How many policies name every action of it and rule it out all the same."""
        return self.counts["ruled-out"]

    @property
    def undecided(self) -> int:
        """Of how many policies it is not known."""
        return self.counts["undecided"]

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers that some policy gives; `none` where no policy names all of its actions."""
        return tuple(name for name in ANSWER_NAMES if self.counts[name]) or (NOBODY,)

    @property
    def title(self) -> str:
        """What one can do, with what is hit between `**`."""
        return self.path.emphasized(whole=True)

    @property
    def words(self) -> str:
        """Everything that the filter text is looked for in, in lower case."""
        path = self.path
        texts = (path.id, path.name, path.titled(whole=True), path.kind.title, *path.actions)
        return " ".join(texts).lower()

    def as_json(self) -> dict[str, Any]:
        """The row as the JSON twin has it."""
        return {
            **path_as_json(self.path),
            "policies": {name: self.counts[name] for name in ANSWER_NAMES},
            "url": reverse("browse:risk_json", args=[self.path.id]),
        }


def path_as_json(path: RiskPath) -> dict[str, Any]:
    """A path as JSON has it."""
    return {
        "id": path.id,
        "name": path.name,
        "title": path.titled(whole=True),
        "gives": path.gives,
        "kind": path.kind.name,
        "family": path.kind.family,
        "gravity": path.kind.gravity,
        "actions": list(path.actions),
    }


RISKS = Listing(
    facets=(
        RowFacet(
            key="answer",
            label="At least one policy has it",
            values=lambda row: row.answers,
            labels={
                "free": "Free",
                "bounded": "Bounded",
                "ruled-out": "Ruled out",
                "undecided": "Undecided",
                NOBODY: "No policy has it",
            },
            offers_empty=False,
        ),
        RowFacet(
            key="kind",
            label="Kind, most serious first",
            values=lambda row: (row.path.kind.name,),
            labels={each.name: each.title for each in KINDS.values()},
            offers_empty=False,
        ),
    ),
    columns=(
        Column("gravity", "Risk", ("gravity", "place")),
        Column("free", "Free", ("free",), number=True, greatest_first=True),
        Column("bounded", "Bounded", ("bounded",), number=True, greatest_first=True),
        Column("ruled-out", "Ruled out", ("ruled_out",), number=True, greatest_first=True),
    ),
    default_sort="gravity",
)
WORDS = ListWords(
    name="risks",
    one="path",
    many="paths",
    label="Risks",
    show_all="Show all paths",
    empty_title="There are no paths",
    empty_text="The table of known paths is empty.",
    text_label="Title or action contains",
)


def risk_lines() -> Iterator[RiskLine]:
    """Every path with its counts, in the order of their table."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    rows = PolicyRisk.objects.values_list("path", "answer").annotate(Count("pk"))
    for path, answer, count in rows.order_by():
        counts[path][answer] = count
    return (RiskLine(path, counts[path.id]) for path in rules_of_today().paths)


def _lines_containing(state: ListState) -> RowSet:
    return RowSet(list(risk_lines())).containing(state.text, lambda row: row.words)


@require_safe
def risks(request: HtmxHttpRequest) -> HttpResponse:
    """Every path, the most serious kinds first, each kind under its name."""
    state = read_state(RISKS, request.GET)
    lines = _lines_containing(state)
    twins = {"csv": reverse("browse:risks_csv"), "json": reverse("browse:risks_json")}
    rows = RISKS.narrowed(lines, state)
    context = list_context(RISKS, state, rows, lines, PAGE_SIZE, twins)
    context |= {
        "subject": "Risks",
        "is_by_kind": not state.sort.removeprefix("-") or state.sort == "-gravity",
        "kinds": len(KINDS),
    }
    return render_table(
        request, "browse/risks/risks.html", "browse/risks/_risk_row.html", WORDS, context
    )


@require_safe
def risks_json(request: HttpRequest) -> HttpResponseBase:
    """The same list as JSON, all of it."""
    state = read_state(RISKS, request.GET)
    rows = RISKS.narrowed(_lines_containing(state), state)
    return json_at_once(state, rows, RiskLine.as_json)


@require_safe
def risks_csv(request: HttpRequest) -> HttpResponseBase:
    """The same list as a CSV file."""
    state = read_state(RISKS, request.GET)
    rows = RISKS.narrowed(_lines_containing(state), state)
    return csv_twin(state, "risks.csv", CSV_HEADER, rows, _as_csv)


def _as_csv(row: RiskLine) -> tuple[Any, ...]:
    path = row.path
    return (
        path.id, path.name, path.titled(whole=True), path.gives, path.kind.name,
        path.kind.family, path.kind.gravity, "\n".join(path.actions), row.free, row.bounded,
        row.ruled_out, row.undecided,
    )  # fmt: skip
