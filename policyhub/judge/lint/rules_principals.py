"""Rules about principals: strangers, providers without their claims, confused deputies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyhub.iam.language.arn import parse_arn
from policyhub.iam.language.elements import Principal, Usage
from policyhub.iam.language.patterns import compile_pattern
from policyhub.judge.lint.own_codes import FindingType
from policyhub.judge.lint.subject import LintedPolicy, LintedStatement, RuleHit, quoted_list

_SOURCE_KEYS = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"}
)
# Services that assume a role only for the account whose PassRole has given it to them.
_ONLY_BY_PASS_ROLE = frozenset(
    f"{each}.amazonaws.com"
    for each in ("ec2", "lambda", "ecs-tasks", "eks", "pods.eks", "eks-fargate-pods")
)
_BUILT_IN = {
    "accounts.google.com": "accounts.google.com",
    "cognito-identity.amazonaws.com": "cognito-identity.amazonaws.com",
    "graph.facebook.com": "graph.facebook.com",
    "www.amazon.com": "www.amazon.com",
}
# The audience of the built-in providers has a name of its own.
_AUDIENCES = {"graph.facebook.com": "app_id", "www.amazon.com": "app_id"}
_SUBJECTS = {"graph.facebook.com": "id", "www.amazon.com": "user_id"}
_GITHUB = "token.actions.githubusercontent.com"
_UNIQUE_IDS = {"AIDA": "INVALID_USER_REFERENCE", "AROA": "INVALID_ROLE_REFERENCE"}
_ROLES_ANYWHERE = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
_ASSUMING = {
    "oidc-provider": "sts:AssumeRoleWithWebIdentity",
    "saml-provider": "sts:AssumeRoleWithSAML",
}
_ACCOUNT = re.compile(r"\d{12}")
# Keys that say how something is asked, and not by whom.
_ABOUT_NO_ONE = frozenset(
    {
        *("aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:requestedregion"),
        *("aws:useragent", "aws:referer", "s3:tlsversion", "s3:prefix", "s3:delimiter"),
        *("s3:max-keys", "s3:x-amz-acl", "s3:x-amz-server-side-encryption", "s3:versionid"),
    }
)


def everyone(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Allows for everyone, without a condition that limits who."""
    if subject.usage not in (Usage.RESOURCE, Usage.TRUST):
        return
    for statement in _allowing(subject):
        is_public = any(_is_everyone(each) for each in statement.statement.principals or ())
        limits = any(each.key not in _ABOUT_NO_ONE for each in statement.conditions)
        if is_public and not limits and not statement.statement.not_principal:
            message = "everyone is allowed, also callers of other accounts and anonymous ones"
            evidence = {"statement": statement.evidence}
            yield RuleHit("PUBLIC_ACCESS", _parts_of_principal(statement), message, evidence)


