"""What documents say to the requests of a path: each with everything open that a caller chooses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import Contexts, contexts_of
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.formula import AllOf, Literal, Truth, holds, negation
from policyhub.iam.deciding.request import (
    Context,
    ContextValue,
    Request,
    make_request,
)
from policyhub.iam.deciding.statements import CompiledStatement
from policyhub.iam.explaining.facts import condition_holds
from policyhub.iam.language.elements import Condition
from policyhub.judge.risks.allowing import OpenQuestion
from policyhub.judge.risks.attached import AttachedDocuments, service_principal
from policyhub.judge.risks.keys import is_never_sent
from policyhub.judge.risks.paths import RiskPath, Step
from policyhub.judge.risks.targets import Target, target_of
from policyhub.judge.risks.truths import joined, keys_of_truth

PASSED_TO_SERVICE = "iam:PassedToService"
_ASSOCIATED = "iam:AssociatedResourceArn"
_WITHOUT_VARIABLES = "2008-10-17"


@dataclass(frozen=True, slots=True, eq=False)
class PathQuestion:
    """A step as it is asked in a partition: with a service that gets a role, and open otherwise.

    `allowed` is when it is allowed at all, `on_path` when it is with what the path needs of the
    context, `given`. `besides` is what else it demands of the context.
    """

    step: Step
    target: Target
    given: Mapping[str, object]
    allowed: Truth
    on_path: Truth
    besides: Truth = True

    @property
    def demands(self) -> tuple[Truth, ...]:
        """What the resource must be."""
        return self.target.demands


class DecidedRequest(NamedTuple):
    """A request as it was decided, with the policy that its resource needs, if any."""

    request: Request
    resource_policy: Mapping[str, object] | None
    decision: Decision


@dataclass
class PathAsker:
    """Puts the steps of paths to documents; what was found out of an action is kept."""

    attached: AttachedDocuments
    _truths: dict[object, Truth] = field(default_factory=dict)
    _verdicts: dict[object, bool] = field(default_factory=dict)
    _questions: dict[object, PathQuestion] = field(default_factory=dict)
    _never: dict[str, list[str]] = field(default_factory=dict)
    _about: dict[str, list[tuple[str, CompiledStatement]]] = field(default_factory=dict)
    # What paths have in common is found out once: see `consistent` and `proving`.
    resources_at_hand: dict[object, list[str]] = field(default_factory=dict)
    decisions: dict[object, DecidedRequest] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = self.attached.facts
        self.contexts: Contexts = contexts_of(self.facts)
        self.solver = Solver(contexts=self.contexts)

    def questions(
        self, path: RiskPath, partition: str, services: Sequence[str]
    ) -> list[PathQuestion]:
        """The steps of a path; `services` has the one for each step, "" for none."""
        return [
            self._question(path, step, partition, service)
            for step, service in zip(path.steps, services, strict=True)
        ]

    def _question(self, path: RiskPath, step: Step, partition: str, service: str) -> PathQuestion:
        key = step, partition, service
        if key not in self._questions:
            self._questions[key] = self._made_question(step, partition, service)
        found = self._questions[key]
        if not service or _ASSOCIATED.lower() not in keys_of_truth(found.on_path):
            return found
        besides = _of_the_path(path)
        return replace(found, on_path=joined(AllOf, [found.on_path, besides]), besides=besides)

    def _made_question(self, step: Step, partition: str, service: str) -> PathQuestion:
        target = target_of(step.action, step.type, partition, self.facts)
        passed = service_principal(service, partition) if service else ""
        allowed = self._truth(target, "")
        on_path = self._truth(target, passed) if passed else allowed
        given: dict[str, object] = {PASSED_TO_SERVICE: passed} if passed else {}
        return PathQuestion(step, target, given, allowed, on_path)

    def _truth(self, target: Target, passed: str) -> Truth:
        """When an action is allowed on a target, with a role passed to a service or without."""
        key = target, passed
        if key not in self._truths:
            given = {PASSED_TO_SERVICE: passed} if passed else {}
            asked = self._open(target, given)
            self._truths[key] = asked.allowed_by(each for _, each in self.about(target.action))
        return self._truths[key]

    def _open(self, target: Target, given: Mapping[str, object]) -> OpenQuestion:
        request = make_request(target.action, context=given) if given else Request(target.action)
        never = frozenset(map(str.lower, self.never_sent(target.action)))
        return OpenQuestion(request, target, never)

    def matches(self, question: PathQuestion, statement: CompiledStatement) -> tuple[Truth, Truth]:
        """When a statement matches a question, and what else the path demands of the context."""
        return self._open(question.target, question.given).matches(statement), question.besides

    def never_sent(self, action: str) -> list[str]:
        """The keys of conditions about an action that no request for it has.

        Not those of variables alone: a session may have been given them.
        """
        if action not in self._never:
            keys = dict.fromkeys(
                one.condition.key for _, each in self.about(action) for one in each.conditions
            )
            self._never[action] = [each for each in keys if is_never_sent(action, each, self.facts)]
        return self._never[action]

    def context(self, question: PathQuestion, context: Context) -> dict[str, object]:
        """What a question needs of a context, as a simulation has it."""
        action = question.step.action
        never = self.never_sent(action)
        needs = [each for each in self._needs(action) if each not in never]
        lowered = set(map(str.lower, needs))
        own = {key: value for key, value in context.items() if key in lowered}
        whole = self.contexts.completed(own, needs)
        return {**_as_given(whole.values()), **question.given}

    def _needs(self, action: str) -> list[str]:
        """The keys that statements about an action ask for, as written."""
        return list(dict.fromkeys(key for _, each in self.about(action) for key in each.needs))

    def about(self, action: str) -> list[tuple[str, CompiledStatement]]:
        """The statements about an action, each with the name of its document."""
        if action not in self._about:
            self._about[action] = [
                (policy.name, each)
                for policy in self.attached.policies.identity
                if policy.compiled
                for each in policy.compiled.about(action)
            ]
        return self._about[action]

    def is_always(self, truth: Truth, target: Target) -> bool:
        """Whether a truth is so for every resource of a target, in every context; else False.

        Also False where that is undecided.
        """
        if isinstance(truth, bool):
            return truth
        key = truth, target.demand
        if key not in self._verdicts:
            # The plainest request of all shows most that are not.
            context = self.contexts.completed({}, keys_of_truth(truth))
            is_plainly = holds(truth, Request(target.action, target.example, context=context))
            truths = [target.demand, negation(truth)]
            self._verdicts[key] = is_plainly and not self.may_be(truths)
        return self._verdicts[key]

    def may_be(self, truths: Sequence[Truth]) -> bool:
        """False only if truths can't be true together."""
        try:
            return next(self.solver.models(truths), None) is not None
        except UndecidedError:
            return True


def _as_given(values: Iterable[ContextValue]) -> dict[str, object]:
    return {
        each.name: list(each.values) if each.is_list else each.values[0]
        for each in values
        if each.is_list or each.values
    }


def _of_the_path(path: RiskPath) -> Literal:
    """That a role is passed for a resource of a service that the path calls too."""
    services = dict.fromkeys(step.action.partition(":")[0] for step in path.steps)
    patterns = tuple(f"arn:*:{each}:*:*:*" for each in services if each != "iam")
    condition = Condition("ArnLikeIfExists", _ASSOCIATED, patterns)
    return Literal(condition_holds(condition, _WITHOUT_VARIABLES))
