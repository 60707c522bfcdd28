"""What the first judgements of a process build, built before the server forks its workers."""

from __future__ import annotations

import json

from policyhub.iam.reading.document import read_alone
from policyhub.judge.lint.linting import findings_of
from policyhub.judge.risks.attached import JudgedDocument
from policyhub.judge.risks.judging import risks_of

# One that opens every path, and one that bounds what most of AWS's own policies bound.
_STATEMENTS = (
    {"Effect": "Allow", "Action": "*", "Resource": "*"},
    {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "arn:aws:*:*:*:*",
        "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    },
)


def judge_once() -> None:
    """Judge a document of each kind of bounds: workers then share the paths and what they ask for.

    Else each process builds these for itself, in somebody's first page.
    """
    for statement in _STATEMENTS:
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        policy = read_alone(text)
        if policy is not None:
            risks_of(JudgedDocument("", text, policy))
            findings_of(text)
