"""Curators with browsers, and what they do to a policy of the fixtures."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from policyhub.catalog.models import Policy
from tests.html_forms import form_of

NAME = "AmazonECSInfrastructureRolePolicyForVolumes"


def logged_in(name: str) -> Client:
    """The browser of a curator."""
    user, _ = User.objects.get_or_create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def policy() -> Policy:
    return Policy.objects.get(name=NAME)


@pytest.fixture
def curator() -> Client:
    return logged_in("ines")


def edit(client: Client, policy: Policy, **values: str) -> None:
    """Save the admin's form of a policy with these values changed."""
    url = reverse("admin:catalog_policy_change", args=[policy.pk])
    form: dict[str, Any] = dict(form_of(client.get(url).content.decode(), "policy_form"))
    answer = client.post(url, form | values)
    assert answer.status_code == 302, answer.context["errors"]
