"""Which action AWS asks for when an API is called, by the source and name of an event.

Sources: `fixtures/facts/event-sources.json` and `fixtures/facts/api-operations.json`, whose rows
name their own; that names of AWS Lambda and Amazon CloudFront end with the version of the API is
in CloudTrail's logs and in trailscraper (Apache-2.0), which removes it likewise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.catalog.facts.tables import fact_rows

_DOMAINS = (".amazonaws.com.cn", ".amazonaws.com", ".api.aws", ".aws.internal")
_API_VERSION = re.compile(r"(?:20\d{6}(?:v\d+)?|20\d{2}_\d{2}_\d{2})$")
# Their actions are methods of HTTP, which an event does not say.
_BY_METHOD = ("apigateway",)


class UnknownCallError(ValueError):
    """A call of which it is not known what AWS asks for; the message says why."""


@cache
def _sources() -> Mapping[str, str]:
    return {_host(row["source"]): row["service"] for row in fact_rows("event-sources")}


def service_of_source(source: str, facts: ReferenceFacts) -> str:
    """The prefix of the actions of an event source. Raises `UnknownCallError`."""
    host = _host(source.lower())
    for prefix in (_sources().get(host, ""), host, host.partition(".")[0]):
        if prefix in facts.reference.services:
            return prefix
    raise UnknownCallError(f"the reference has no service for the event source `{source[:80]}`")


def action_of_call(source: str, operation: str, facts: ReferenceFacts) -> str:
    """The action that AWS asks for when an operation is called. Raises `UnknownCallError`."""
    service = service_of_source(source, facts)
    if service in _BY_METHOD:
        raise UnknownCallError(
            "actions of API Gateway are methods of HTTP, which an event does not say"
        )
    for name in (operation, _API_VERSION.sub("", operation)):
        called = f"{service}:{name}"
        found = facts.reference.action(facts.asked_instead(called) or called)
        if found is not None:
            return found.id
    raise UnknownCallError(
        f"the reference has no action `{service}:{operation[:80]}`, and it is not known for which "
        "one AWS asks"
    )


def _host(source: str) -> str:
    for domain in _DOMAINS:
        source = source.removesuffix(domain)
    return source
