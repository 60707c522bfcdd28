"""Pages and risks by their names: places that are few enough to be looked through one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from django.urls import reverse

from policyhub.judge.risks.filters import RISK_VALUES
from policyhub.judge.risks.kinds import KINDS
from policyhub.judge.risks.rules_of_today import rules_of_today
from policyhub.search.finding.asking.offers import Offer
from policyhub.search.finding.results import mark_matches

# The name of each page's URL, what the page is called, and what it answers.
PAGES: tuple[tuple[str, str, str], ...] = (
    ("browse:overview", "Overview", "what is in here, and what changed last"),
    ("browse:policies", "Policies", "all, with filters"),
    ("browse:risks", "Risks", "paths to more power or to data"),
    ("browse:services", "Services", "actions by access level"),
    ("browse:condition_keys", "Condition keys", "which policies use them"),
    ("compare:compare", "Compare", "two to six policies or versions"),
    ("simulate:simulate", "Simulate", "would this request be allowed"),
    ("search:who_can", "Who can", "which policies allow an action"),
    ("search:best_fit", "Best fit", "which policy gives just these actions"),
    ("browse:changes", "Changes", "what AWS changed, by month"),
    ("browse:removals", "Removals", "what policies no longer allow"),
    ("templates:document", "Template", "make a policy of parts of a document"),
    ("workbench:set_report", "Report", "several policies in one report"),
    ("workbench:watching", "Watching", "changes of chosen policies"),
    ("help:contents", "Help", "how to use all of this"),
    ("browse:facts", "Facts", "sources, versions and dates"),
)


def pages_named(words: Sequence[str]) -> Iterator[Offer]:
    """The pages whose names or answers contain all words, in lower case; without words all."""
    for name, label, answers in PAGES:
        text = f"{label} {answers}".lower()
        if all(word in text for word in words):
            yield Offer(reverse(name), mark_matches(label, words), answers)


def risks_named(words: Sequence[str]) -> Iterator[Offer]:
    """The risks whose ids, names, titles and actions contain all words, in lower case."""
    for path in rules_of_today().paths if words else ():
        title = path.titled(whole=True)
        text = " ".join((path.id, path.name, title, *path.actions)).lower()
        if all(word in text for word in words):
            url = reverse("browse:risk", args=[path.id])
            yield Offer(url, mark_matches(title, words), path.name)


def free_risks_of(action: str) -> Iterator[Offer]:
    """The policies with a free risk of the family that an action names, as `PassRole` does."""
    name = action.rpartition(":")[2].lower()
    for each in RISK_VALUES.values():
        titles = [kind.title for kind in KINDS.values() if kind.family == each.family]
        if each.is_free and name in (each.family.lower(), *(title.lower() for title in titles)):
            url = f"{reverse('browse:policies')}?{urlencode({'risk': each.value})}"
            words = ((f"Policies with a free {each.family} risk", False),)
            yield Offer(url, words, "; ".join(titles))


def help_about(text: str) -> Offer:
    """The offer to look in the help."""
    url = f"{reverse('help:contents')}?{urlencode({'q': text})}"
    return Offer(url, ((f"Search the help for “{text}”", False),))
