"""Documents that are attached together, as far as they are about the actions of paths."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.language.elements import PolicyDocument, Statement
from policyhub.iam.language.patterns import compile_pattern, has_wildcard
from policyhub.iam.reading.document import read_alone
from policyhub.judge.risks.paths import RiskPath

_USUAL_PARTITION = "aws"
_CHINA = "aws-cn"


@dataclass(frozen=True, slots=True, eq=False)
class JudgedDocument:
    """A document with its text, as proofs have it, and a name, as statements are told by it.

    `reference` names a version of the catalogue where proofs may name it instead.
    """

    name: str
    text: str
    policy: PolicyDocument
    reference: Mapping[str, str] | None = None

    @property
    def in_simulations(self) -> object:
        """What a simulation has as this identity policy."""
        return json.loads(self.text) if self.reference is None else dict(self.reference)


def read_judged(text: str, name: str = "") -> JudgedDocument | None:
    """A document of a text; None for one that breaks the grammar.

    >>> read_judged('{"Statement": []}', "example").name
    'example'
    >>> read_judged("[]") is None
    True
    """
    policy = read_alone(text)
    return None if policy is None else JudgedDocument(name, text, policy)


_NONE: frozenset[str] = frozenset()


class Vocabulary:
    """The actions that some paths are made of, in lower case, and which patterns match them."""

    def __init__(self, paths: Iterable[RiskPath]) -> None:
        self.paths = tuple((path, path.named) for path in paths)
        self.actions = frozenset(name for _, names in self.paths for name in names)
        self._by_service: dict[str, list[str]] = {}
        for name in sorted(self.actions):
            self._by_service.setdefault(name.partition(":")[0], []).append(name)
        self._alone = {name: frozenset({name}) for name in self.actions}
        self._matched: dict[str, frozenset[str]] = {}

    def matching(self, pattern: str) -> frozenset[str]:
        """The actions that an action pattern matches; kept, since policies share wildcards."""
        if not has_wildcard(pattern):
            return self._alone.get(pattern.lower(), _NONE)
        found = self._matched.get(pattern)
        if found is None:
            found = self._matched[pattern] = self._matching(pattern.lower())
        return found

    def _matching(self, pattern: str) -> frozenset[str]:
        compiled = compile_pattern(pattern)
        service = compiled.literal_prefix.partition(":")
        among: Collection[str] = (
            self._by_service.get(service[0], ()) if service[1] else self.actions
        )
        return frozenset(filter(compiled.matches, among))

    def named_by(self, statement: Statement) -> frozenset[str]:
        """The actions that a statement is about."""
        listed = frozenset[str]().union(*map(self.matching, statement.actions))
        return self.actions - listed if statement.not_action else listed


@dataclass
class AttachedDocuments:
    """Documents attached to one caller; only what they say of actions of the paths is compiled."""

    documents: Sequence[JudgedDocument]
    vocabulary: Vocabulary
    facts: ReferenceFacts
    #: Of each document its statements, with the actions of the vocabulary that they are about.
    named: list[list[tuple[Statement, frozenset[str]]]] = field(init=False)

    def __post_init__(self) -> None:
        name = self.vocabulary.named_by
        self.named = [
            [(each, name(each)) for each in document.policy.statements]
            for document in self.documents
        ]

    @cached_property
    def paths(self) -> tuple[RiskPath, ...]:
        """The paths of which every action is in some Allow statement."""
        named = frozenset[str]().union(
            *(
                actions
                for statements in self.named
                for statement, actions in statements
                if statement.effect == "Allow"
            )
        )
        if not named:
            return ()
        return tuple(path for path, wanted in self.vocabulary.paths if wanted <= named)

    @cached_property
    def policies(self) -> AppliedPolicies:
        """The documents as identity policies, without what no path at hand needs."""
        needed = frozenset[str]().union(*(_lowered(path.actions) for path in self.paths))
        applied = (
            AppliedPolicy(document.name, CompiledPolicy(self._narrowed(document, named, needed)))
            for document, named in zip(self.documents, self.named, strict=True)
        )
        return AppliedPolicies(identity=tuple(applied), facts=self.facts)

    def _narrowed(
        self,
        document: JudgedDocument,
        named: Sequence[tuple[Statement, frozenset[str]]],
        needed: frozenset[str],
    ) -> PolicyDocument:
        about = (statement for statement, actions in named if actions & needed)
        return replace(
            document.policy, statements=tuple(self._shortened(each, needed) for each in about)
        )

    def _shortened(self, statement: Statement, needed: frozenset[str]) -> Statement:
        """The statement with those of its actions alone that matter: compiling them takes time."""
        matching = self.vocabulary.matching
        actions = tuple(each for each in statement.actions if matching(each) & needed)
        return replace(statement, actions=actions)

    @cached_property
    def partitions(self) -> tuple[str, ...]:
        """The partitions that resources of the documents name, the usual one first."""
        named = {
            resource.split(":", 2)[1]
            for document in self.documents
            for statement in document.policy.statements
            for resource in statement.resources
            if resource.startswith("arn:aws-")
        }
        others = sorted(each for each in named if not set(each) & set("*?$"))
        return (_USUAL_PARTITION, *others)


def service_principal(name: str, partition: str) -> str:
    """A service's principal as a partition has it: in China with a further ending."""
    return f"{name}.cn" if partition == _CHINA else name


def _lowered(actions: Iterable[str]) -> frozenset[str]:
    return frozenset(map(str.lower, actions))