def other_accounts(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Principals of another account than that of the statement's resources."""
    if subject.usage is not Usage.RESOURCE:
        return
    for statement in _allowing(subject):
        own = _accounts_of_resources(statement)
        if not own or statement.statement.not_principal:
            continue
        foreign = sorted(
            {
                account
                for each in statement.statement.principals or ()
                if (account := _account(each)) and account not in own
            }
        )
        if foreign:
            message = f"the account {quoted_list(foreign)} is not that of the resource"
            evidence = {"statement": statement.evidence, "accounts": foreign}
            yield RuleHit("EXTERNAL_ACCOUNT", _parts_of_principal(statement), message, evidence)


def whole_accounts(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Trust in a whole account, without a condition."""
    if subject.usage is not Usage.TRUST:
        return
    for statement in _allowing(subject):
        accounts = [
            each.value
            for each in statement.statement.principals or ()
            if each.type == "AWS"
            and (_ACCOUNT.fullmatch(each.value) or each.value.endswith(":root"))
        ]
        if accounts and not statement.conditions:
            message = (
                f"every identity of {quoted_list(accounts)} may be let in by its own account: name "
                "the roles, or require `sts:ExternalId` of a third party"
            )
            evidence = {"statement": statement.evidence, "principals": accounts}
            yield RuleHit(
                "WHOLE_ACCOUNT_TRUSTED", _parts_of_principal(statement), message, evidence
            )


def confused_deputies(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Services that are allowed without saying for whom they act."""
    if subject.usage not in (Usage.RESOURCE, Usage.TRUST):
        return
    is_trust = subject.usage is Usage.TRUST
    for statement in _allowing(subject):
        services = [
            each.value
            for each in statement.statement.principals or ()
            if each.type == "Service" and not (is_trust and each.value in _ONLY_BY_PASS_ROLE)
        ]
        if services and not _is_limited_by(statement, _SOURCE_KEYS):
            message = (
                f"{quoted_list(services)} may act for any account: require `aws:SourceAccount` or "
                "`aws:SourceArn`"
            )
            evidence = {"statement": statement.evidence, "services": services}
            code = "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"
            type_: FindingType | None = "suggestion" if is_trust else None
            yield RuleHit(code, _parts_of_principal(statement), message, evidence, None, type_)


def open_providers(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Identity providers that are trusted whatever their token says."""
    if subject.usage is not Usage.TRUST:
        return
    for statement in _allowing(subject):
        for principal in statement.statement.principals or ():
            if principal.type != "Federated":
                continue
            kind, name = _provider(principal.value)
            if kind == "saml-provider":
                yield from _saml(statement)
            elif kind == "oidc-provider":
                yield from _oidc(statement, name)


def _saml(statement: LintedStatement) -> Iterator[RuleHit]:
    if not _is_limited_by(statement, frozenset({"saml:aud", "saml:iss", "saml:recipient"})):
        message = "assertions for any application are accepted: require `SAML:aud`"
        code = "MISSING_AUDIENCE_FOR_SAML_PRINCIPAL"
        yield RuleHit(
            code, _parts_of_principal(statement), message, {"statement": statement.evidence}
        )


def _oidc(statement: LintedStatement, name: str) -> Iterator[RuleHit]:
    """At most one finding per claim; without a condition on any claim, one alone."""
    evidence = {"statement": statement.evidence, "provider": name}
    place = _parts_of_principal(statement)
    subject_key = f"{name}:{_SUBJECTS.get(name, 'sub')}"
    audience_key = f"{name}:{_AUDIENCES.get(name, 'aud')}"
    if not any(each.key.startswith(f"{name.lower()}:") for each in statement.conditions):
        message = (
            f"every token of `{name}` is accepted: require `{subject_key}` and `{audience_key}`"
        )
        code = "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"
        yield RuleHit(code, place, message, evidence)
        return
    if not _is_limited_by(statement, frozenset({subject_key.lower()})):
        if name in ("accounts.google.com", "cognito-identity.amazonaws.com"):
            pass
        elif name == _GITHUB:
            message = f"workflows of every repository are accepted: require `{subject_key}`"
            yield RuleHit("MISSING_GITHUB_REPO_CONDITION_KEY", place, message, evidence)
        else:
            message = f"every user or workload of `{name}` is accepted: require `{subject_key}`"
            yield RuleHit("MISSING_SUBJECT_FOR_OIDC_PRINCIPAL", place, message, evidence)
    elif name == _GITHUB:
        yield from _wide_repositories(statement, subject_key.lower())
    if not _is_limited_by(statement, frozenset({audience_key.lower()})):
        message = f"tokens for any application are accepted: require `{audience_key}`"
        yield RuleHit("MISSING_AUDIENCE_FOR_OIDC_PRINCIPAL", place, message, evidence)


def _wide_repositories(statement: LintedStatement, key: str) -> Iterator[RuleHit]:
    for condition in statement.on_key(key):
        operator = condition.use.operator
        for index, value in enumerate(condition.condition.values):
            wild = operator is not None and operator.has_wildcards and "*" in value
            repository = value.removeprefix("repo:").partition(":")[0]
            if wild and ("*" in repository or value.endswith(":*")):
                is_any = "*" in repository
                whose = "repositories" if is_any else "branches and tags"
                message = f"`{value}` lets other {whose} in: name the repository and the branch"
                code = "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED"
                parts = condition.value_parts(index)
                yield RuleHit(
                    code, parts, message, {"key": condition.condition.key, "value": value}
                )


def actions_of_providers(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Ways to assume a role that do not belong to the kind of principal."""
    if subject.usage is not Usage.TRUST:
        return
    for statement in _allowing(subject):
        for principal in statement.statement.principals or ():
            wanted = _wanted_action(principal)
            if wanted and not _is_about_action(statement, wanted):
                message = f"`{principal.value}` can only use `{wanted}`, which is missing"
                evidence = {"statement": statement.evidence, "action": wanted}
                code = "MISMATCHED_ACTION_FOR_PRINCIPAL"
                place = statement.element_parts(statement.action_element)
                yield RuleHit(code, place, message, evidence)
        yield from _roles_anywhere(statement)


def _wanted_action(principal: Principal) -> str:
    if principal.type != "Federated":
        return ""
    return _ASSUMING.get(_provider(principal.value)[0], "")


def _roles_anywhere(statement: LintedStatement) -> Iterator[RuleHit]:
    values = [each.value for each in statement.statement.principals or ()]
    if "rolesanywhere.amazonaws.com" not in values:
        return
    missing = [each for each in _ROLES_ANYWHERE if not _is_about_action(statement, each)]
    if missing:
        message = f"IAM Roles Anywhere also needs {quoted_list(missing)}"
        place = statement.element_parts(statement.action_element)
        code = "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY"
        yield RuleHit(code, place, message, {"statement": statement.evidence, "actions": missing})


def _is_about_action(statement: LintedStatement, action: str) -> bool:
    named = any(
        compile_pattern(each, ignore_case=True).matches(action)
        for each in statement.statement.actions
    )
    return named != statement.statement.not_action


def unique_ids(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Ids of users and roles that were deleted, in the place of their ARNs."""
    for statement in subject.statements:
        for each in statement.statement.principals or ():
            code = _UNIQUE_IDS.get(each.value[:4]) if each.type == "AWS" else None
            if code:
                message = f"`{each.value}` is the id of one that was deleted: use an ARN"
                evidence = {"statement": statement.evidence, "principal": each.value}
                yield RuleHit(code, _parts_of_principal(statement), message, evidence)


def _allowing(subject: LintedPolicy) -> Iterator[LintedStatement]:
    return (each for each in subject.statements if each.allows)


def _parts_of_principal(statement: LintedStatement) -> tuple[str | int, ...]:
    name = "NotPrincipal" if statement.statement.not_principal else "Principal"
    return statement.element_parts(name)


def _is_whole_account(value: str) -> bool:
    return bool(_ACCOUNT.fullmatch(value)) or value.endswith(":root")


def _is_everyone(principal: Principal) -> bool:
    return principal.value == "*" and principal.type in ("*", "AWS")


def _is_limited_by(statement: LintedStatement, keys: frozenset[str]) -> bool:
    """Whether a condition is about one of some keys, given in lower case, and not any value's."""
    return any(
        each.key in keys
        and each.family != "Null"
        and any(map(_says_something, each.condition.values))
        for each in statement.conditions
    )


def _says_something(value: str) -> bool:
    return bool(value.strip("*"))


def _provider(value: str) -> tuple[str, str]:
    """The kind of an identity provider and its name in condition keys."""
    if value in _BUILT_IN:
        return "oidc-provider", value
    arn = parse_arn(value)
    kind, _, name = arn.resource.partition("/") if arn else ("", "", "")
    return kind, name


def _account(principal: Principal) -> str:
    """The account of an AWS principal, "" without one."""
    if principal.type != "AWS":
        return ""
    arn = parse_arn(principal.value)
    account = arn.account if arn else principal.value
    return account if _ACCOUNT.fullmatch(account) else ""


def _accounts_of_resources(statement: LintedStatement) -> frozenset[str]:
    arns = [parse_arn(each) for each in statement.statement.resources]
    accounts = {each.account for each in arns if each is not None}
    return frozenset(each for each in accounts if _ACCOUNT.fullmatch(each))


RULES = (
    everyone,
    other_accounts,
    whole_accounts,
    confused_deputies,
    open_providers,
    actions_of_providers,
    unique_ids,
)
