"""What is asked of a comparison: the sides, what of it is shown, and the addresses that ask so."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from policyhub.compare.opening import (
    SERVICES_SHOWN,
    Opened,
    read_opened,
    read_services_shown,
)
from policyhub.compare.sides import Side, UnusableSideError, read_side
from policyhub.http import (
    LONGEST_ADDRESS,
    ParameterProblem,
    choices_in_words,
    given_parameters,
    quotable,
    short_address,
)

MOST_SIDES = 6
PARAMETERS = ("policy", "all", "open", "services", "evidence", "contexts", "text", "left")
TEXTS = ("inline", "side")
CONTEXTS = ("aws", "any")


@dataclass
class CompareQuestion:
    """The sides as given, and what could be read of them."""

    given: list[str]
    only_differences: bool = True
    all_evidence: bool = False
    any_context: bool = False
    side_by_side: bool = False
    opened: Opened = field(default_factory=dict)
    services_shown: int = SERVICES_SHOWN
    sides: list[Side] = field(default_factory=list)
    problems: list[ParameterProblem] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        """What each side is called."""
        return [each.label for each in self.sides]

    def address(self, given: list[str] | None = None, **more: str) -> str:
        """The query of the page for these sides or others; "" where it would be too long."""
        sides = self.given if given is None else given
        if sum(map(len, sides)) > LONGEST_ADDRESS:
            # Writing what is too long takes time too, for every link of a page.
            return ""
        pairs = [("policy", each) for each in sides]
        if self.any_context:
            more = {"contexts": "any", **more}
        query = urlencode([*pairs, *((key, value) for key, value in more.items() if value)])
        return f"?{query}" if short_address(reverse("compare:compare"), query) else ""

    @property
    def further(self) -> dict[str, str]:
        """What the address says in addition to the sides."""
        asked = {
            "all": "" if self.only_differences else "on",
            "text": "side" if self.side_by_side else "",
            "services": str(self.services_shown) if self.services_shown > SERVICES_SHOWN else "",
            "contexts": "any" if self.any_context else "",
        }
        return {name: text for name, text in asked.items() if text}

    def address_with(self, **change: str) -> tuple[str, str]:
        """The address of the same page with other parts shown, else the form's action.

        Where the documents are too long for an address their form asks for it.
        """
        asked = {**self.further, **change}
        url = self.address(None, **asked)
        return url, "" if url else form_action(asked)


def form_action(change: dict[str, str]) -> str:
    """Where the form, whatever the length of its documents, asks for this as well."""
    return f"{reverse('compare:compare')}?{urlencode(change)}"


def read_compare_question(request: HttpRequest) -> CompareQuestion:
    """Read the sides; what can't be compared becomes a problem."""
    query = given_parameters(request)
    given = [text for each in query.getlist("policy") if (text := each.strip())]
    question = CompareQuestion(
        given[:MOST_SIDES],
        query.get("all", "") != "on",
        query.get("evidence", "") == "all",
        query.get("contexts", "") == "any",
        query.get("text", "") == "side",
        read_opened(query.get("open", "")),
        read_services_shown(query.get("services", "")),
    )
    for name, choices in (("contexts", CONTEXTS), ("text", TEXTS)):
        if (given_one := query.get(name, "")) not in ("", *choices):
            message = f"`{quotable(given_one)}` is not a choice: use {choices_in_words(choices)}"
            question.problems.append(ParameterProblem("invalid", name, message))
    for name in query:
        if name not in PARAMETERS:
            known = choices_in_words(PARAMETERS)
            message = f"`{quotable(name)}` is not a parameter of this page: use {known}"
            question.problems.append(ParameterProblem("unknown-parameter", quotable(name), message))
    if len(given) > MOST_SIDES:
        message = f"{len(given)} policies: compare at most {MOST_SIDES} at a time"
        question.problems.append(ParameterProblem("too-many-values", "policy", message))
    for number, text in enumerate(question.given, 1):
        try:
            question.sides.append(read_side(text, number))
        except UnusableSideError as error:
            question.problems.append(ParameterProblem("unusable", "policy", str(error)))
    return question
