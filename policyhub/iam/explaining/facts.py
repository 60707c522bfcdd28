"""What a decision can depend on: a condition, a key given as a list, a covered resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from policyhub.iam.deciding.conditions import CompiledCondition
from policyhub.iam.deciding.decision import Verdict
from policyhub.iam.deciding.formula import Atom
from policyhub.iam.deciding.request import ANY_RESOURCE, Request
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.deciding.statements import ResourcePattern
from policyhub.iam.language.conditions import presence
from policyhub.iam.language.elements import Condition
from policyhub.iam.language.patterns import covers


@dataclass(frozen=True, slots=True)
class ConditionHolds:
    """That a condition is true. Equal if operator, key and values are the same."""

    operator: str
    key: str
    values: tuple[str, ...]
    version: str
    compiled: CompiledCondition = field(compare=False, repr=False)

    @property
    def condition(self) -> Condition:
        """The condition as written."""
        return self.compiled.condition

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that it asks about, as written."""
        return self.compiled.needs

    def holds(self, request: Request) -> bool:
        """Whether the condition matches the request's context."""
        return self.compiled.match(request.context).verdict is Verdict.MATCHES

    def implies(self, other: Atom) -> bool:
        """Seen where both ask the same of one key, of fewer or more values."""
        if not isinstance(other, ConditionHolds):
            return False
        if self == other:
            return True
        mine, its = self.compiled.use, other.compiled.use
        if self.key != other.key or mine.operator is None:
            return False
        if its.operator is presence.NULL:
            return other._asks_for_presence() and self._needs_a_value()
        alike = mine.operator is its.operator and mine.qualifier == its.qualifier
        if not alike or self.version != other.version or mine.if_exists > its.if_exists:
            return False
        values, others = set(self.values), set(other.values)
        return values >= others if mine.operator.negated else values <= others

    def excludes(self, other: Atom) -> bool:
        """Seen if the other negates this one, or requires a list or no value."""
        mine = self.compiled.use
        if isinstance(other, GivenAsList):
            return (
                other.key == self.key and not mine.qualifier and mine.operator is not presence.NULL
            )
        if not isinstance(other, ConditionHolds) or self.key != other.key:
            return False
        its = other.compiled.use
        if mine.operator is None or its.operator is None:
            return False
        if presence.NULL in (mine.operator, its.operator):
            return (self._asks_for_absence() and other._needs_a_value()) or (
                other._asks_for_absence() and self._needs_a_value()
            )
        if mine.qualifier or its.qualifier or mine.if_exists or its.if_exists:
            return False
        if self.version != other.version:
            return False
        if its.operator.negates is mine.operator:
            return set(self.values) <= set(other.values)
        return mine.operator.negates is its.operator and set(other.values) <= set(self.values)

    def either(self, other: Atom) -> ConditionHolds | None:
        """The condition with the values of both, where one value suffices."""
        use = self.compiled.use
        if not isinstance(other, ConditionHolds) or use.operator is None:
            return None
        if (self.operator, self.key, self.version) != (other.operator, other.key, other.version):
            return None
        if use.operator.negated or use.qualifier == "ForAllValues" or use.operator is presence.NULL:
            return None
        values = tuple(dict.fromkeys((*self.values, *other.values)))
        return condition_holds(
            Condition(self.condition.operator, self.condition.key, values), self.version
        )

    def _needs_a_value(self) -> bool:
        """Whether it can be true only if the key has a value."""
        use = self.compiled.use
        if use.operator is None or use.operator is presence.NULL:
            return self._asks_for_presence()
        if use.if_exists or use.qualifier == "ForAllValues":
            return False
        return use.qualifier == "ForAnyValue" or not use.operator.negated

    def _asks_for_presence(self) -> bool:
        return self._asks_null("false")

    def _asks_for_absence(self) -> bool:
        return self._asks_null("true")

    def _asks_null(self, value: str) -> bool:
        is_null = self.compiled.use.operator is presence.NULL
        return is_null and {each.lower() for each in self.values} == {value}


@dataclass(frozen=True, slots=True)
class GivenAsList:
    """That a key is given as a list, which an operator without set qualifier can't evaluate."""

    key: str
    name: str = field(compare=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The key, as written."""
        return (self.name,)

    def holds(self, request: Request) -> bool:
        """Whether the request gives the key as a list."""
        value = request.context.get(self.key)
        return value is not None and value.is_list

    def implies(self, other: Atom) -> bool:
        """Nothing but itself."""
        return self == other

    def excludes(self, other: Atom) -> bool:
        """A condition on the key that can't be evaluated on a list."""
        return isinstance(other, ConditionHolds) and other.excludes(self)

    def either(self, other: Atom) -> None:
        """None: there is no shorter way to say both."""
        return None


@dataclass(frozen=True, slots=True)
class ResourceCovered:
    """That a resource pattern, with its variables filled in, covers a resource.

    `resource` is "" where the resource is open too: then it is the one that is asked for. The same
    text is another fact where `varies` differs: in an older version of the language `${...}` are
    these very characters.
    """

    text: str
    resource: str
    pattern: ResourcePattern = field(compare=False, repr=False)
    varies: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Tell whether the pattern has variables that work."""
        object.__setattr__(self, "varies", self.pattern.varies)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its variables, as written."""
        return self.pattern.needs

    def holds(self, request: Request) -> bool:
        """Whether the pattern matches the resource that is asked for."""
        resource = self.resource or request.resource
        return self.pattern.matches(resource, request.context) is True

    def implies(self, other: Atom) -> bool:
        """Seen where the other pattern covers all that this one does, without variables."""
        if self == other:
            return True
        if not isinstance(other, ResourceCovered) or self.resource != other.resource:
            return False
        return not (self.varies or other.varies) and covers(other.text, self.text)

    def excludes(self, other: Atom) -> bool:
        """Never: two patterns can cover one resource."""
        return False

    def either(self, other: Atom) -> None:
        """None: there is no shorter way to say both."""
        return None


@dataclass(frozen=True, slots=True)
class ResourceOfAction:
    """That AWS can ask about an action on the resource: it has a format of one of its types.

    Of an action that works on no resource `formats` is empty: it is asked about on `*`.
    """

    formats: tuple[str, ...]
    action: str = field(compare=False)
    facts: ServiceFacts = field(compare=False, repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """None."""
        return ()

    def holds(self, request: Request) -> bool:
        """Whether the resource that is asked for is one that the action works on."""
        is_named = request.resource != ANY_RESOURCE
        if not self.formats:
            return not is_named
        return is_named and self.facts.fits(self.action, request.resource) is not False

    def implies(self, other: Atom) -> bool:
        """Nothing but itself."""
        return self == other

    def excludes(self, other: Atom) -> bool:
        """Never seen: patterns may cover it or not."""
        return False

    def either(self, other: Atom) -> None:
        """None: there is no shorter way to say both."""
        return None


DependsOn = ConditionHolds | GivenAsList | ResourceCovered
ABOUT_RESOURCE = (ResourceCovered, ResourceOfAction)


def holds_of(compiled: CompiledCondition) -> ConditionHolds:
    """The fact that a compiled condition is true."""
    condition = compiled.condition
    return ConditionHolds(
        condition.operator.lower(),
        compiled.key,
        tuple(dict.fromkeys(condition.values)),
        compiled.version_that_matters,
        compiled,
    )


@lru_cache(maxsize=1024)
def condition_holds(condition: Condition, version: str) -> ConditionHolds:
    """The fact that a condition is true, in a document of that language version."""
    return holds_of(CompiledCondition(condition, version))
