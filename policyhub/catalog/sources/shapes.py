"""Which kind of JSON a value is, and the policies in it.

Recognised by content alone: a bare policy document, the answer of `aws iam
get-policy-version` (alone or merged with that of `get-policy`), one `ManagedPolicyDetail`, a
list of these, and an authorization-details export. The shapes are those of the IAM API
Reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from policyhub.catalog.sources.iam_shapes import (
    policy_from_detail,
    policy_from_document,
    policy_from_version,
    url_decoded,
)
from policyhub.catalog.sources.items import (
    Item,
    Origin,
    Rejection,
    Skipped,
    Surroundings,
    UnusableSourceError,
)
from policyhub.catalog.sources.other_tools import policies_of_other_tools
from policyhub.iam.language.lists import first_few
from policyhub.iam.reading.json_text import MAX_MARKS, Outline, format_path, line_and_column

Json = Any

DUMP_HEADER = "Corpus"
HOW_TO_FIX = (
    "give a policy document, the output of `aws iam get-policy-version`, or the export of "
    "`aws iam get-account-authorization-details`"
)
SHAPES = frozenset({"Statement", "PolicyName", "PolicyVersion", "Policies", DUMP_HEADER})

_NAMED_AT_MOST = 5
_INLINE_LISTS = {
    "UserDetailList": ("UserName", "UserPolicyList"),
    "GroupDetailList": ("GroupName", "GroupPolicyList"),
    "RoleDetailList": ("RoleName", "RolePolicyList"),
}
# Why listed policies can't be taken, by their index; -1 is for all of the text.
Faults = dict[int, str]
_WHOLE_TEXT = -1
# A longer text is not kept for its lines and columns: the path has to suffice.
LONGEST_SURROUNDINGS = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LoadedJson:
    """A JSON value, its own text, and the names that some object in it repeats."""

    value: Json
    text: str
    repeated: tuple[str, ...]


def read_value(loaded: LoadedJson, origin: Origin) -> Iterator[Item]:
    """Yield the policies of a JSON value, by the shape it has, or a `Rejection`."""
    try:
        yield from _read_shape(loaded, origin)
    except UnusableSourceError as error:
        yield Rejection(origin.place, str(error))


def _read_shape(loaded: LoadedJson, origin: Origin) -> Iterator[Item]:
    value = loaded.value
    around = Surroundings(loaded.text, first_line=origin.first_line)
    kept = around if len(loaded.text) <= LONGEST_SURROUNDINGS else None
    if isinstance(value, dict) and "statement" in map(str.lower, value):
        yield policy_from_document(loaded.text, origin, kept)
        return
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "%"):
        yield policy_from_document(url_decoded(value), origin, kept)
        return
    faults = _faults_by_repetition(loaded, origin) if loaded.repeated else {}
    if _WHOLE_TEXT in faults:
        raise UnusableSourceError(faults[_WHOLE_TEXT])
    if isinstance(value, dict):
        yield from _read_answer(value, origin, kept, faults)
    elif isinstance(value, list) and value:
        yield from _read_list(value, origin, kept, faults)
    else:
        raise UnusableSourceError(f"a JSON text without an object in it: {HOW_TO_FIX}")


def _faults_by_repetition(loaded: LoadedJson, origin: Origin) -> Faults:
    """What is wrong where an object repeats a name, by the index of the listed policy.

    One of two members is lost when such an object is read, and nothing says which was meant.
    """
    faults: Faults = {}
    list_at = ("Policies",) if isinstance(loaded.value, dict) else ()
    marks = Outline(loaded.text).read_all().repeated_names
    for mark in marks:
        line, column = line_and_column(loaded.text, mark.offset)
        inner = mark.parts[len(list_at) :] if mark.parts[: len(list_at)] == list_at else ()
        index = inner[0] if len(inner) > 1 else _WHOLE_TEXT
        faults.setdefault(
            index if isinstance(index, int) else _WHOLE_TEXT,
            f"line {line + origin.first_line - 1}, column {column}, {format_path(mark.parts)}: "
            f"`{mark.text[:60]}` appears twice in one object: remove the wrong one",
        )
    if len(marks) == MAX_MARKS:
        faults[_WHOLE_TEXT] = (
            f"names appear twice in {MAX_MARKS} objects or more: write the document again"
        )
    return faults


def _read_answer(
    value: Json, origin: Origin, around: Surroundings | None, faults: Faults
) -> Iterator[Item]:
    """Yield the policies of something that the IAM API answers."""
    if isinstance(value.get("PolicyVersion"), dict):
        yield policy_from_version(value, origin, around)
    elif "PolicyVersionList" in value:
        yield policy_from_detail(value, origin, around)
    elif isinstance(value.get("Policies"), list):
        yield from _read_export(value, origin, around, faults)
    elif "PolicyDocument" in value:
        yield Skipped(origin.place, _inline(value))
    elif known := policies_of_other_tools(value, origin):
        yield from known
    elif "Policy" in value:
        raise UnusableSourceError(
            "the output of `aws iam get-policy` contains no document: give the output of "
            "`aws iam get-policy-version`"
        )
    else:
        raise UnusableSourceError(f"no policy in it: {HOW_TO_FIX}")


def _read_list(
    values: list[Json], origin: Origin, around: Surroundings | None, faults: Faults
) -> Iterator[Item]:
    for index, value in enumerate(values):
        here = replace(origin, place=f"{origin.place}[{index}]")
        if index in faults:
            yield Rejection(here.place, faults[index])
            continue
        try:
            yield policy_from_detail(value, here, around and around.inside(f"[{index}]"))
        except UnusableSourceError as error:
            yield Rejection(here.place, str(error))


def _read_export(
    export: Json, origin: Origin, around: Surroundings | None, faults: Faults
) -> Iterator[Item]:
    details = export["Policies"]
    if details and not any("PolicyVersionList" in each for each in _objects(details)):
        raise UnusableSourceError(
            "`Policies` contains no documents, as in the output of `aws iam list-policies`: give "
            "the export of `aws iam get-account-authorization-details`"
            + (f" ({cut})" if (cut := _cut_short(export)) else "")
        )
    if cut := _cut_short(export):
        yield Rejection(origin.place, cut)
    within = replace(origin, place=f"{origin.place} Policies")
    yield from _read_list(details, within, around and around.inside("Policies"), faults)
    yield from _inline_policies(export, origin)
    yield from _trust_policies(export, origin)


def _cut_short(answer: Json) -> str:
    """Why an answer is not all that there is; "" where it is."""
    if answer.get("IsTruncated") in (True, "true"):
        sign = "`IsTruncated` is true"
    elif answer.get("NextToken"):
        sign = "it has a `NextToken`"
    else:
        return ""
    return (
        f"incomplete: {sign}, so there are more pages, which are missing here: run the command "
        "again without `--max-items` and `--no-paginate`, so that it fetches all of them"
    )


def _trust_policies(export: Json, origin: Origin) -> Iterator[Skipped]:
    """The trust policies in the details of roles, told together."""
    roles = [
        str(each.get("RoleName"))
        for each in _objects(export.get("RoleDetailList"))
        if "AssumeRolePolicyDocument" in each
    ]
    if roles:
        plural = "policies" if len(roles) > 1 else "policy"
        yield Skipped(
            f"{origin.place} RoleDetailList",
            f"{len(roles):,} trust {plural} ({first_few(roles, _NAMED_AT_MOST)}): only managed "
            "policies are imported; `aws iam get-role --role-name NAME --query "
            "Role.AssumeRolePolicyDocument` gives one, which simulations take as a resource policy",
        )


def _inline_policies(export: Json, origin: Origin) -> Iterator[Skipped]:
    for section, (name, policies) in _INLINE_LISTS.items():
        for entity in _objects(export.get(section)):
            for inline in _objects(entity.get(policies)):
                yield Skipped(f"{origin.place} {section} {entity.get(name)}", _inline(inline))


def _inline(policy: Json) -> str:
    return f"inline policy {policy.get('PolicyName')}: only managed policies are imported"


def _objects(value: Json) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
