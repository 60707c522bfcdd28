"""What the grammar finds in a document, under the codes of AWS's policy validation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from policyhub.iam.language.conditions import parse_operator
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.json_text import parse_path
from policyhub.iam.reading.problems import Problem
from policyhub.judge.lint.own_codes import FindingType
from policyhub.judge.lint.subject import RuleHit
from policyhub.judge.reporting.finding import Edit, Fix

_NOT_JSON = (
    *("empty-document", "not-utf-8", "byte-order-mark", "not-json", "nested-too-deep"),
    *("duplicate-key", "unstorable-character", "bad-number"),
)
_LEFT_OPEN = ("element-left-open", "wildcard-left-open", "allow-resource-left-open")
_CODES: Mapping[str, str] = {
    **dict.fromkeys(_NOT_JSON, "JSON_SYNTAX_ERROR"),
    **dict.fromkeys(_LEFT_OPEN, "ELEMENT_LEFT_OPEN"),
    "document-too-large": "DOCUMENT_TOO_LARGE",
    "character-outside-latin-1": "CHARACTER_NOT_ALLOWED",
    "wrong-type": "DATA_TYPE_MISMATCH",
    "unknown-element": "INVALID_POLICY_ELEMENT",
    "wrong-case-element": "INVALID_POLICY_ELEMENT",
    "missing-statement": "MISSING_STATEMENT",
    "missing-effect": "MISSING_EFFECT",
    "missing-action": "MISSING_ACTION",
    "conflicting-elements": "UNSUPPORTED_ELEMENT_COMBINATION",
    "not-principal-with-allow": "ALLOW_WITH_NOT_PRINCIPAL",
    "empty-value": "EMPTY_VALUE",
    "bad-version": "INVALID_VERSION",
    "version-not-allowed": "INVALID_VERSION",
    "bad-effect": "INVALID_EFFECT",
    "bad-sid": "UNSUPPORTED_SID",
    "unusual-sid": "UNSUPPORTED_SID",
    "duplicate-sid": "UNIQUE_SIDS_REQUIRED",
    "repeated-sid": "UNIQUE_SIDS_RECOMMENDED",
    "action-without-service": "INVALID_ACTION",
    "action-with-two-colons": "INVALID_ACTION",
    "action-without-name": "INVALID_ACTION",
    "odd-action-character": "INVALID_ACTION",
    "bad-service-prefix": "INVALID_SERVICE_IN_ACTION",
    "resource-not-arn": "INVALID_ARN_PREFIX",
    "unusual-resource": "INVALID_ARN_PREFIX",
    "incomplete-arn": "MISSING_ARN_FIELD",
    "bad-principal": "INVALID_PRINCIPAL_FORMAT",
    "unknown-principal-type": "INVALID_PRINCIPAL_KEY",
    "principal-type-not-allowed": "INVALID_PRINCIPAL_KEY",
    "empty-condition": "EMPTY_OBJECT_CONDITION",
    "duplicate-condition-key": "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
    "condition-key-without-service": "INVALID_CONDITION_KEY_FORMAT",
    "missing-resource": "MISSING_RESOURCE",
    "missing-principal": "MISSING_PRINCIPAL",
    "not-principal-in-trust-policy": "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
    "resource-not-allowed": "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
    "effect-not-allowed": "RCP_SYNTAX_ERROR_ALLOW",
    "principal-not-everyone": "RCP_SYNTAX_ERROR_PRINCIPAL",
    "action-of-every-service": "RCP_SYNTAX_ERROR_ACTION",
    "everyone-left-open": "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
    "every-service": "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
    "federated-left-open": "FEDERATED_PRINCIPAL_NOT_SUPPORTED",
    "endpoint-condition": "ENDPOINT_POLICY_CONDITION",
    "presence-not-asked": "TYPE_MISMATCH_BOOLEAN",
    "variable-never-filled": "UNKNOWN_VARIABLE",
    "variable-always-default": "UNKNOWN_VARIABLE",
    "variable-in-older-version": "VARIABLE_UNSUPPORTED_IN_VERSION",
    "variable-outside-resource-part": "VARIABLE_UNSUPPORTED_IN_ELEMENT",
    "unfilled-placeholder": "UNFILLED_PLACEHOLDER",
    "names-no-principal": "PRINCIPAL_NAMES_NO_ONE",
    "wildcard-in-principal": "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
    "further-errors": "MORE_PROBLEMS",
    "further-warnings": "MORE_PROBLEMS",
}
_MISMATCHES = {
    "Numeric": "TYPE_MISMATCH_NUMBER",
    "Date": "TYPE_MISMATCH_DATE",
    "Bool": "TYPE_MISMATCH_BOOLEAN",
    "IpAddress": "TYPE_MISMATCH_IP_RANGE",
    "Binary": "TYPE_MISMATCH_STRING",
    "Arn": "TYPE_MISMATCH_ARN",
    "Null": "TYPE_MISMATCH_BOOLEAN",
}
_QUOTAS = {
    Usage.IDENTITY: "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
    Usage.BOUNDARY: "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
    Usage.SESSION: "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
    Usage.TRUST: "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
    Usage.SERVICE_CONTROL: "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
    Usage.RESOURCE_CONTROL: "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
}
_REFUSED_PRINCIPAL = {
    Usage.SERVICE_CONTROL: "SCP_SYNTAX_ERROR_PRINCIPAL",
    Usage.RESOURCE_CONTROL: "RCP_SYNTAX_ERROR_PRINCIPAL",
}
# Other types than the code's own: what AWS only may reject, or rejects whatever its page says.
_TYPES: Mapping[str, FindingType] = {
    "unusual-sid": "warning",
    "unusual-resource": "warning",
    "further-errors": "error",
}
_IN_PRINCIPAL = re.compile(r"\.(?:Not)?Principal\.")


def found_by_the_grammar(
    problems: Sequence[Problem], usage: Usage, value: Any
) -> Iterator[RuleHit]:
    """Each problem under its code; `value` is the document's JSON, None where it is not JSON."""
    for problem in problems:
        code = _code(problem, usage)
        yield RuleHit(
            code,
            parse_path(problem.path) or (),
            problem.message,
            {"problem": problem.code},
            _fix(problem, value),
            _type(problem, code),
            place=(problem.line, problem.column),
        )


