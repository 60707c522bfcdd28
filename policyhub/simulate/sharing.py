"""A question handed on: by its address, as a command of the AWS CLI, as a line of a test."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from policyhub.http import short_address
from policyhub.simulate.question import Question, text_of_document
from policyhub.simulate.scenario import as_objects


def ways_to_share(request: HttpRequest, question: Question) -> dict[str, str]:
    """Each way to share the question; an address that would be too long is empty."""
    link = short_address(reverse("simulate:simulate"), question.query)
    return {
        "permalink": request.build_absolute_uri(link) if link else "",
        "json_url": short_address(reverse("simulate:simulate_json"), question.query),
        "cli": _as_cli(question, request.build_absolute_uri("/aws/")),
        "test_line": _as_test_line(question),
    }


def _as_test_line(question: Question) -> str:
    """A line for `manage.py simulate --jsonl` that expects this decision."""
    asked = {"id": question.action, **as_objects(question.json), "expect": question.decision.name}
    return json.dumps(asked)


def _as_cli(question: Question, endpoint: str) -> str:
    """The question for the AWS CLI, quoted for a shell."""
    words = ["aws", "iam", "simulate-custom-policy", "--endpoint-url", endpoint]
    for option, key in (
        ("--policy-input-list", "identityPolicies"),
        ("--permissions-boundary-policy-input-list", "permissionBoundaries"),
    ):
        documents = question.json.get(key, [])
        texts = [text_of_document(each, question.json, key) for each in documents]
        words += [option, *texts] if texts else []
    words += ["--action-names", question.action, "--resource-arns", question.resource]
    principal = question.json.get("principal")
    if isinstance(principal, str) and principal.startswith("arn:"):
        words += ["--caller-arn", principal]
    entries = [_context_entry(*each) for each in question.json.get("context", {}).items()]
    words += ["--context-entries", *entries] if entries else []
    return shlex.join(words)


def _context_entry(key: str, value: Any) -> str:
    return json.dumps(
        {
            "ContextKeyName": key,
            "ContextKeyValues": value if isinstance(value, list) else [value],
            "ContextKeyType": "stringList" if isinstance(value, list) else "string",
        }
    )
