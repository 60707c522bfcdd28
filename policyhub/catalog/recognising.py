"""Which kind of JSON a text holds, and the policies in it.

Recognised by content alone: a bare policy document, the answer of `aws iam
get-policy-version`, one `ManagedPolicyDetail`, an authorization-details export, and JSON
lines of any of these. The shapes are those of the IAM API Reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import unquote

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.sources import (
    Item,
    Json,
    Rejection,
    Skipped,
    SourcePolicy,
    SourceVersion,
    UnusableSourceError,
    aws_managed_arn,
    read_moment,
)

_INLINE_LISTS = {
    "UserDetailList": ("UserName", "UserPolicyList"),
    "GroupDetailList": ("GroupName", "GroupPolicyList"),
    "RoleDetailList": ("RoleName", "RolePolicyList"),
}
HOW_TO_MEND = (
    "give a policy document, the output of `aws iam get-policy-version`, or the export of "
    "`aws iam get-account-authorization-details`"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text comes from: its name for messages, a policy name to fall back on, its day."""

    place: str
    stem: str
    retrieved_on: date

    def line(self, number: int) -> Origin:
        """The origin of one line of the text."""
        return Origin(f"{self.place} line {number}", self.stem, self.retrieved_on)


def read_text(text: str | bytes, origin: Origin) -> Iterator[Item]:
    """Yield every policy of a text, and a `Rejection` for each that can't be read."""
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield Rejection(origin.place, f"not UTF-8 text (byte {error.start + 1}): save it as UTF-8")
        return
    if not decoded.strip():
        yield Rejection(origin.place, f"empty: {HOW_TO_MEND}")
        return
    try:
        value = load_json(decoded)
    except json.JSONDecodeError as error:
        yield from _read_lines_or_reject(decoded, origin, error)
        return
    except ValueError as error:
        yield Rejection(origin.place, f"not readable as JSON ({error})")
        return
    yield from read_value(value, origin, decoded)


def load_json(text: str) -> Json:
    """Read JSON with every failure a ValueError: nesting without end and huge numbers too."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _read_lines_or_reject(text: str, origin: Origin, error: json.JSONDecodeError) -> Iterator[Item]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    first_is_whole = error.msg == "Extra data" and error.lineno > 1
    if len(lines) < 2 or not first_is_whole:
        yield Rejection(
            origin.place,
            f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}",
        )
        return
    for number, line in lines:
        place = origin.line(number)
        try:
            value = load_json(line)
        except json.JSONDecodeError as problem:
            yield Rejection(place.place, f"not JSON: {problem.msg} at column {problem.colno}")
        except ValueError as problem:
            yield Rejection(place.place, f"not readable as JSON ({problem})")
        else:
            yield from read_value(value, place, line)


def read_value(value: Json, origin: Origin, text: str) -> Iterator[Item]:
    """Yield the policies of a JSON value, by the shape it has; `text` is the value's own."""
    try:
        yield from _read_shape(value, origin, text)
    except UnusableSourceError as error:
        yield Rejection(origin.place, str(error))


def _read_shape(value: Json, origin: Origin, text: str) -> Iterator[Item]:
    if not isinstance(value, dict):
        raise UnusableSourceError(f"a JSON {_json_type(value)}, no policy: {HOW_TO_MEND}")
    if "Statement" in value:
        yield _from_document(text, origin)
    elif isinstance(value.get("PolicyVersion"), dict):
        yield _from_version(value["PolicyVersion"], origin)
    elif "PolicyName" in value and "PolicyVersionList" in value:
        yield from_detail(value, origin, PolicyVersion.Source.EXPORT)
    elif isinstance(value.get("Policies"), list):
        yield from _from_export(value, origin)
    else:
        raise UnusableSourceError(f"no policy in it: {HOW_TO_MEND}")


def _json_type(value: Json) -> str:
    names = {list: "list", str: "text", bool: "truth value", int: "number", float: "number"}
    return names.get(type(value), "null")


def _from_document(text: str, origin: Origin) -> SourcePolicy:
    """A bare document: the file's name is the policy's, and nothing else is known of it."""
    return _single(SourceVersion("", None, True, text), origin)


def _from_version(version: Json, origin: Origin) -> SourcePolicy:
    return _single(_version(version), origin)


def _single(version: SourceVersion, origin: Origin) -> SourcePolicy:
    if not origin.stem:
        raise UnusableSourceError(
            "a document without a name: save it in a file named after the policy"
        )
    return SourcePolicy(
        name=origin.stem,
        arn="",
        path="/",
        created_at=None,
        updated_at=version.created_at,
        retrieved_on=origin.retrieved_on,
        source=PolicyVersion.Source.FILE,
        versions=(version,),
        place=origin.place,
    )


def _from_export(export: Json, origin: Origin) -> Iterator[Item]:
    for index, detail in enumerate(export["Policies"]):
        place = Origin(f"{origin.place} Policies[{index}]", "", origin.retrieved_on)
        try:
            yield from_detail(detail, place, PolicyVersion.Source.EXPORT)
        except UnusableSourceError as error:
            yield Rejection(place.place, str(error))
    for section, (name_key, list_key) in _INLINE_LISTS.items():
        for entity in _dicts(export.get(section)):
            for inline in _dicts(entity.get(list_key)):
                yield Skipped(
                    f"{origin.place} {section} {entity.get(name_key)}",
                    f"inline policy {inline.get('PolicyName')}: only managed policies are kept",
                )


def _dicts(value: Json) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def from_detail(detail: Json, origin: Origin, source: str) -> SourcePolicy:
    """Read a `ManagedPolicyDetail`. Raises `UnusableSourceError` when it is none."""
    if not isinstance(detail, dict) or not isinstance(detail.get("PolicyName"), str):
        raise UnusableSourceError("PolicyName is missing: give the whole ManagedPolicyDetail")
    name, path = detail["PolicyName"], detail.get("Path") or "/"
    versions = tuple(_version(each) for each in _dicts(detail.get("PolicyVersionList")))
    if not versions:
        raise UnusableSourceError(f"{name} has no version in PolicyVersionList")
    return SourcePolicy(
        name=name,
        arn=detail.get("Arn") or aws_managed_arn(name, path),
        path=path,
        created_at=read_moment(detail.get("CreateDate")),
        updated_at=read_moment(detail.get("UpdateDate")),
        retrieved_on=origin.retrieved_on,
        source=source,
        versions=versions,
        place=origin.place,
    )


def _version(version: Json) -> SourceVersion:
    if "Document" not in version:
        raise UnusableSourceError("Document is missing in the policy version")
    return SourceVersion(
        version_id=str(version.get("VersionId") or ""),
        created_at=read_moment(version.get("CreateDate")),
        is_default=bool(version.get("IsDefaultVersion", True)),
        document=document_text(version["Document"]),
    )


def document_text(document: Json) -> str:
    """The JSON text of a document given as an object, as text, or URL-encoded."""
    if not isinstance(document, str):
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return unquote(document) if document.lstrip()[:1] == "%" else document


def file_day(modified: float) -> date:
    """The day of a file's last change, which is as fresh as its facts can be."""
    return datetime.fromtimestamp(modified).astimezone().date()