def _type(problem: Problem, code: str) -> FindingType | None:
    """A document that can't be read is an error whatever AWS's type of the code."""
    if problem.severity == "error" and not code.startswith("ELEMENT_LEFT"):
        return "error"
    return _TYPES.get(problem.code)


def _code(problem: Problem, usage: Usage) -> str:
    special = _SPECIAL.get(problem.code)
    return special(problem, usage) if special else _CODES[problem.code]


def _empty_list(problem: Problem, usage: Usage) -> str:
    names = [part for part in parse_path(problem.path) or () if isinstance(part, str)]
    element = next((each for each in names if each != "Statement"), "Action")
    return f"EMPTY_ARRAY_{element.removeprefix('Not').upper()}"


def _no_values(problem: Problem, usage: Usage) -> str:
    operator = _operator_in(problem.path)
    use = parse_operator(operator)
    if use.qualifier:
        return f"EMPTY_ARRAY_CONDITION_{use.qualifier.upper()}"
    return "EMPTY_ARRAY_CONDITION_IFEXISTS" if use.if_exists else "EMPTY_ARRAY_CONDITION"


def _unknown_operator(problem: Problem, usage: Usage) -> str:
    operator = _operator_in(problem.path).lower()
    if operator == "nullifexists":
        return "NULL_WITH_IF_EXISTS"
    is_null = operator.rpartition(":")[2] in ("null", "nullifexists")
    return "NULL_WITH_QUALIFIER" if is_null else "INVALID_CONDITION_OPERATOR"


def _mismatch(problem: Problem, usage: Usage) -> str:
    operator = parse_operator(_operator_in(problem.path)).operator
    return _MISMATCHES.get(operator.family if operator else "", "TYPE_MISMATCH")


def _malformed_variable(problem: Problem, usage: Usage) -> str:
    message = problem.message
    if "brace is missing" in message:
        return "MISSING_BRACE_IN_VARIABLE"
    if "single quotes" in message:
        return "MISSING_QUOTE_IN_VARIABLE"
    if "has no name" in message:
        return "EMPTY_VARIABLE"
    return "UNSUPPORTED_SPACE_IN_VARIABLE" if "space" in message else "UNKNOWN_VARIABLE"


def _refused_principal(problem: Problem, usage: Usage) -> str:
    return _REFUSED_PRINCIPAL.get(usage, "UNSUPPORTED_PRINCIPAL")


def _refused_element(problem: Problem, usage: Usage) -> str:
    is_not_action = problem.path.endswith("NotAction")
    return "RCP_SYNTAX_ERROR_NOTACTION" if is_not_action else "INVALID_POLICY_ELEMENT"


def _code_of_left_out(problem: Problem, usage: Usage) -> str:
    return "MISSING_VERSION" if problem.path == "" else "ELEMENT_LEFT_OPEN"


def _quota(problem: Problem, usage: Usage) -> str:
    return _QUOTAS.get(usage, "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA")


def _wrong_case(problem: Problem, usage: Usage) -> str:
    in_principal = _IN_PRINCIPAL.search(problem.path)
    return "INVALID_PRINCIPAL_KEY" if in_principal else "INVALID_POLICY_ELEMENT"


