"""What linting finds, on a policy's Checks tab and in its JSON twin."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.html import strip_tags

from policyhub.catalog.models import PolicyVersion
from policyhub.judge.lint.linting import findings_of
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ADMINISTRATOR = "/policies/AdministratorAccess"


def test_the_checks_tab_lists_findings_with_their_rule_and_statement(client: Client) -> None:
    answer = markup_of(client.get(f"{ADMINISTRATOR}/checks/"))
    text = " ".join(strip_tags(answer).split())
    assert "1 finding in the document of v1" in text
    assert "Every action on every resource security warning" in text
    assert "/policies/AdministratorAccess/document/?statement=1#statement-1" in answer
    assert "FULL_<wbr>ADMINISTRATIVE_<wbr>ACCESS" in answer


def test_a_document_without_findings_says_so(client: Client) -> None:
    text = strip_tags(markup_of(client.get("/policies/AmazonS3ReadOnlyAccess/checks/")))
    assert "Linting found nothing in the document of" in text


def test_the_json_twin_has_the_findings_as_the_command_gives_them(client: Client) -> None:
    version = PolicyVersion.objects.get(policy__name="AdministratorAccess", is_default=True)
    told = [each.to_dict() for each in findings_of(version.document, is_aws_managed=True)]
    assert client.get(f"{ADMINISTRATOR}.json").json()["lint"] == told
    assert [each["code"] for each in told] == ["FULL_ADMINISTRATIVE_ACCESS"]


def test_a_version_has_the_findings_of_its_own_document(client: Client) -> None:
    version = PolicyVersion.objects.get(policy__name="AmazonECS_FullAccess", version_id="v20")
    answer = client.get("/policies/AmazonECS_FullAccess.json", {"version": "v20"})
    told = [each.to_dict() for each in findings_of(version.document, is_aws_managed=True)]
    assert answer.json()["lint"] == told
