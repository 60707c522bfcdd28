"""Each page describes itself in one line, for search engines and for links in chats."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from tests.html_text import markup_of

pytestmark = pytest.mark.django_db

PAGES = {
    "/": "What AWS managed policies really grant: ",
    "/policies/": "AWS managed policies, to filter ",
    "/policies/AmazonECS_FullAccess/permissions/": "Every action that AmazonECS_FullAccess grants",
    "/policies/AmazonECS_FullAccess/document/": "The JSON document of AmazonECS_FullAccess",
    "/policies/AmazonECS_FullAccess/changes/": "The versions of AmazonECS_FullAccess",
    "/policies/AmazonECS_FullAccess/checks/": "Where the documentation of AmazonECS_FullAccess",
    "/policies/AdministratorAccess/": "AdministratorAccess: Grants ",
    "/services/ecs/": "Amazon Elastic Container Service: ",
    "/services/": "Every service of ",
    "/actions/iam:PassRole/": "iam:PassRole: Grants permission to pass a role",
    "/condition-keys/": "Every condition key ",
    "/condition-keys/iam:PassedToService/": "iam:PassedToService in AWS managed policies",
    "/changes/": "What was changed in AWS managed policies",
    "/changes/removals/": "Whether updates of AWS managed policies remove",
    "/compare/": "What one AWS policy allows that another",
    "/simulate/": "Whether AWS policies would allow",
    "/who-can/": "Which AWS managed policies allow an action",
    "/who-can/?action=s3:GetObject": "Which AWS managed policies allow s3:GetObject,",
    "/best-fit/": "Which AWS managed policies grant a set",
    "/search/": "Search AWS managed policies",
    "/search/?q=%22%3E%3Cb%3E": 'Policies, statements and changes that match “"><b>”',
    "/login/": "Log in ",
    "/nothing": "Policyhub shows ",
}


@pytest.mark.parametrize(("path", "begin"), PAGES.items())
def test_a_page_describes_itself_once(client: Client, path: str, begin: str) -> None:
    found = re.findall(
        r'<meta name="description" content="([^"<>]*)">', markup_of(client.get(path))
    )
    assert len(found) == 1
    said = re.sub(r"\s", " ", html.unescape(found[0]))
    assert said.startswith(begin)
    assert "  " not in said
    assert said.endswith(".")


def test_a_summary_is_described_by_what_the_version_shown_grants(client: Client) -> None:
    for address in ("/policies/AmazonECS_FullAccess", "/policies/AmazonECS_FullAccess@v20"):
        name, _, version = address.rpartition("/")[2].partition("@")
        query = f"?version={version}" if version else ""
        text = markup_of(client.get(f"/policies/{name}/{query}"))
        said = client.get(f"/policies/{name}.json{query}").json()["generatedSummary"]
        assert f'<meta name="description" content="{name}: {html.escape(said)}">' in text