def _no_principal(problem: Problem, usage: Usage) -> str:
    is_service = _IN_PRINCIPAL.search(problem.path) and ".Service" in problem.path
    return "INVALID_SERVICE_PRINCIPAL_FORMAT" if is_service else "PRINCIPAL_NAMES_NO_ONE"


_SPECIAL: Mapping[str, Callable[[Problem, Usage], str]] = {
    "empty-list": _empty_list,
    "no-condition-values": _no_values,
    "unknown-operator": _unknown_operator,
    "value-never-matches": _mismatch,
    "malformed-variable": _malformed_variable,
    "principal-not-allowed": _refused_principal,
    "element-not-allowed": _refused_element,
    "element-left-out": _code_of_left_out,
    "over-quota": _quota,
    "over-quota-with-space": _quota,
    "wrong-case-element": _wrong_case,
    "names-no-principal": _no_principal,
}
# Problems that rules report in their own way.
LEFT_TO_RULES = frozenset({"unguarded-for-all-values"})
# Codes of problems that are about whole policies in use, never about a document alone.
NEVER_OF_A_DOCUMENT = frozenset({"service-linked-policy", "other-arn", "version-in-doubt"})


def code_of(problem_code: str) -> str:
    """The code of a finding for a problem's, "" where that depends on the problem."""
    return _CODES.get(problem_code, "")


def codes_covered() -> frozenset[str]:
    """The codes of problems that have a code of a finding."""
    return frozenset(_CODES) | frozenset(_SPECIAL) | LEFT_TO_RULES


def _operator_in(path: str) -> str:
    """The condition operator that a path leads through, "" without one."""
    parts = parse_path(path) or ()
    at = parts.index("Condition") if "Condition" in parts else len(parts)
    return str(parts[at + 1]) if at + 1 < len(parts) else ""


def _fix(problem: Problem, value: Any) -> Fix | None:
    make = _FIXES.get(problem.code)
    return make(problem, value) if make and value is not None else None


def _remove(problem: Problem, value: Any) -> Fix:
    return Fix(f"remove `{problem.path}`", (Edit("remove", problem.path),))


def _right_case(problem: Problem, value: Any) -> Fix | None:
    right = re.search(r"must be written `([^`]+)`", problem.message)
    if right is None:
        return None
    return Fix(f"write `{right[1]}`", (Edit("rename", problem.path, right[1]),))


def _sid_without_signs(problem: Problem, value: Any) -> Fix | None:
    sid = _at(value, problem.path)
    fitting = re.sub(r"[^A-Za-z0-9]", "", sid) if isinstance(sid, str) else ""
    if not fitting or fitting in _sids(value):
        return None
    return Fix(f"write the Sid `{fitting}`", (Edit("replace", problem.path, fitting),))


def _another_sid(problem: Problem, value: Any) -> Fix | None:
    sid = _at(value, problem.path)
    taken = _sids(value)
    if not isinstance(sid, str):
        return None
    free = next(name for at in range(2, len(taken) + 3) if (name := f"{sid}{at}") not in taken)
    return Fix(f"write the Sid `{free}`", (Edit("replace", problem.path, free),))


def _version_2012(problem: Problem, value: Any) -> Fix:
    edit = Edit("replace" if "Version" in value else "add", "Version", "2012-10-17")
    return Fix("set `Version` to 2012-10-17", (edit,))


def _effect(problem: Problem, value: Any) -> Fix | None:
    effect = _at(value, problem.path)
    right = effect.strip().capitalize() if isinstance(effect, str) else ""
    if right not in ("Allow", "Deny"):
        return None
    return Fix(f"write `{right}`", (Edit("replace", problem.path, right),))


def _at(value: Any, path: str) -> Any:
    for part in parse_path(path) or ():
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _sids(value: Any) -> frozenset[str]:
    given = value.get("Statement", []) if isinstance(value, dict) else []
    statements = given if isinstance(given, list) else [given]
    sids = (each.get("Sid") for each in statements if isinstance(each, dict))
    return frozenset(each for each in sids if isinstance(each, str))


_FIXES: Mapping[str, Callable[[Problem, Any], Fix | None]] = {
    "wrong-case-element": _right_case,
    "bad-sid": _sid_without_signs,
    "unusual-sid": _sid_without_signs,
    "duplicate-sid": _another_sid,
    "repeated-sid": _another_sid,
    "bad-version": _version_2012,
    "version-not-allowed": _version_2012,
    "variable-in-older-version": _version_2012,
    "bad-effect": _effect,
    "empty-condition": _remove,
    "principal-not-allowed": _remove,
    "resource-not-allowed": _remove,
}
