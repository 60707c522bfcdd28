"""Messages of denied calls as the requests that were denied.

Source: IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

import re
from typing import Any

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.iam.deciding.callers import caller_from_arn
from policyhub.workbench.building.recorded.operations import UnknownCallError

_DENIED = re.compile(
    r"(?:User: (?P<user>\S+) )?is not authorized to perform: ?"
    r"(?P<action>[A-Za-z0-9-]+:[A-Za-z0-9]+)"
    r"(?: (?:on|with) (?:(?:the )?resource: ?)?\"?(?P<resource>arn:[^\s\"]+|\*)\"?)?"
)
_ENCODED = "Encoded authorization failure message"
_WITHOUT_DETAILS = re.compile(r"AccessDenied|Access Denied|UnauthorizedOperation|not authorized")


def is_denial(text: str) -> bool:
    """Whether a text is about a denied call."""
    return bool(_DENIED.search(text) or _ENCODED in text or _WITHOUT_DETAILS.search(text))


def request_of_message(text: str, facts: ReferenceFacts) -> dict[str, Any]:
    """The request that a message says was denied. Raises `UnknownCallError`."""
    found = _DENIED.search(text)
    if found is None:
        why = (
            "the message is encoded: `aws sts decode-authorization-message` reads it"
            if _ENCODED in text
            else "the message does not name the action"
        )
        raise UnknownCallError(why)
    action = facts.reference.action(found["action"])
    if action is None:
        raise UnknownCallError(f"the reference has no action `{found['action'][:80]}`")
    resource = (found["resource"] or "").rstrip(".,;'") or "*"
    if resource == "*" and action.resource_types:
        raise UnknownCallError(f"the message does not say on which resource {action.id} was asked")
    user = found["user"] or ""
    principal = {"principal": user} if caller_from_arn(user) else {}
    return {"action": action.id, "resource": resource, **principal}
