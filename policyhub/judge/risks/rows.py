"""The rows of risks and verdicts: written with the document that they are derived from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policyhub.catalog.deriving.documents import has_rows
from policyhub.catalog.models import PolicyVersion
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.reading.document import read_alone
from policyhub.judge.models import PolicyRisk, PolicyVerdict
from policyhub.judge.risks.attached import JudgedDocument, Vocabulary
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.rules_of_today import rules_of_today
from policyhub.judge.risks.verdict import verdict

_ROWS_AT_ONCE = 2_000
_OF_A_RISK = ("path", "kind", "family", "gravity", "answer", "is_whole")
_OF_A_VERDICT = ("rank", "group", "sentence", "free_count", "bounded_count")

RowValues = dict[str, Any]
# Those of a version that has no rows.
_NO_ROWS: dict[str, list[RowValues]] = {"risks": [], "verdict": []}


class RiskDeriver:
    """Derives the rows of risks and the verdict of default versions."""

    what = "risks"

    def __init__(self) -> None:
        # By the document, with the rules: what the next transaction will write of it.
        self._ready: dict[str, tuple[Vocabulary, Sequence[Risk]]] = {}

    def prepare(self, versions: Sequence[tuple[PolicyVersion, PolicyDocument]]) -> None:
        """Judge documents."""
        vocabulary = rules_of_today().vocabulary
        self._ready = {
            version.document: (vocabulary, _judged(version, policy, vocabulary))
            for version, policy in versions
        }

    def write(
        self, versions: Sequence[PolicyVersion], documents: Mapping[int, PolicyDocument]
    ) -> None:
        """Replace the rows of versions."""
        PolicyRisk.objects.filter(version__in=versions).delete()
        PolicyVerdict.objects.filter(version__in=versions).delete()
        risks: list[PolicyRisk] = []
        verdicts: list[PolicyVerdict] = []
        vocabulary = rules_of_today().vocabulary
        for version in versions:
            values = _NO_ROWS
            if policy := documents.get(version.pk):
                known, found = self._ready.get(version.document, (None, ()))
                if known is not vocabulary:
                    found = _judged(version, policy, vocabulary)
                values = _values(found, version)
            risks += [PolicyRisk(version_id=version.pk, **each) for each in values["risks"]]
            verdicts += [PolicyVerdict(version_id=version.pk, **each) for each in values["verdict"]]
        PolicyRisk.objects.bulk_create(risks, batch_size=_ROWS_AT_ONCE)
        PolicyVerdict.objects.bulk_create(verdicts, batch_size=_ROWS_AT_ONCE)

    def derived(self, version: PolicyVersion) -> dict[str, list[RowValues]]:
        """The values of a version's rows."""
        if not has_rows(version):
            return _NO_ROWS
        vocabulary = rules_of_today().vocabulary
        return _values(_judged(version, _document(version), vocabulary), version)

    def stored(self, versions: Sequence[PolicyVersion]) -> Mapping[int, Any]:
        """The values of the rows there are."""
        found: dict[int, dict[str, list[RowValues]]] = {
            version.pk: {"risks": [], "verdict": []} for version in versions
        }
        for key, row in _rows(PolicyRisk, versions, _OF_A_RISK):
            found[key]["risks"].append(row)
        for key, row in _rows(PolicyVerdict, versions, _OF_A_VERDICT):
            found[key]["verdict"].append(row)
        for each in found.values():
            each["risks"].sort(key=_path)
        return found


def _document(version: PolicyVersion) -> PolicyDocument:
    """A version's document; without statements where it breaks the grammar."""
    policy = read_alone(version.document)
    return policy or PolicyDocument(version="", id="", statements=())


def _judged(
    version: PolicyVersion, policy: PolicyDocument, vocabulary: Vocabulary | None
) -> Sequence[Risk]:
    return risks_of(JudgedDocument("", version.document, policy), vocabulary=vocabulary)


def _values(risks: Sequence[Risk], version: PolicyVersion) -> dict[str, list[RowValues]]:
    """The values of the rows of a version in force, whose columns are set."""
    return {"risks": sorted(map(_risk, risks), key=_path), "verdict": [_verdict(risks, version)]}


def _risk(risk: Risk) -> RowValues:
    values = (risk.id, risk.kind, risk.family, risk.gravity, risk.answer, risk.is_whole)
    return dict(zip(_OF_A_RISK, values, strict=True))


def _path(row: RowValues) -> str:
    return str(row["path"])


def _verdict(risks: Sequence[Risk], version: PolicyVersion) -> RowValues:
    found = verdict(risks, version)
    values = (found.group.rank, found.group.slug, found.sentence, found.free, found.bounded)
    return dict(zip(_OF_A_VERDICT, values, strict=True))


def _rows(
    model: type[PolicyRisk | PolicyVerdict],
    versions: Sequence[PolicyVersion],
    columns: Sequence[str],
) -> Iterator[tuple[int, RowValues]]:
    rows = model._default_manager.filter(version__in=versions).order_by()
    for key, *values in rows.values_list("version", *columns):
        yield key, dict(zip(columns, values, strict=True))
