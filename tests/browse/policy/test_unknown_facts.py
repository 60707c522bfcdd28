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

pytestmark = pytest.mark.django_db

NAME = "OutOfAFile"
DOCUMENTS: dict[str, Any] = {
    "one action": {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"},
    "nothing known": {"Effect": "Allow", "Action": "nosuchservice:Do", "Resource": "*"},
    "only a deny": {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"},
}
PAGES = [
    f"/policies/{NAME}/",
    f"/policies/{NAME}/permissions/",
    f"/policies/{NAME}/document/",
    f"/policies/{NAME}/changes/",
    f"/policies/{NAME}/checks/",
    f"/policies/?q={NAME}",
    f"/search/?q={NAME}",
    f"/changes/?policy={NAME}",
    f"/policies/{NAME}/feed.atom",
    f"/compare/?policy={NAME}&policy=AmazonECS_FullAccess",
    f"/simulate/?policy={NAME}&action=ecs:RunTask&resource=*",
    f"/policies.csv?q={NAME}",
    "/actions/ecs:RunTask/",
    "/services/ecs/",
    "/who-can/?action=ecs:RunTask",
    "/",
]


@pytest.mark.parametrize("document", sorted(DOCUMENTS))
@pytest.mark.one_database
def test_no_page_says_none_or_leaves_a_fact_blank(
    client: Client, tmp_path: Path, document: str
) -> None:
    path = tmp_path / f"{NAME}.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [DOCUMENTS[document]]}))
    call_command("import_policies", str(path), verbosity=0)
    policy = Policy.objects.get(name=NAME)
    assert policy.arn is None
    assert policy.created_at is None
    for url in PAGES:
        answer = client.get(url, follow=True)
        assert answer.status_code == 200, url
        text = answer.content.decode()
        words = re.sub(r"<[^>]+>", " ", text)
        for line in words.splitlines():
            if NAME in line or "ARN" in line or "ersion" in line:
                assert not re.search(r"\bNone\b", line), (url, line)
        assert not re.search(r'="[^"]*\bNone\b[^"]*"', text), url
        assert not re.search(r"<d[dt]>\s*</d[dt]>|[Vv]ersion unnumbered|@[\s&\"<]", text), url
    summary = client.get(f"/policies/{NAME}/").content.decode()
    assert "not known: the source of this policy does not include it" in summary
    assert "Unnumbered version" in summary
