"""Which existing policy a source is about: by its ARN, else by its name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from policyhub.catalog.importing.report import Conflict
from policyhub.catalog.models import Policy
from policyhub.catalog.sources.items import SourcePolicy

_MOST_CHOICES = 5


class Namesakes:
    """The policies that are here under some names, and those that are added to them.

    A document without an ARN (a file named after its policy) is AWS's policy of that name, else
    the only one that has it. The first ARN that comes for a policy without one is taken for
    its own; where several come at once, that of the same document.
    """

    def __init__(self, policies: Iterable[Policy], sources: Iterable[SourcePolicy]) -> None:
        self._named: dict[str, list[Policy]] = defaultdict(list)
        for policy in policies:
            self._named[policy.name].append(policy)
        arns = {each.arn for named in self._named.values() for each in named}
        new = {(each.name, each.arn) for each in sources if each.arn and each.arn not in arns}
        self._claims = Counter(name for name, _ in new)

    def add(self, policy: Policy) -> None:
        """Take note of a policy that is new."""
        self._named[policy.name].append(policy)

    def find(
        self, source: SourcePolicy, is_same: Collection[Policy] = ()
    ) -> Policy | Conflict | None:
        """The policy that a source is about, None for a new one, or why it can be none.

        `is_same` are those of which a document is the source's own.
        """
        named = self._named[source.name]
        if not source.arn:
            return self._of_bare_name(source, named)
        found = next((each for each in named if each.arn == source.arn), None)
        if found is not None:
            return found
        if not source.is_customer_managed:
            return _of_aws(source, named)
        nameless = next((each for each in named if not each.arn and is_own(each)), None)
        if nameless is not None and (self._claims[source.name] == 1 or nameless in is_same):
            return nameless
        return None

    def _of_bare_name(self, source: SourcePolicy, named: list[Policy]) -> Policy | Conflict | None:
        by_name = [each for each in named if not (each.arn and is_own(each))]
        choices = by_name or named
        if len(choices) < 2:
            return choices[0] if choices else None
        arns = ", ".join(f"`{each.arn}`" for each in choices[:_MOST_CHOICES])
        return Conflict(
            source.place,
            f"{len(choices)} policies are named {source.name}, and the document does not say which "
            f"is meant: give it with one of their ARNs, as in the output of `aws iam get-policy` "
            f"({arns})",
        )


def is_own(policy: Policy) -> bool:
    """Whether an account owns it, not AWS."""
    return policy.kind == Policy.Kind.CUSTOMER_MANAGED


def called(policy: Policy) -> str:
    """What a policy is called, as `Policy.key` will have it where it is not written yet."""
    return policy.arn if policy.arn and is_own(policy) else policy.name


def _of_aws(source: SourcePolicy, named: list[Policy]) -> Policy | Conflict | None:
    """AWS's own policy of that name: its names are unique among themselves."""
    found = next((each for each in named if not (each.arn and is_own(each))), None)
    if found is None or not found.arn:
        return found
    reason = f"{found.name} is already here as {found.arn}: AWS's names are unique"
    return Conflict(source.place, reason)
