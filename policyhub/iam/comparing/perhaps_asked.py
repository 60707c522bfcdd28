"""What the reference alone says that AWS is never asked, though AWS's own policies speak of it.

By the reference such an action works on no resource, yet policies of AWS bound it by ARNs: the
reference may lack the type, or these statements do nothing. So a difference that is in such
requests alone is none for certain, and is not "no difference" either.
"""

from __future__ import annotations

from policyhub.iam.deciding.service_facts import ServiceFacts, named_policies


def is_perhaps_asked(action: str, facts: ServiceFacts) -> bool:
    """Whether AWS may ask about an action on resources, of which the reference knows none."""
    return bool(facts.bounding_policies(action)) and not facts.types(action)


def perhaps_asked_in_words(action: str, facts: ServiceFacts) -> str:
    """Why that is not known, in a clause."""
    policies = facts.bounding_policies(action)
    return (
        f"whether AWS asks about {action} on a resource is not known: the reference has no type "
        f"of resource for it, but AWS's own {named_policies(policies)} bound it by ARNs"
    )
