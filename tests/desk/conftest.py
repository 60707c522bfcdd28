"""Curators with browsers, and what they find on the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from policyhub.desk import new_versions

VOLUMES = "AmazonECSInfrastructureRolePolicyForVolumes"


def logged_in(name: str, *, is_curator: bool = True) -> Client:
    """The browser of a curator, or of a reviewer."""
    user, _ = User.objects.get_or_create(username=name, is_staff=is_curator)
    if is_curator:
        user.groups.add(Group.objects.get(name="Curators"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def new_versions_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many are judged within a second shows the machine's load: here none is."""
    monkeypatch.setattr(new_versions, "SECONDS", 0.0)


@pytest.fixture
def new_versions_judged(monkeypatch: pytest.MonkeyPatch, new_versions_wait: None) -> None:
    """All of the few that are new are judged at once."""
    monkeypatch.setattr(new_versions, "SECONDS", 600.0)


@pytest.fixture
def curator() -> Client:
    return logged_in("ines")


Rows = list[dict[str, Any]]


def queue(client: Client, **filters: str) -> Rows:
    """The findings of the queue."""
    rows: Rows = client.get("/desk.json", filters).json()["results"]
    return rows


def only(rows: Rows, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The one row that fits."""
    [row] = [each for each in rows if fits(each)]
    return row


def misspelt(client: Client, **filters: str) -> dict[str, Any]:
    """The finding about `ec2:DescribeVolume`."""
    rows = queue(client, policy=VOLUMES, **filters)
    return only(rows, lambda each: each["evidence"].get("pattern") == "ec2:DescribeVolume")


def accept(client: Client, row: dict[str, Any], **changed: str) -> Any:
    """Accept a finding as the page's form does."""
    form = {"finding": row["key"], "digest": row["digest"], "reason": "AWS is informed"}
    return client.post(reverse("desk:accept"), form | changed)
