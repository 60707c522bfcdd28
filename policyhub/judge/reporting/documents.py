"""The documents in a text: a policy itself, or the policies of an export or another tool's file.

What a file may contain is what `catalog.sources` reads. Unlike an import, a judgement takes a
document without a name, and one that breaks the grammar: that is what it reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.sources.cloudformation import is_yaml_template
from policyhub.catalog.sources.iam_shapes import document_text, url_decoded
from policyhub.catalog.sources.items import (
    Item,
    Origin,
    Rejection,
    SourcePolicy,
    Surroundings,
    UnusableSourceError,
)
from policyhub.catalog.sources.other_tools import items_of_another_tool
from policyhub.catalog.sources.shapes import LONGEST_SURROUNDINGS
from policyhub.catalog.sources.text import load_json, read_text
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.encoding import decoded
from policyhub.judge.reporting.templates import template_documents

Json = Any

# A stem that IAM takes as a name, for files whose own name it would not.
_ANY_NAME = "document"
_INLINE_LISTS = {
    "UserDetailList": ("UserName", "UserPolicyList"),
    "GroupDetailList": ("GroupName", "GroupPolicyList"),
    "RoleDetailList": ("RoleName", "RolePolicyList"),
}
# One of these makes an object a policy document, however broken.
_OF_A_DOCUMENT = frozenset({"statement", "version", "id"})


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document to judge. `source` names it in reports; `file` is its path, "" without one.

    `text` is the document, as bytes where these are no text. `around` is what it was read from,
    None where lines are not known. `usage` is its kind where the source says it. `is_aws_managed`
    says that AWS publishes it, and `is_of_template` that it is out of a template of infrastructure.
    """

    source: str
    file: str
    text: str | bytes
    around: Surroundings | None = None
    usage: Usage | None = None
    is_aws_managed: bool = False
    is_of_template: bool = False

    @property
    def file_text(self) -> str:
        """The text that lines and columns are about; "" where there is none."""
        if self.around is not None:
            return self.around.text
        return self.text if isinstance(self.text, str) else ""


Found = SourceDocument | Rejection


def documents_in(data: bytes, place: str, *, is_certain: bool = True) -> Iterator[Found]:
    """Yield the documents of a text, and a `Rejection` for each that has none.

    With `is_certain`, what is no file of a known shape is taken for a broken document.
    """
    try:
        text = url_decoded(decoded(data))
    except UnicodeDecodeError:
        yield SourceDocument(place, place, data)
        return
    items = list(read_text(data, Origin(place, _ANY_NAME)))
    bare = _single_document(text, items, is_certain)
    if bare is not None:
        yield SourceDocument(place, place, *bare)
        return
    others = [*_of_templates(text, place), *_inline_documents(text, place)]
    # Of a template all documents are known, managed policies among them.
    managed = [] if any(each.is_of_template for each in others) else list(_of_items(items, place))
    yield from managed
    yield from others
    for item in items:
        # An import rejects what has no name; here the documents in it are what counts.
        if isinstance(item, Rejection) and not others:
            yield item


def _of_templates(text: str, place: str) -> Iterator[SourceDocument]:
    is_kept = len(text) <= LONGEST_SURROUNDINGS and not is_yaml_template(text)
    whole = Surroundings(text) if is_kept else None
    for each in template_documents(text):
        around = whole.inside(each.path) if whole is not None and each.path else None
        source = each.arn or f"{place} {each.name}"
        yield SourceDocument(source, place, each.text, around, each.usage, is_of_template=True)


def _single_document(
    text: str, items: list[Item], is_certain: bool
) -> tuple[str, Surroundings | None] | None:
    """The document where the text is one, whole or broken; None where it holds others."""
    try:
        value = load_json(text).value
    except ValueError:
        # Of JSON Lines and of other tools' files something else is known than that they fail.
        is_broken = len(items) == 1 and isinstance(items[0], Rejection) and _looks_like_json(text)
        return (text, Surroundings(text)) if is_broken else None
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "%"):
        return url_decoded(value), Surroundings(text)
    names = {each.lower() for each in value} if isinstance(value, dict) else set()
    is_document = "statement" in names or (bool(names) and names <= _OF_A_DOCUMENT)
    is_unknown = is_certain and all(isinstance(each, Rejection) for each in items)
    if is_document or (is_unknown and not _is_known(value)):
        return text, Surroundings(text)
    return None


def _looks_like_json(text: str) -> bool:
    """Whether a text that is not JSON was meant to be a document."""
    if items_of_another_tool(text, Origin("", "")):
        return False
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"', "") or "Statement" in text


def _is_known(value: Json) -> bool:
    """Whether it is of a shape of which something better can be said than that it is no policy."""
    known = {"Policies", "PolicyVersionList", "Policy", "terraform_version", "Resources"}
    return isinstance(value, dict) and not known.isdisjoint(value)


def _of_items(items: list[Item], place: str) -> Iterator[SourceDocument]:
    for each in items:
        if isinstance(each, SourcePolicy):
            for version in each.versions:
                if version.is_default or len(each.versions) == 1:
                    yield SourceDocument(
                        _name_in_reports(each, version.version_id, place),
                        place,
                        version.document,
                        version.surroundings,
                        is_aws_managed=is_of_aws(each.arn),
                    )


def _name_in_reports(policy: SourcePolicy, version_id: str, place: str) -> str:
    """What reports call a policy out of a file."""
    if is_of_aws(policy.arn):
        return f"{policy.name}@{version_id}" if version_id else policy.name
    return policy.arn or (policy.place if policy.name == _ANY_NAME else f"{place} {policy.name}")


def is_of_aws(arn: str | None) -> bool:
    """Whether an ARN is that of a policy that AWS publishes."""
    return bool(arn) and str(arn).split(":")[4:5] == ["aws"]


def _inline_documents(text: str, place: str) -> Iterator[SourceDocument]:
    """The inline policies and trust policies of an export, which an import leaves out."""
    try:
        export = load_json(text).value
    except ValueError:
        return
    if not isinstance(export, dict):
        return
    whole = Surroundings(text) if len(text) <= LONGEST_SURROUNDINGS else None
    if isinstance(export.get("PolicyDocument"), dict | str):
        yield from _embedded(export, "PolicyDocument", whole, place, place, None)
    for section, (name, policies) in _INLINE_LISTS.items():
        for index, owner in _objects(export.get(section)):
            around = whole and whole.inside(f"{section}[{index}]")
            label = str(owner.get("Arn") or f"{place} {section} {owner.get(name)}")
            for at, inline in _objects(owner.get(policies)):
                inside = around and around.inside(f"{policies}[{at}]")
                named = f"{label} {inline.get('PolicyName')}"
                yield from _embedded(inline, "PolicyDocument", inside, named, place, None)
            trust = "AssumeRolePolicyDocument"
            yield from _embedded(owner, trust, around, label, place, Usage.TRUST)


def _embedded(
    owner: dict[str, Json],
    member: str,
    around: Surroundings | None,
    source: str,
    place: str,
    usage: Usage | None,
) -> Iterator[SourceDocument]:
    """The document that an object has as a member, if it has."""
    if isinstance(owner.get(member), dict | str):
        try:
            text = document_text(owner[member])
        except UnusableSourceError:
            return
        yield SourceDocument(source, place, text, around and around.inside(member), usage)


def _objects(value: Json) -> Iterator[tuple[int, dict[str, Json]]]:
    for index, each in enumerate(value if isinstance(value, list) else ()):
        if isinstance(each, dict):
            yield index, each
