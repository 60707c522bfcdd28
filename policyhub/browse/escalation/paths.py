"""The proved paths of a verdict that lead to more power: which role, to which service, when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policyhub.iam.deciding.callers import UNSPECIFIED
from policyhub.iam.deciding.formula import Literal, Truth
from policyhub.iam.deciding.request import Request, make_request
from policyhub.iam.explaining.facts import ResourceCovered
from policyhub.iam.language.wording import plain
from policyhub.judge.risks.kinds import Family
from policyhub.judge.risks.risk import PathBound, Risk
from policyhub.judge.risks.truths import in_short, replaced

# Data that is read and records that are removed give nobody more power.
_ESCALATING: frozenset[Family] = frozenset({"IAM", "PassRole", "Assume", "Takeover"})
_PASS_ROLE, _PASSED_TO = "iam:PassRole", "iam:passedtoservice"
_ROLE = ":role/"


@dataclass(frozen=True)
class PassedRole:
    """A role that a path passes: `patterns` are those that it matches one of, none for any role.

    `is_any` says that nothing limits which role it is; `when` is a clause, "" without a bound;
    `service` gets the role in the proof, and `is_bound_to_service` says that not every one can.
    `is_by_name_alone` says that the bound is nothing but which roles these are.
    """

    patterns: tuple[str, ...]
    is_any: bool
    when: str
    service: str
    is_bound_to_service: bool
    is_by_name_alone: bool

    @property
    def said(self) -> tuple[str, str]:
        """All that is said of the roles, which is one for paths that pass the same."""
        return self.which, self.when

    @property
    def which(self) -> str:
        """Which roles, in a few words."""
        if self.is_any:
            return "any role"
        names = [each.partition(_ROLE)[2] or each for each in self.patterns]
        if not names:
            return "some roles"
        more = f" +{len(names) - 1}" if len(names) > 1 else ""
        return f"{'role' if len(names) == 1 else 'roles'} {names[0]}{more}"


@dataclass(frozen=True)
class EscalationPath:
    """A proved path: its number in the verdict, what it passes, what it calls and when.

    `actions` are those apart from `iam:PassRole`; `when` has a clause for each of their bounds.
    """

    number: int
    is_free: bool
    title: str
    emphasized: str
    passed: PassedRole | None
    actions: tuple[str, ...]
    when: tuple[str, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The prefixes of the actions."""
        return tuple(dict.fromkeys(each.partition(":")[0] for each in self.actions))


def escalations(numbered: Iterable[tuple[int, Risk]]) -> list[EscalationPath]:
    """Of the risks of a verdict those that lead to more power, roles that are passed first.

    Those that pass the same roles are next to each other.
    """
    found = [
        _path(number, risk)
        for number, risk in numbered
        if risk.is_claimed and risk.family in _ESCALATING
    ]
    groups = list(dict.fromkeys(_group(each) for each in found))
    return sorted(found, key=lambda each: (each.passed is None, groups.index(_group(each))))


def _group(path: EscalationPath) -> tuple[str, str] | None:
    return path.passed.said if path.passed else None


def _path(number: int, risk: Risk) -> EscalationPath:
    others = [each for each in risk.limits if each.action != _PASS_ROLE]
    return EscalationPath(
        number,
        risk.answer == "free",
        risk.title,
        risk.emphasized_title,
        _passed(risk),
        tuple(each for each in risk.actions if each != _PASS_ROLE),
        tuple(f"{each.action} {_clause(each)}" for each in others),
    )


def _passed(risk: Risk) -> PassedRole | None:
    """The role of a path's proof; None for a path that passes none."""
    proof = next((each for each in risk.requests if each.action == _PASS_ROLE), None)
    if proof is None:
        return None
    context = {key: str(value) for key, value in proof.context.items()}
    service = next((context[key] for key in context if key.lower() == _PASSED_TO), "")
    asked = make_request(_PASS_ROLE, proof.resource, UNSPECIFIED, {_PASSED_TO: service})
    limits = [each.allowed for each in risk.limits if each.action == _PASS_ROLE]
    left = [_to_that_service(each, asked) for each in limits] if service else limits
    open_ = [each for each in left if each is not True]
    covered = [each for truth in open_ for each in _about_resource(truth)]
    is_listed = not any(each.negative for each in covered)
    return PassedRole(
        tuple(dict.fromkeys(_text(each) for each in covered)) if is_listed else (),
        not covered,
        "; ".join(_clause(PathBound(_PASS_ROLE, each)) for each in open_),
        service,
        left != limits,
        bool(open_) and all(_is_about_resource_alone(each) for each in open_),
    )


def _to_that_service(truth: Truth, asked: Request) -> Truth:
    """What is left of a bound once the role goes to the service of the proof."""

    def settle(literal: Literal) -> Truth:
        keys = {key.lower() for key in literal.atom.keys}
        return literal.holds(asked) if keys == {_PASSED_TO} else literal

    return in_short(replaced(truth, settle))


def _clause(bound: PathBound) -> str:
    return plain(bound.words).removeprefix(f"{bound.action} ")


def _about_resource(truth: Truth) -> Sequence[Literal]:
    """The facts of a truth about which resource is asked for."""
    if isinstance(truth, bool):
        return ()
    if isinstance(truth, Literal):
        return (truth,) if isinstance(truth.atom, ResourceCovered) else ()
    parts: Sequence[Truth] = getattr(truth, "parts", ())
    return [each for part in parts for each in _about_resource(part)]


def _is_about_resource_alone(truth: Truth) -> bool:
    atoms = () if isinstance(truth, bool) else tuple(truth.atoms())
    return all(isinstance(each, ResourceCovered) for each in atoms)


def _text(literal: Literal) -> str:
    atom = literal.atom
    return atom.text if isinstance(atom, ResourceCovered) else ""
