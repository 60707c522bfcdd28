"""The paths that are in force: those that come with Policyhub, and one's own in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from policyhub.catalog.database_file import database_file
from policyhub.judge.models import RiskRule
from policyhub.judge.risks.attached import Vocabulary
from policyhub.judge.risks.judging import known_vocabulary
from policyhub.judge.risks.paths import InvalidPathError, RiskPath, known_paths

_KEPT = 8


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Paths and their vocabulary.

    By a rule's number `by_rule` has its paths, and `problems` why it is not in force.
    """

    by_rule: Mapping[int, tuple[RiskPath, ...]]
    vocabulary: Vocabulary
    problems: Mapping[int, str]

    @cached_property
    def own(self) -> tuple[RiskPath, ...]:
        """The paths of the database."""
        return tuple(path for paths in self.by_rule.values() for path in paths)

    @property
    def paths(self) -> tuple[RiskPath, ...]:
        """All paths, one's own last."""
        return (*known_paths(), *self.own)


def rules_of_today() -> RuleSet:
    """The rules as the database has them now: one query, and what was read is kept.

    Documents of one's own are judged without a database too: where none was made, none are in it.
    """
    file = database_file()
    if file is not None and not file.exists():
        return _rules(())
    return _rules(tuple(RiskRule.objects.order_by("pk").values_list("pk", "text")))


@lru_cache(maxsize=_KEPT)
def _rules(rows: tuple[tuple[int, str], ...]) -> RuleSet:
    """What can be read; a rule of an older release may not, and says so in the admin."""
    if not rows:
        return RuleSet({}, known_vocabulary(), {})
    # Imported where there are rules to read, for it takes YAML along.
    from policyhub.judge.risks.rules_file import read_rules_text

    by_rule: dict[int, tuple[RiskPath, ...]] = {}
    problems: dict[int, str] = {}
    taken: set[str] = set()
    for key, text in rows:
        try:
            by_rule[key] = read_rules_text(text, taken)
        except InvalidPathError as error:
            problems[key] = str(error)
        taken |= {each.id for each in by_rule.get(key, ())}
    own = [path for paths in by_rule.values() for path in paths]
    return RuleSet(by_rule, Vocabulary([*known_paths(), *own]), problems)
