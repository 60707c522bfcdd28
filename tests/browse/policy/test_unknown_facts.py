"""A policy of which a source gives no more than its document: nothing is rendered as "None"."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from policyhub.catalog.models import Policy

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

DOCUMENTS: dict[str, Any] = {
    "OneActionOutOfAFile": {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"},
    "NothingKnownOutOfAFile": {"Effect": "Allow", "Action": "nosuchservice:Do", "Resource": "*"},
    "OnlyADenyOutOfAFile": {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"},
}
PAGES = [
    "/policies/{name}/",
    "/policies/{name}/permissions/",
    "/policies/{name}/document/",
    "/policies/{name}/changes/",
    "/policies/{name}/checks/",
    "/policies/?q={name}",
    "/search/?q={name}",
    "/changes/?policy={name}",
    "/policies/{name}/feed.atom",
    "/compare/?policy={name}&policy=AmazonECS_FullAccess",
    "/simulate/?policy={name}&action=ecs:RunTask&resource=*",
    "/policies.csv?q={name}",
]
OF_ALL = ["/actions/ecs:RunTask/", "/services/ecs/", "/who-can/?action=ecs:RunTask", "/"]


def test_no_page_says_none_or_leaves_a_fact_blank(client: Client, tmp_path: Path) -> None:
    for name, statement in DOCUMENTS.items():
        document = {"Version": "2012-10-17", "Statement": [statement]}
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    call_command("import_policies", *map(str, tmp_path.glob("*.json")), verbosity=0)
    for name in DOCUMENTS:
        policy = Policy.objects.get(name=name)
        assert policy.arn is None
        assert policy.created_at is None
        for url in PAGES:
            says_what_is_not_known(client, url.format(name=name))
        summary = client.get(f"/policies/{name}/").content.decode()
        assert "not known: the source of this policy does not include it" in summary
        assert "Unnumbered version" in summary
    for url in OF_ALL:
        says_what_is_not_known(client, url)


def says_what_is_not_known(client: Client, url: str) -> None:
    answer = client.get(url, follow=True)
    assert answer.status_code == 200, url
    text = answer.content.decode()
    words = re.sub(r"<[^>]+>", " ", text)
    for line in words.splitlines():
        if "OutOfAFile" in line or "ARN" in line or "ersion" in line:
            assert not re.search(r"\bNone\b", line), (url, line)
    assert not re.search(r'="[^"]*\bNone\b[^"]*"', text), url
    assert not re.search(r"<d[dt]>\s*</d[dt]>|[Vv]ersion unnumbered|@[\s&\"<]", text), url
