"""Policies as the IAM API describes them, checked member by member.

The shapes are `ManagedPolicyDetail`, `Policy` and `PolicyVersion` of the IAM API Reference.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.sources.items import (
    Origin,
    SourcePolicy,
    SourceVersion,
    Surroundings,
    UnusableSourceError,
    quoted,
    read_moment,
)
from policyhub.iam.reading.json_decoding import JsonNumber

Json = Any

_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_VERSION_ID = re.compile(r"v[1-9]\d{0,8}", re.ASCII)
_ARN = re.compile(
    r"arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy(?P<path>/(?:[!-~]{1,510}/)?)(?P<name>[^/]+)",
    re.ASCII,
)


def policy_from_document(
    document: str, origin: Origin, around: Surroundings | None
) -> SourcePolicy:
    """Take a bare document: the file's name is the policy's, and nothing else is known of it.

    Raises `UnusableSourceError` where there is no name.
    """
    return _of_one_version(SourceVersion(origin.version_id, None, True, document, around), origin)


def policy_from_version(answer: Json, origin: Origin, around: Surroundings | None) -> SourcePolicy:
    """Take the answer of `get-policy-version`, with that of `get-policy` where it is merged in.

    Raises `UnusableSourceError` when either is broken, or where there is no name.
    """
    about, version = answer.get("Policy"), answer["PolicyVersion"]
    if isinstance(about, dict):
        detail = {**about, "PolicyVersionList": [version]}
        whole = replace(_from_detail(detail, origin, None), source=PolicyVersion.Source.FILE)
        within = around and around.inside("PolicyVersion.Document")
        versions = tuple(replace(each, surroundings=within) for each in whole.versions)
        return replace(whole, versions=versions)
    within = around and around.inside("PolicyVersion")
    return _of_one_version(_read_version(version, within, None), origin)


def policy_from_detail(detail: Json, origin: Origin, around: Surroundings | None) -> SourcePolicy:
    """Read a `ManagedPolicyDetail`. Raises `UnusableSourceError` if it is something else or "
    "broken."""
    if not isinstance(detail, dict):
        raise UnusableSourceError("not an object: give the complete ManagedPolicyDetail")
    return _from_detail(detail, origin, around)


def document_text(document: Json) -> str:
    """The JSON text of a document given as an object, as text, or URL-encoded.

    Raises `UnusableSourceError` for an object that is nested too deep to write.
    """
    if isinstance(document, str):
        return url_decoded(document)
    try:
        return _compact_json(document)
    except RecursionError as error:
        raise UnusableSourceError("a document is nested too deep: simplify it") from error


def _compact_json(value: Json) -> str:
    """JSON text without white space; numbers that were read as text are written as that."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except TypeError:
        if isinstance(value, JsonNumber):
            return value.text
        if isinstance(value, list):
            return f"[{','.join(map(_compact_json, value))}]"
        members = (f"{_compact_json(name)}:{_compact_json(each)}" for name, each in value.items())
        return f"{{{','.join(members)}}}"


def url_decoded(text: str) -> str:
    """The text that the raw IAM API encodes for URLs; any other text as it is."""
    return unquote(text) if text.lstrip()[:1] == "%" else text


def require_name(name: object) -> str:
    """Return a policy's name. Raises `UnusableSourceError` for what IAM takes for none."""
    if isinstance(name, str) and _POLICY_NAME.fullmatch(name):
        return name
    raise UnusableSourceError(
        f"{quoted(name, 140)} is not a valid policy name: it can have 1 to 128 letters, digits and "
        "+=,.@-_"
    )


def _of_one_version(version: SourceVersion, origin: Origin) -> SourcePolicy:
    if not origin.stem:
        raise UnusableSourceError(
            "a document without a name: save it in a file named after the policy"
        )
    return SourcePolicy(
        name=require_name(_without_number(origin.stem, version.version_id)),
        arn="",
        path="/",
        created_at=None,
        updated_at=version.created_at,
        retrieved_on=origin.retrieved_on,
        source=PolicyVersion.Source.FILE,
        versions=(version,),
        place=origin.place,
    )


def _without_number(stem: str, version_id: str) -> str:
    """The policy's name out of a file's that ends with the version, like Name-v2 or Name@v2."""
    name = stem.removesuffix(version_id) if version_id else stem
    return name[:-1] if name != stem and name[-1:] in ("-", "_", ".", "@") else stem


def _from_detail(detail: Json, origin: Origin, around: Surroundings | None) -> SourcePolicy:
    name = require_name(_name_of(detail))
    arn, path = _arn_and_path(detail, name)
    return SourcePolicy(
        name=name,
        arn=arn,
        path=path,
        created_at=read_moment(detail.get("CreateDate")),
        updated_at=read_moment(detail.get("UpdateDate")),
        retrieved_on=origin.retrieved_on,
        source=origin.source,
        versions=_versions(detail, name, around),
        place=origin.place,
    )


def _name_of(detail: Json) -> object:
    """The policy's name, out of its ARN where `PolicyName` is left out."""
    if "PolicyName" in detail:
        return detail["PolicyName"]
    arn = detail.get("Arn")
    found = _ARN.fullmatch(arn) if isinstance(arn, str) else None
    if found is None:
        raise UnusableSourceError(
            "`PolicyName` is missing, and no `Arn` contains it: give the complete "
            "ManagedPolicyDetail"
        )
    return found["name"]


def _arn_and_path(detail: Json, name: str) -> tuple[str, str]:
    """The ARN and the path in it; "" and "/" if no ARN is given."""
    arn = detail.get("Arn")
    if not arn:
        return "", "/"
    found = _ARN.fullmatch(arn) if isinstance(arn, str) else None
    if found is None or found["name"] != name:
        raise UnusableSourceError(
            f"{quoted(arn, 200)} is not the ARN of a policy named {name}: correct `Arn`"
        )
    return arn, found["path"]


def _versions(detail: Json, name: str, around: Surroundings | None) -> tuple[SourceVersion, ...]:
    listed = detail.get("PolicyVersionList")
    if not isinstance(listed, list) or not listed:
        raise UnusableSourceError(f"{name} has no versions: fill its `PolicyVersionList`")
    versions = tuple(
        _read_version(
            each, around and around.inside(f"PolicyVersionList[{index}]"), _default_id(detail)
        )
        for index, each in enumerate(listed)
    )
    defaults = [version for version in versions if version.is_default]
    if len(defaults) > 1:
        numbers = " and ".join(version.version_id or "one without an id" for version in defaults)
        raise UnusableSourceError(
            f"{name} has several default versions ({numbers}): leave `IsDefaultVersion` on one"
        )
    return versions


def _default_id(detail: Json) -> str | None:
    default = detail.get("DefaultVersionId")
    return default if isinstance(default, str) else None


def _read_version(
    version: Json, around: Surroundings | None, default_id: str | None
) -> SourceVersion:
    if not isinstance(version, dict) or "Document" not in version:
        raise UnusableSourceError("`Document` is missing in a version: give the complete version")
    number = version.get("VersionId") or ""
    if number and not (isinstance(number, str) and _VERSION_ID.fullmatch(number)):
        raise UnusableSourceError(f"{quoted(number)} is not a version id: write it as v1")
    by_number = default_id is None or default_id == number
    return SourceVersion(
        version_id=number,
        created_at=read_moment(version.get("CreateDate")),
        is_default=bool(version.get("IsDefaultVersion", by_number)),
        document=document_text(version["Document"]),
        surroundings=around and around.inside("Document"),
    )
