"""Which condition keys a request for an action can carry, and which of them are the caller's.

Source: Service Authorization Reference, the condition keys of an action and of its resource
types; IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

import re
from functools import lru_cache

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.iam.language.patterns import compile_pattern

# Of the caller's session: whatever the action is, the request has them.
_OF_SESSIONS = frozenset(
    {
        "codebuild:buildarn", "codebuild:projectarn", "ec2:roledelivery", "ec2:sourceinstancearn",
        "glue:credentialissuingservice", "glue:roleassumedby", "identitystore:userid",
        "lambda:sourcefunctionarn", "ssm:sourceinstancearn",
    }
)  # fmt: skip
_OF_CALLERS = (
    "aws:principal", "aws:userid", "aws:username", "aws:source", "aws:multifactorauth",
    "aws:federatedprovider", "aws:tokenissuetime", "aws:currenttime", "aws:epochtime",
    "aws:vpcsourceip", "aws:vpce", "aws:ec2instancesource", "aws:assumedroot", "aws:chatbot",
    "aws:signin", "aws:securetransport", "aws:useragent",
)  # fmt: skip
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>")
_CACHED = 32_768


def is_of_the_caller(key: str) -> bool:
    """Whether a key says who calls, when or from where: then all requests of a path share it.

    >>> is_of_the_caller("aws:PrincipalTag/team"), is_of_the_caller("ec2:InstanceType")
    (True, False)
    """
    lowered = key.lower()
    provider = lowered.partition(":")[0]
    is_of_sign_in = provider == "saml" or "." in provider
    return is_of_sign_in or lowered.startswith(_OF_CALLERS) or lowered in _OF_SESSIONS


@lru_cache(maxsize=_CACHED)
def is_never_sent(action: str, key: str, facts: ReferenceFacts) -> bool:
    """Whether AWS sends a key with other actions alone, as far as the reference says.

    Such a condition is about an absent key: `iam:PassedToService` comes with `iam:PassRole` and
    with nothing else.
    """
    info = facts.reference.action(action)
    lowered = key.lower()
    service = lowered.partition(":")[0]
    if info is None or service == "aws" or lowered in _OF_SESSIONS:
        return False
    if service not in facts.reference.services or facts.reference.condition_key(key) is None:
        return False
    types = {each.name for each in info.resource_types}
    listed = {
        *info.condition_keys,
        *(name for each in info.resource_types for name in each.condition_keys),
        *(
            name
            for each in facts.reference.resource_types(info.service)
            if each.name in types
            for name in each.condition_keys
        ),
    }
    return not any(_is_of(lowered, each) for each in listed)


def _is_of(key: str, listed: str) -> bool:
    pattern = _PLACEHOLDER.sub("?*", listed)
    return compile_pattern(pattern, ignore_case=True).matches(key)
