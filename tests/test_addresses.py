"""The address of a form: without empty parameters, by POST led on to where it is short enough."""

from __future__ import annotations

import pytest
from django.test import Client

from policyhub.http import LONGEST_ADDRESS

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
SIDES = {"policy": ["AmazonECS_FullAccess@v20", "", "AmazonECS_FullAccess"]}
SHORT = "/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess"


@pytest.mark.parametrize(
    ("address", "tidy"),
    [
        ("/policies/?q=&service=ecs&sort=", "/policies/?service=ecs"),
        ("/policies/?q=", "/policies/"),
        ("/who-can/?action=iam%3APassRole&resource=+&context=", "/who-can/?action=iam%3APassRole"),
        ("/search/?q=", "/search/"),
    ],
)
def test_empty_parameters_leave_the_address(client: Client, address: str, tidy: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, tidy)


@pytest.mark.parametrize("address", ["/policies.json?q=", "/admin/login/?next=", "/aws/?Action="])
def test_other_addresses_stay_as_they_are(client: Client, address: str) -> None:
    assert client.get(address).status_code != 302


def test_htmx_is_given_the_address_without_them(client: Client) -> None:
    answer = client.get("/who-can/?action=iam%3APassRole&resource=", headers=HTMX)
    assert answer["HX-Push-Url"] == "/who-can/?action=iam%3APassRole"


def test_a_short_question_sent_by_post_is_led_on_to_its_address(client: Client) -> None:
    answer = client.post("/compare/", SIDES)
    assert (answer.status_code, answer["Location"]) == (303, f"{SHORT}#answer")
    assert client.post("/compare/", SIDES, headers=HTMX)["HX-Push-Url"] == SHORT


@pytest.mark.parametrize("path", ["/compare/", "/simulate/", "/best-fit/"])
def test_a_long_one_is_answered_at_once(client: Client, path: str) -> None:
    long = {"policy" if path != "/best-fit/" else "actions": "{" + " " * LONGEST_ADDRESS + "}"}
    inside = {name: text.replace("  ", " x") for name, text in long.items()}
    answer = client.post(path, inside)
    assert answer.status_code == 200
    assert "data-long" in answer.content.decode()
    assert client.post(path, inside, headers=HTMX)["HX-Push-Url"] == "false"


def test_what_the_address_asks_takes_the_place_of_the_form(client: Client) -> None:
    form = {"policy": "AmazonECS_FullAccess", "action": "s3:GetObject", "resource": "*"}
    answer = client.post("/simulate/?action=ecs%3ARunTask", form)
    leads_to = "/simulate/?policy=AmazonECS_FullAccess&action=ecs%3ARunTask#answer"
    assert answer["Location"] == leads_to
