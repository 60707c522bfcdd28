"""The form of the one row that a finding is about, saved only over the state that it showed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.db.models import Max, Model
from django.http import QueryDict

from policyhub.catalog.admin import form_state
from policyhub.catalog.admin.refusing import Meeting, Refusal
from policyhub.catalog.admin.saving import saved_since
from policyhub.catalog.admin.text_forms import DescriptionTextForm, EntryTextForm, PolicyTextsForm
from policyhub.catalog.editing.edits import edit_called
from policyhub.catalog.editing.kinds import kind_called
from policyhub.catalog.editing.putting_back import rows_as_seen
from policyhub.catalog.editing.saving import save_row
from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy
from policyhub.catalog.one_writer import writing
from policyhub.desk.deeds import record_edit
from policyhub.desk.queue import QueuedFinding


class EntrySentenceForm(EntryTextForm):
    """An entry's texts, and the version that it describes."""

    class Meta(EntryTextForm.Meta):
        fields = (*EntryTextForm.Meta.fields, "version_id")  # type: ignore[assignment]


class PolicySentenceForm(PolicyTextsForm):
    """A policy's own texts, and what else they claim."""

    class Meta(PolicyTextsForm.Meta):
        fields = (  # type: ignore[assignment]
            *PolicyTextsForm.Meta.fields,
            "documented_attachable",
            "described_version",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        described = self.fields["described_version"]
        if isinstance(described, forms.ModelChoiceField):
            described.queryset = self.instance.versions.select_related("policy")


_FORMS: dict[type[Model], type[forms.ModelForm[Any]]] = {
    PermissionDescription: DescriptionTextForm,
    ChangelogEntry: EntrySentenceForm,
    Policy: PolicySentenceForm,
}


# How high texts are: other findings stay in sight.
_LINES = 4
_NOT_DESCRIBED = frozenset({"granted-service-not-described", "granted-action-not-described"})


def row_of(finding: QueuedFinding) -> Any:
    """The row with the sentence concerned, as it is stored now; None if it was deleted.

    What is granted and not described has none yet: it is a description to be added. An observed
    entry is nobody's to edit: then it is the policy's own texts.
    """
    if finding.code in _NOT_DESCRIBED:
        return _to_be_added(finding)
    row: Any = finding.description or finding.entry or finding.policy
    if isinstance(row, ChangelogEntry) and row.source == ChangelogEntry.Source.OBSERVED:
        row = finding.policy
    return type(row)._default_manager.filter(pk=row.pk).first()


def _to_be_added(finding: QueuedFinding) -> PermissionDescription:
    evidence, policy = finding.evidence, finding.policy
    is_service = finding.code == "granted-service-not-described"
    pattern = evidence["service"] if is_service else evidence["actions"][0]
    last = policy.descriptions.aggregate(last=Max("order"))["last"] or 0
    return PermissionDescription(
        policy=policy, version=finding.version, pattern=pattern, order=last + 1
    )


class SentenceForm:
    """A row's form with the state that it shows; `sentence` says why it was not saved."""

    def __init__(self, row: Any) -> None:
        self.row = row
        self.form = self._form()
        self.status = 200
        self.sentence = ""
        shown = form_state.digests(form_state.stored_fields(self.form, []))
        self.state = form_state.written(shown, _last_entry())

    def _form(self, sent: QueryDict | None = None) -> forms.ModelForm[Any]:
        form = _FORMS[type(self.row)](sent, instance=self.row, auto_id="sentence-%s")
        for field in form.fields.values():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = _LINES
        return form

    def refused(self, refusal: Refusal) -> SentenceForm:
        """The form with what was sent in its fields, and what is stored at each that differs."""
        self.form = self._form(refusal.data)
        refusal.mark(self.form, [])
        self.status, self.sentence = refusal.status, refusal.sentence
        if refusal.state is not None:
            self.state = refusal.state
        return self

    def invalid(self, form: forms.ModelForm[Any]) -> SentenceForm:
        """The form with what can't be saved."""
        self.form, self.status = form, 422
        self.sentence = "Not saved: fix the fields marked below. Your text is kept."
        return self

    def checked(self, sent: QueryDict) -> forms.ModelForm[Any]:
        """A form of what was sent."""
        return self._form(sent)


def unsaved(finding: QueuedFinding, sent: QueryDict, sentence: str) -> SentenceForm:
    """The form as it was sent, where the database can't be written."""
    state = sent.get(form_state.NAME, "")
    return SentenceForm(row_of(finding)).refused(Refusal(503, sentence, sent, state=state))


def save(finding: QueuedFinding, user: Any, sent: QueryDict) -> SentenceForm | None:
    """Save what was sent for a finding's row; the form to show where that can't be done.

    Raises `OperationalError` where others keep the database.
    """
    with writing():
        row = row_of(finding)
        if row is None:
            return None
        shown = SentenceForm(row)
        refusal = _refusal(shown, sent)
        if refusal is not None:
            return shown.refused(refusal)
        form = shown.checked(sent)
        if not form.is_valid():
            return shown.invalid(form)
        if form.has_changed():
            _saved(form, finding, user)
        return None


def _refusal(shown: SentenceForm, sent: QueryDict) -> Refusal | None:
    seen, last_entry = form_state.read(sent.get(form_state.NAME, ""))
    meeting = Meeting(sent, seen, shown.form, [])
    if meeting.is_harmless:
        return None
    meeting.merge()
    sentence = (
        f"Not saved: {saved_since([shown.row], last_entry)} Your text is kept in the fields, and "
        "what is stored now is shown at each field that differs. Save again to replace it."
    )
    return Refusal(409, sentence, meeting.data, meeting.messages, meeting.notes)


def _saved(form: forms.ModelForm[Any], finding: QueuedFinding, user: Any) -> None:
    """Save the row, derive what follows, and record it so that it can be undone."""
    row = form.save(commit=False)
    kind = kind_called(row._meta.model_name)
    assert kind is not None  # noqa: S101 (rows of all these forms have a history)
    save_row(kind, row, user, f"At the desk: {finding.title}")
    newest = row.history.order_by("-history_id").first()
    edit = edit_called(f"{kind.slug}-{newest.history_id}") if newest else None
    if edit is not None:
        record_edit(finding, user, edit.key, rows_as_seen(edit))


def _last_entry() -> int:
    newest: int | None = LogEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0
