"""Which services a policy belongs to, beyond those whose actions it grants or names.

A policy belongs to a service that its name begins with, to one that assumes roles with it, and to
the one whose guide describes it: AmazonECSServiceRolePolicy grants no action of Amazon ECS, and
is one of its policies all the same.

Names are compared word by word, so that `AmazonECSTaskExecutionRolePolicy` is of `ecs` and
`AmazonECSomething` would not be; of several services the one with the most words wins:
`CloudWatchLogsFullAccess` is of `logs`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from policyhub.catalog.models import Policy, ServiceGrant
from policyhub.catalog.reference.in_memory import Reference, ServiceInfo, get_reference

REASONS = ("granted", "named", "trusted", "documented")
# What comes before the service's own name: `AWSServiceRoleForAmazonEKSNodegroup`.
_BEFORE = re.compile(r"(?:AWS|Aws|aws|Amazon|amazon)?[-_ ]?(?:ServiceRole(?:Policy)?For)?")
_MAKER = re.compile(r"(?:AWS|Aws|aws|Amazon|amazon)(?=[A-Z0-9 _-])")
# `TaskExecution` is two words, `ECSTask` too, `EC2` and `V2` are one each.
_WORD = re.compile(r"(?:[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+)\d*|\d+")
_IN_BRACKETS = re.compile(r"\(([^)]*)\)")
_PRINCIPAL = re.compile(r"(?P<host>[a-z0-9.-]+)\.amazonaws\.com(?:\.cn)?")
_GUIDE = re.compile(r"https://docs\.aws\.amazon\.com/(?P<folder>[^/?#]+)")


class ServiceNames:
    """The services of a reference by what policies, principals and guides call them."""

    def __init__(self, reference: Reference) -> None:
        self._prefixes = frozenset(reference.services)
        self._named: dict[str, str] = {}
        # What is said of names in policies leads, then the prefix: it is what AWS's own code uses.
        for calls in (_in_policies, _prefix, _titles):
            for service in reference.services.values():
                for called in calls(service):
                    self._named.setdefault(called, service.prefix)

    def of_name(self, name: str) -> frozenset[str]:
        """The service that a policy's name begins with, if any."""
        words = _words(name)
        begins = ("".join(words[:length]) for length in range(len(words), 0, -1))
        found = next((self._named[each] for each in begins if each in self._named), None)
        return frozenset() if found is None else frozenset({found})

    def of_principals(self, principals: Iterable[str]) -> frozenset[str]:
        """The services of service principals such as `ecs-tasks.amazonaws.com`."""
        found = map(_PRINCIPAL.fullmatch, principals)
        hosts = (each["host"].rpartition(".")[2] for each in found if each)
        return frozenset(prefix for host in hosts if (prefix := self._of_host(host)))

    def of_page(self, address: str) -> frozenset[str]:
        """The service whose guide an address of AWS's documentation is a page of, if any."""
        found = _GUIDE.match(address)
        guide = "".join(_words(found["folder"])) if found else ""
        return frozenset({self._named[guide]}) if guide in self._named else frozenset()

    def _of_host(self, host: str) -> str:
        """The service that a host is, or the longest one before a dash: `ecs` of `ecs-tasks`."""
        while host and host not in self._prefixes:
            host = host.rpartition("-")[0]
        return host


Reasons = dict[str, bool]


def belonging(policies: Collection[int]) -> dict[tuple[int, str], Reasons]:
    """Why each of some policies, by their keys, belongs to a service: by key and prefix.

    The reasons are the columns of `PolicyService`; services that policies name and the
    reference lacks are among those that are granted.
    """
    grants = ServiceGrant.objects.filter(version__policy__in=policies, version__is_default=True)
    found: dict[tuple[int, str], set[str]] = {
        place: {"granted"}
        for place in grants.values_list("version__policy", "service__prefix").order_by()
    }
    names = service_names()
    facts = Policy.objects.filter(pk__in=policies).order_by()
    for key, name, principals, address in facts.values_list(
        "pk", "name", "trusted_services", "documentation_url"
    ):
        told = {
            "named": names.of_name(name),
            "trusted": names.of_principals(principals),
            "documented": names.of_page(address),
        }
        for reason, prefixes in told.items():
            for prefix in prefixes:
                found.setdefault((key, prefix), set()).add(reason)
    return {
        place: {reason: reason in reasons for reason in REASONS} for place, reasons in found.items()
    }


@cache
def service_names() -> ServiceNames:
    """The names of the services of the reference, gathered on the first call of the process."""
    return ServiceNames(get_reference())


def _words(name: str) -> list[str]:
    """A name's words in lower case, without the maker's and `ServiceRoleFor` in front."""
    rest = name[_match_end(_BEFORE, name) :]
    return [word.lower() for word in _WORD.findall(rest[_match_end(_MAKER, rest) :])]


def _match_end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0


def _in_policies(service: ServiceInfo) -> Iterator[str]:
    return ("".join(_words(name)) for name in service.policy_names)


def _prefix(service: ServiceInfo) -> Iterator[str]:
    yield service.prefix.replace("-", "").lower()


def _titles(service: ServiceInfo) -> Iterator[str]:
    """Titles with and without what is in brackets, and that itself: IAM has it there."""
    for title in (service.name, *service.other_names):
        texts = (title, _IN_BRACKETS.sub("", title), *_IN_BRACKETS.findall(title))
        yield from filter(None, ("".join(_words(text)) for text in texts))
