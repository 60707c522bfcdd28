"""Risks and verdicts of versions in the catalogue and of pasted texts, kept by document."""

from __future__ import annotations

from functools import lru_cache

from policyhub.catalog.access.kept_documents import kept_policy
from policyhub.catalog.models import PolicyVersion
from policyhub.judge.risks.attached import JudgedDocument, Vocabulary
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.rules_of_today import rules_of_today
from policyhub.judge.risks.verdict import RiskVerdict, verdict

_CACHED_DOCUMENTS = 128


def risks_of_version(version: PolicyVersion) -> tuple[Risk, ...]:
    """The risks of a version, the most serious first; its policy is to be at hand.

    Raises as `kept_policy`.
    """
    key, name = version.policy.key, version_name(version)
    vocabulary = rules_of_today().vocabulary
    return _risks(name, version.document, version.digest, key, version.version_id, vocabulary)


def verdict_of_version(version: PolicyVersion) -> RiskVerdict:
    """What a version amounts to. Raises as `kept_policy`."""
    return verdict(risks_of_version(version), version)


def version_name(version: PolicyVersion) -> str:
    """A version as statements and results name it: `NAME@v20`, for a customer's the ARN."""
    key = version.policy.key
    return f"{key}@{version.version_id}" if version.version_id else key


@lru_cache(maxsize=_CACHED_DOCUMENTS)
def _risks(
    name: str, text: str, _digest: str, key: str, version_id: str, vocabulary: Vocabulary
) -> tuple[Risk, ...]:
    """The risks of a document of the catalogue, kept for the next call."""
    reference = {"managed": key, "version": version_id} if version_id else None
    judged = JudgedDocument(name, text, kept_policy(text), reference)
    return risks_of(judged, vocabulary=vocabulary)
