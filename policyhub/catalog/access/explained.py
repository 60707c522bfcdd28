"""One request put to many policies, each explained when somebody asks about it.

Policies that say the same of the action are alike. Whoever counts answers explains one of those
that are alike, and whoever shows a page explains the policies on it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from policyhub.catalog.access.shapes import in_account, unnamed_account
from policyhub.iam.budget import Budget
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.statements import CompiledStatement
from policyhub.iam.explaining.near_misses import NearMiss, near_misses
from policyhub.iam.explaining.residual import Residual, residual
from policyhub.iam.reading.document import Statement

if TYPE_CHECKING:
    from policyhub.catalog.access.catalogue import CatalogPolicy, Concerned

# What a policy takes besides its statements' own comparisons.
_STEPS_OF_EXPLAINING = 20


# The place of each statement in its document, and its Sid.
StatementNames = tuple[tuple[int, str], ...]


class AskedPolicy(NamedTuple):
    """A policy with statements about an action; `place` says where a catalogue has them.

    `said` is what each of them says, in the document's order. Of two policies with the same
    `said` the answers depend on the same, but for the names of their own accounts. `account` is
    that of a policy where it stands for any other, "" if none does.
    """

    name: str
    version_id: str
    said: tuple[Hashable, ...]
    place: Any
    account: str = ""

    def as_named(self) -> AskedPolicy:
        """The same where the question names its account, which stands for no other then."""
        said = tuple((each, self.account) for each in self.said)
        return self._replace(said=said, account="")


@dataclass(eq=False)
class Explaining:
    """A request, and what was found out about it. Explaining raises `SpentError`."""

    request: Request
    any_resource: bool
    budget: Budget
    read: Callable[[Sequence[Any]], Sequence[Concerned]]
    read_names: Callable[[Sequence[Any]], Sequence[StatementNames]]
    attach: Callable[[Concerned], AppliedPolicies]
    _known: dict[object, Residual] = field(default_factory=dict)

    def residual(self, concerned: Concerned) -> Residual:
        """On what a policy's answer depends; worked out once of those that say the same."""
        said = concerned.said
        if said not in self._known:
            self.budget.spend(_STEPS_OF_EXPLAINING)
            self._known[said] = residual(
                self.request,
                self.attach(concerned),
                any_resource=self.any_resource,
                budget=self.budget,
            )
        return self._known[said]

    def note(self, policy: ExplainedPolicy, depends_on: Residual) -> None:
        """Take note of what a policy's answer depends on, where it is known already."""
        self._known[policy.concerned.said] = depends_on

    def statements_said(
        self, sources: Iterable[AskedPolicy]
    ) -> Iterator[tuple[Hashable, CompiledStatement]]:
        """What policies say of the action, each with a statement that says it.

        All of them have one account where it stands for any other, which the question does not
        name. So what is found out of them together is so of the statements of any policy.
        """
        known: set[Hashable] = set()
        needed = []
        for each in sources:
            if not known.issuperset(each.said):
                known.update(each.said)
                needed.append(each)
        for source, concerned in zip(
            needed, self.read([each.place for each in needed]), strict=True
        ):
            self.budget.spend(_STEPS_OF_EXPLAINING)
            standing = self._standing_for(source, concerned)
            (attached,) = self.attach(standing).identity
            about = attached.compiled.about(self.request.action) if attached.compiled else ()
            for said, statement in zip(source.said, about, strict=True):
                if said in known:
                    known.remove(said)
                    yield said, statement

    def standing_for(self, policy: ExplainedPolicy, name: str) -> ExplainedPolicy:
        """A policy that says the same as all that are alike, with names that nothing else has.

        It is in the account that stands for any other, and its statements' Sids begin with `name`.
        """
        made = ExplainedPolicy(self, policy.source)
        standing = self._standing_for(policy.source, policy.concerned)
        vars(made)["concerned"] = standing.renamed(name)
        return made

    def _standing_for(self, source: AskedPolicy, concerned: Concerned) -> Concerned:
        if not source.account:
            return concerned
        return concerned.with_statements(
            concerned.policy.name,
            [
                in_account(each, source.account, self.unnamed_account, self.request.action)
                for each in concerned.statements
            ],
        )

    @cached_property
    def unnamed_account(self) -> str:
        """An account that stands for any other that the question does not name."""
        return unnamed_account(self.request)


class ExplainedPolicy:
    """On what a policy's own answer to a request depends. Its properties raise `SpentError`."""

    def __init__(self, explaining: Explaining, source: AskedPolicy) -> None:
        self.explaining, self.source = explaining, source

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.source.name

    @property
    def version_id(self) -> str:
        """The version that was asked."""
        return self.source.version_id

    @property
    def is_read(self) -> bool:
        """Whether its statements are at hand."""
        return "concerned" in vars(self)

    @cached_property
    def concerned(self) -> Concerned:
        """The policy with its statements about the action."""
        return self.explaining.read([self.source.place])[0]

    @property
    def policy(self) -> CatalogPolicy:
        """The policy, with as much of its document as is about the action."""
        return self.concerned.policy

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements about the action."""
        return self.concerned.statements

    @property
    def attached(self) -> AppliedPolicies:
        """The policy as the only identity policy."""
        return self.explaining.attach(self.concerned)

    @property
    def depends_on(self) -> Residual:
        """What is left open of the answer."""
        return self.explaining.residual(self.concerned)

    @cached_property
    def near_misses(self) -> tuple[NearMiss, ...]:
        """What keeps its statements from matching, sought where it never allows."""
        if self.depends_on.allowed is not False:
            return ()
        asked = self.explaining
        return near_misses(asked.request, self.attached, asked.any_resource, asked.budget)


def make_ready(policies: Iterable[ExplainedPolicy]) -> None:
    """Read what is needed to explain some policies together, of one request after the other."""
    for asked, unread in _unread(policies):
        read = asked.read([each.source.place for each in unread])
        for each, concerned in zip(unread, read, strict=True):
            vars(each)["concerned"] = concerned


def names_of(policies: Sequence[ExplainedPolicy]) -> list[StatementNames]:
    """How the statements of policies are named, of which else nothing is read."""
    names = {each: each.concerned.names for each in policies if each.is_read}
    for asked, unread in _unread(policies):
        read = asked.read_names([each.source.place for each in unread])
        names |= zip(unread, read, strict=True)
    return [names[each] for each in policies]


def _unread(
    policies: Iterable[ExplainedPolicy],
) -> Iterable[tuple[Explaining, list[ExplainedPolicy]]]:
    unread: dict[Explaining, list[ExplainedPolicy]] = {}
    for each in policies:
        if not each.is_read:
            unread.setdefault(each.explaining, []).append(each)
    return unread.items()
