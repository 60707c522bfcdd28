"""What the prose says about a policy itself, against what AWS lets one do with it."""

from __future__ import annotations

import re

from policyhub.catalog.prose.subject import Disagreement, Disagreements, Evidence, Prose

SERVICE_LINKED_ROLE_PATH = "/aws-service-role/"
_MODIFY = re.compile(r"[^.\n]*\byou can (?:modify|change|edit) the\b[^.\n]*\bpolicy\b[^.\n]*", re.I)
_ATTACHING = re.compile(r"[^.\n]*\b(?:attach(?:ed)?|added to)\b[^.\n]*")


def attachable_against_the_path(prose: Prose) -> Disagreements:
    """Yield the claim that a policy can't be attached, where its path lets it be."""
    if prose.documented_attachable is False and not _for_a_service_linked_role(prose.path):
        message = (
            "the documentation says that the policy can't be attached, but under the path "
            f"`{prose.path}` it can"
        )
        yield Disagreement(message, _evidence(prose), "say that the policy can be attached")


def not_attachable_against_the_path(prose: Prose) -> Disagreements:
    """Yield the claim that a policy can be attached, where its path keeps it from that."""
    if prose.documented_attachable and _for_a_service_linked_role(prose.path):
        message = (
            "the documentation says that the policy can be attached, but under the path "
            f"`{prose.path}` only a service-linked role can have it"
        )
        yield Disagreement(message, _evidence(prose), "say that only a service-linked role has it")


def _evidence(prose: Prose) -> Evidence:
    found = _ATTACHING.search(prose.summary)
    said = {"sentence": found[0].strip()} if found else {}
    return {
        "path": prose.path,
        "documentedAttachable": bool(prose.documented_attachable),
        **said,
    }


def _for_a_service_linked_role(path: str) -> bool:
    return path.startswith(SERVICE_LINKED_ROLE_PATH)


def said_to_be_modifiable(prose: Prose) -> Disagreements:
    """Yield the claim that one can modify a policy that only AWS can change.

    Source: IAM User Guide, "AWS managed policies".
    """
    for text in (prose.summary, prose.considerations) if prose.is_of_aws else ():
        found = _MODIFY.search(text)
        if found:
            yield Disagreement(
                "the documentation says that you can modify the policy, but only AWS can change "
                "an AWS managed policy",
                {"sentence": found[0].strip(" -*")},
                "say that a customer managed policy can be made from it",
            )
