"""Codes of findings that AWS's policy validation does not have, with their explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

FindingType = Literal["error", "security-warning", "warning", "suggestion"]

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_ELEMENTS = f"{_GUIDE}reference_policies_elements.html"
_OPERATORS = f"{_GUIDE}reference_policies_elements_condition_operators.html"
_GLOBAL_KEYS = f"{_GUIDE}reference_policies_condition-keys.html"
_SET_OPERATORS = f"{_GUIDE}reference_policies_condition-single-vs-multi-valued-context-keys.html"
_VARIABLES = f"{_GUIDE}reference_policies_variables.html"
_EVALUATION = f"{_GUIDE}reference_policies_evaluation-logic.html"
_PRINCIPAL = f"{_GUIDE}reference_policies_elements_principal.html"
_OIDC = f"{_GUIDE}id_roles_create_for-idp_oidc.html"
_SAML = f"{_GUIDE}id_roles_create_for-idp_saml.html"
_THIRD_PARTY = f"{_GUIDE}id_roles_common-scenarios_third-party.html"
_RESOURCES = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/"
    "reference_policies_actions-resources-contextkeys.html"
)
_SYNTAX = f"{_GUIDE}reference_policies_grammar.html"
_ENDPOINTS = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"


class OwnCode(NamedTuple):
    """A row: type, title, why it matters, and where AWS explains it."""

    type: FindingType
    title: str
    explanation: str
    reference: str


OWN_CODES: Mapping[str, OwnCode] = {
    # The grammar
    "DOCUMENT_TOO_LARGE": OwnCode(
        "error", "Document too large", "No policy is that long; it is not read.", _SYNTAX
    ),
    "EMPTY_VALUE": OwnCode(
        "error", "Empty string", "An empty string names nothing, and IAM rejects it.", _SYNTAX
    ),
    "CHARACTER_NOT_ALLOWED": OwnCode(
        "warning",
        "Character that IAM rejects",
        "IAM's API accepts tab, line ends and the characters U+0020 to U+00FF in a document.",
        _SYNTAX,
    ),
    "ELEMENT_LEFT_OPEN": OwnCode(
        "suggestion",
        "AWS's pages disagree about it",
        "The document is read as written; AWS's pages are silent or disagree about this.",
        _SYNTAX,
    ),
    "ENDPOINT_POLICY_CONDITION": OwnCode(
        "warning",
        "Not taken in an endpoint policy",
        "VPC endpoint policies limit wildcards and operators in conditions and ARNs.",
        _ENDPOINTS,
    ),
    "MORE_PROBLEMS": OwnCode(
        "warning", "More problems", "Only the first of very many problems are listed.", _SYNTAX
    ),
    # Actions and resources
    "RESOURCE_NOT_OF_ACTIONS": OwnCode(
        "warning",
        "Resource that none of the actions use",
        "No resource of this ARN has a type that one of the statement's actions works on, so the "
        "statement does nothing with it.",
        _RESOURCES,
    ),
    "ACTION_NOT_ON_RESOURCES": OwnCode(
        "warning",
        "Action that works on none of the resources",
        "The action works on other types of resources, or on none but *, so the statement does "
        "nothing for it.",
        _RESOURCES,
    ),
    "INVALID_ARN_SERVICE": OwnCode(
        "error",
        "Service in an ARN that does not exist",
        "No ARN format of the service authorization reference has this service.",
        _RESOURCES,
    ),
    "UNFILLED_PLACEHOLDER": OwnCode(
        "error",
        "Placeholder that was not filled in",
        "The text looks like a placeholder of a template and is read as these very characters.",
        _ELEMENTS,
    ),
    "FULL_ADMINISTRATIVE_ACCESS": OwnCode(
        "security-warning",
        "Every action on every resource",
        "Such a statement leaves nothing out, billing and the policies themselves included.",
        f"{_GUIDE}best-practices.html#grant-least-privilege",
    ),
    "ALLOW_WITH_NOT_ACTION": OwnCode(
        "security-warning",
        "Allow with NotAction on every resource",
        "It allows everything that it does not list, also what AWS adds later.",
        f"{_GUIDE}reference_policies_elements_notaction.html",
    ),
    "ALLOW_WITH_NOT_RESOURCE": OwnCode(
        "security-warning",
        "Allow with NotResource",
        "It allows the actions on every resource that it does not list, also on new ones.",
        f"{_GUIDE}reference_policies_elements_notresource.html",
    ),
    # Conditions
    "TYPE_MISMATCH_ARN": OwnCode(
        "error",
        "Value that is not an ARN",
        "ARN operators compare the six parts of an ARN; any other value matches nothing.",
        f"{_OPERATORS}#Conditions_ARN",
    ),
    "INVALID_ACCOUNT_VALUE": OwnCode(
        "error",
        "Value that is not an account",
        "An account id has twelve digits; another value matches no request.",
        _GLOBAL_KEYS,
    ),
    "INVALID_ORGANIZATION_VALUE": OwnCode(
        "error",
        "Value that is not an organization",
        "An organization's id is o- and 10 to 32 letters or digits; another value matches no "
        "request.",
        _GLOBAL_KEYS,
    ),
    "UNGUARDED_FORALLVALUES": OwnCode(
        "security-warning",
        "ForAllValues without a check that the key is present",
        "ForAllValues is also true for a request without the key, so the Allow is wider than it "
        "looks.",
        _SET_OPERATORS,
    ),
    "SET_OPERATOR_WITH_SINGLE_VALUED_KEY": OwnCode(
        "suggestion",
        "Set operator on a key with a single value",
        "The key never has more than one value, so ForAnyValue says nothing more.",
        _SET_OPERATORS,
    ),
    "CONTRADICTORY_NULL": OwnCode(
        "warning",
        "Key required to be absent and to have a value",
        "Null with true requires that the key is absent, so the other condition can't be true.",
        f"{_OPERATORS}#Conditions_Null",
    ),
    "MFA_NOT_REQUIRED": OwnCode(
        "security-warning",
        "Multi-factor authentication that is not required",
        "Requests with long-term access keys lack the keys of multi-factor authentication: with "
        "IfExists an Allow takes them too, and without it a Deny does not.",
        f"{_GLOBAL_KEYS}#condition-keys-multifactorauthpresent",
    ),
    "NEVER_TRUE_CONDITION": OwnCode(
        "warning",
        "Conditions that are never all true",
        "No request can meet all conditions of the statement, so it has no effect.",
        f"{_GUIDE}reference_policies_condition-logic-multiple-context-keys-or-values.html",
    ),
    "REDUNDANT_CONDITION": OwnCode(
        "suggestion",
        "Condition that changes nothing",
        "The policy allows the same without it.",
        f"{_GUIDE}reference_policies_condition-logic-multiple-context-keys-or-values.html",
    ),
    "REDUNDANT_CONDITION_VALUE": OwnCode(
        "suggestion",
        "Condition value covered by another",
        "Every value that it matches is matched by another value of the same list.",
        f"{_OPERATORS}#Conditions_String",
    ),
    "UNKNOWN_VARIABLE": OwnCode(
        "warning",
        "Variable that no request fills",
        "Where a variable has no value, the element matches nothing.",
        _VARIABLES,
    ),
    "EVERY_ADDRESS": OwnCode(
        "security-warning",
        "Range of all addresses",
        "The condition limits no one, or applies to no one where it is negated.",
        f"{_OPERATORS}#Conditions_IPAddress",
    ),
    # Statements together
    "DENIED_ALLOW": OwnCode(
        "warning",
        "Allow that a Deny cancels",
        "Everything that the statement allows is denied by the same policy.",
        _EVALUATION,
    ),
    "DENY_WITHOUT_EFFECT": OwnCode(
        "suggestion",
        "Deny of what the policy does not allow",
        "The policy allows the same without it. It matters only to what other policies allow.",
        _EVALUATION,
    ),
    # Principals
    "PUBLIC_ACCESS": OwnCode(
        "security-warning",
        "Everyone is allowed",
        "The statement applies to every AWS account and to anonymous callers.",
        f"{_PRINCIPAL}#principal-anonymous",
    ),
    "EXTERNAL_ACCOUNT": OwnCode(
        "security-warning",
        "Another account is allowed",
        "The principal belongs to another account than the resource.",
        f"{_GUIDE}reference_policies_evaluation-logic-cross-account.html",
    ),
    "WHOLE_ACCOUNT_TRUSTED": OwnCode(
        "suggestion",
        "A whole account is trusted",
        "Every identity of the account whose own policy allows sts:AssumeRole can assume the role. "
        "A third party's account needs a condition on sts:ExternalId.",
        _THIRD_PARTY,
    ),
    "MISSING_AUDIENCE_FOR_OIDC_PRINCIPAL": OwnCode(
        "security-warning",
        "OIDC provider without a condition on the audience",
        "A token that the provider issued for another application is accepted too.",
        _OIDC,
    ),
    "MISSING_SUBJECT_FOR_OIDC_PRINCIPAL": OwnCode(
        "security-warning",
        "OIDC provider without a condition on the subject",
        "Every user or workload of the provider can assume the role.",
        _OIDC,
    ),
    "MISSING_AUDIENCE_FOR_SAML_PRINCIPAL": OwnCode(
        "security-warning",
        "SAML provider without a condition on the audience",
        "An assertion that the provider issued for another application is accepted too.",
        _SAML,
    ),
    "PRINCIPAL_NAMES_NO_ONE": OwnCode(
        "error",
        "Principal that does not exist",
        "AWS rejects such a principal.",
        _PRINCIPAL,
    ),
}
