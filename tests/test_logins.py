"""Wrong passwords: who waits, how long, and who doesn't."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from ipaddress import ip_network
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from policyhub.logins.addresses import client_address
from policyhub.logins.delays import ADDRESS, NAME, PAIR

pytestmark = pytest.mark.django_db
each_door = pytest.mark.parametrize("door", ["/login/", "/admin/login/"])
RIGHT = "a right and long one"


@pytest.fixture
def curator() -> User:
    return User.objects.create_user("curator", password=RIGHT, is_staff=True)


def attempt(door: str, name: str, password: str, address: str = "192.0.2.1", **headers: str) -> Any:
    return Client(REMOTE_ADDR=address, headers=headers).post(
        door, {"username": name, "password": password}
    )


@each_door
def test_the_sixth_wrong_password_in_five_minutes_is_refused_by_a_page_of_ours(
    curator: User, door: str
) -> None:
    for number in range(5):
        assert attempt(door, "curator", f"wrong {number}").status_code == 200
    refused = attempt(door, "curator", "wrong 6")
    assert refused.status_code == 429
    assert 290 <= int(refused["Retry-After"]) <= 300
    html = refused.content.decode()
    assert "Too many wrong passwords" in html
    assert "Wait 5 minutes" in html
    assert 'class="site-header"' in html


@each_door
def test_nobody_is_locked_out_from_another_address(curator: User, door: str) -> None:
    for number in range(8):
        attempt(door, "curator", f"wrong {number}")
    assert attempt(door, "curator", RIGHT).status_code == 429
    assert attempt(door, "curator", RIGHT, "192.0.2.2").status_code == 302


def test_a_header_that_anybody_can_write_is_no_other_address(curator: User) -> None:
    answers = [
        attempt("/login/", "curator", "wrong", **{"X-Forwarded-For": f"198.51.100.{number}"})
        for number in range(6)
    ]
    assert [each.status_code for each in answers] == [200] * 5 + [429]


def test_the_delay_ends_and_doubles_with_the_next_wrong_password(curator: User) -> None:
    for _ in range(5):
        attempt("/login/", "curator", "wrong")
    _pass(timedelta(minutes=5))
    assert attempt("/login/", "curator", "wrong").status_code == 200
    _pass(timedelta(minutes=5))
    refused = attempt("/login/", "curator", RIGHT)
    assert (refused.status_code, 290 <= int(refused["Retry-After"]) <= 300) == (429, True)
    _pass(timedelta(minutes=5))
    assert attempt("/login/", "curator", RIGHT).status_code == 302
    assert not AccessAttempt.objects.exists()


def _pass(time: timedelta) -> None:
    for each in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=each.pk).update(attempt_time=each.attempt_time - time)


def test_an_address_that_tries_many_names_waits(curator: User) -> None:
    for number in range(5):
        assert attempt("/login/", f"name {number}", "wrong").status_code == 200
    assert attempt("/login/", "another name", "wrong").status_code == 429
    assert attempt("/login/", "curator", RIGHT).status_code == 429


def test_colleagues_at_one_address_do_not_lock_each_other_out(curator: User) -> None:
    assert attempt("/login/", "curator", RIGHT).status_code == 302
    for number in range(6):
        attempt("/login/", f"name {number}", "wrong")
    assert attempt("/login/", "curator", RIGHT).status_code == 302


def test_a_network_of_ipv6_is_one_client(curator: User) -> None:
    for number in range(5):
        attempt("/login/", "curator", "wrong", f"2001:db8:0:1::{number}")
    assert attempt("/login/", "curator", RIGHT, "2001:db8:0:1:ffff::9").status_code == 429
    assert attempt("/login/", "curator", RIGHT, "2001:db8:0:2::9").status_code == 302
    call_command("unlock", "2001:db8:0:1::7", stdout=StringIO())
    assert attempt("/login/", "curator", RIGHT, "2001:db8:0:1::8").status_code == 302


def test_a_trusted_proxys_header_says_who_is_counted(curator: User) -> None:
    with override_settings(TRUSTED_PROXIES=(ip_network("10.0.0.1"),)):
        for _ in range(5):
            attempt("/login/", "curator", "wrong", "10.0.0.1", **{"X-Forwarded-For": "192.0.2.7"})
        statuses = [
            attempt(
                "/login/", "curator", RIGHT, "10.0.0.1", **{"X-Forwarded-For": each}
            ).status_code
            for each in ("192.0.2.7", "198.51.100.1, 192.0.2.7", "192.0.2.8")
        ]
    assert statuses == [429, 429, 302]


def test_many_addresses_slow_a_name_down_but_not_where_it_logged_in_before(curator: User) -> None:
    assert attempt("/login/", "curator", RIGHT, "192.0.2.9").status_code == 302
    AccessAttempt.objects.bulk_create(
        AccessAttempt(
            username="curator",
            ip_address=f"198.51.100.{number}",
            failures_since_start=1,
            attempt_time=timezone.now(),
        )
        for number in range(NAME.free)
    )
    assert attempt("/login/", "curator", RIGHT, "192.0.2.10").status_code == 429
    assert attempt("/login/", "curator", RIGHT, "192.0.2.9").status_code == 302


@pytest.mark.parametrize("who", ["curator", "192.0.2.1"])
def test_a_command_lifts_it(curator: User, who: str) -> None:
    for _ in range(6):
        attempt("/login/", "curator", "wrong")
    said = StringIO()
    call_command("unlock", who, stdout=said)
    assert said.getvalue() == f"{who} can log in again.\n"
    assert attempt("/login/", "curator", RIGHT).status_code == 302
    call_command("unlock", "nobody", stdout=said)
    assert "nobody was not locked out" in said.getvalue()


def test_the_log_says_who_and_keeps_secrets_out(
    curator: User, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(6):
        attempt("/login/?token=in-the-query", "curator\n", "hunter2-secret")
    assert "log-in failed: name `curator`, address 192.0.2.1" in caplog.text
    assert "log-in refused, too many wrong passwords: name `curator`" in caplog.text
    for secret in ("hunter2-secret", "in-the-query"):
        assert secret not in caplog.text
    assert "hunter2-secret" not in "".join(
        each.post_data + each.get_data for each in AccessAttempt.objects.all()
    )


@pytest.mark.parametrize("delay", [PAIR, ADDRESS, NAME])
def test_a_delay_never_shrinks_and_has_an_end(delay: Any) -> None:
    waits = [delay.after(failures) for failures in range(2_000)]
    assert waits == sorted(waits)
    assert waits[delay.free - 1] == timedelta(0) < waits[delay.free] == delay.first
    assert waits[-1] == delay.longest


Address = Callable[[str, str], str | None]


@pytest.fixture(scope="module")
def address() -> Address:
    def asked(connection: str, forwarded: str) -> str | None:
        request = RequestFactory().get(
            "/", REMOTE_ADDR=connection, headers={"X-Forwarded-For": forwarded}
        )
        with override_settings(TRUSTED_PROXIES=(ip_network("10.0.0.0/8"), ip_network("::1"))):
            return client_address(request)

    return asked


@pytest.mark.parametrize(
    ("connection", "forwarded", "expected"),
    [
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, <script>", "10.0.0.1"),
        ("", "198.51.100.1", None),
    ],
)
def test_the_address_is_the_last_that_no_trusted_proxy_has(
    address: Address, connection: str, forwarded: str, expected: str | None
) -> None:
    assert address(connection, forwarded) == expected


@given(forwarded=st.text(st.characters(exclude_characters="\r\n", max_codepoint=255)))
def test_no_header_breaks_the_address(address: Address, forwarded: str) -> None:
    assert address("192.0.2.1", forwarded) == "192.0.2.1"
