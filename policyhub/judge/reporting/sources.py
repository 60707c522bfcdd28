"""What a command is given to judge: files, folders, standard input, names and ARNs of policies."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import DatabaseError

from policyhub.catalog.facts.organization_policies import organization_policy
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.naming import (
    SeveralPoliciesError,
    find_policy,
    split_version,
    why_unknown,
)
from policyhub.catalog.sources.files import MAX_FILE_BYTES, STANDARD_INPUT, files_in
from policyhub.catalog.sources.items import Rejection, Surroundings
from policyhub.iam.language.elements import Usage
from policyhub.judge.reporting.documents import Found, SourceDocument, documents_in, is_of_aws

_NO_CATALOGUE = (
    "there is no catalogue in which a policy of this name could be: run `uv run manage.py start` "
    "once, which creates it"
)


def gather_documents(sources: Iterable[str], asked: Usage | None = None) -> Iterator[Found]:
    """Yield the documents of every source, in the order given; what has none is a `Rejection`.

    `asked` is the kind of policy that is asked for, if it is: by name and ARN AWS's own SCP and
    RCP are known where such a policy is.
    """
    for source in sources:
        path = Path(source)
        if source == STANDARD_INPUT:
            yield from documents_in(sys.stdin.buffer.read(MAX_FILE_BYTES), STANDARD_INPUT)
        elif path.is_dir():
            yield from _in_folder(path)
        elif path.is_file() or _looks_like_a_path(source):
            yield from _in_file(path)
        else:
            yield _of_organizations(source, asked) or _catalogue_policy(source)


def _looks_like_a_path(source: str) -> bool:
    """Whether no policy can be meant: a name has no slash but in an ARN, and no ending."""
    if source.startswith("arn:"):
        return False
    return "/" in source or "\\" in source or source.lower().endswith((".json", ".yaml", ".yml"))


def _in_folder(folder: Path) -> Iterator[Found]:
    found = files_in(folder)
    for error in found.unreadable:
        yield Rejection(str(error.filename), f"can't be read ({error.strerror})")
    if not found.kept and not found.unreadable:
        yield Rejection(str(folder), "a folder without JSON files or templates: choose another one")
    for file in found.kept:
        yield from _in_file(file, is_certain=False)


def _in_file(path: Path, *, is_certain: bool = True) -> Iterator[Found]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        yield Rejection(str(path), f"can't be read ({reason}): check the path and its permissions")
        return
    if len(data) > MAX_FILE_BYTES:
        yield Rejection(str(path), "too large: split it into smaller files")
        return
    yield from documents_in(data, str(path), is_certain=is_certain)


def _catalogue_policy(given: str) -> Found:
    """A policy of the catalogue at the version asked for, the default one without."""
    try:
        return _in_catalogue(given)
    except SeveralPoliciesError as error:
        return Rejection(given, str(error))
    except DatabaseError:
        return Rejection(given, f"no such file, and {_NO_CATALOGUE}")


def _in_catalogue(given: str) -> Found:
    name, version = split_version(given)
    named = find_policy(name)
    if named is None:
        return Rejection(given, why_unknown(name))
    versions = PolicyVersion.objects.filter(policy__key=named.key).select_related("policy")
    wanted = versions.filter(is_default=True) if version is None else versions
    found = (wanted if version is None else wanted.filter(version_id=version)).first()
    if found is None:
        known = ", ".join(each.version_id or "unnumbered" for each in versions.newest_first())
        return Rejection(given, f"has no version `{version or ''}` here; known: {known}")
    return stored_document(found)


def _of_organizations(given: str, asked: Usage | None) -> SourceDocument | None:
    """AWS's own policy of AWS Organizations, None where another one is meant."""
    policy = organization_policy(given)
    if policy is None or policy.usage is not asked:
        return None
    around = Surroundings(policy.text)
    return SourceDocument(policy.name, "", policy.text, around, policy.usage, is_aws_managed=True)


def stored_document(version: PolicyVersion) -> SourceDocument:
    """The document of a version of the catalogue, as reports name it."""
    policy = version.policy
    of_aws = is_of_aws(policy.arn)
    numbered = f"{policy.name}@{version.version_id}" if version.version_id else policy.name
    return SourceDocument(
        source=numbered if of_aws else (policy.arn or policy.key),
        file="",
        text=version.document,
        around=Surroundings(version.document),
        is_aws_managed=of_aws,
    )
