"""Several policies as sets: a line is proved, none follows from others, a dash is by names."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from policyhub.compare import comparing
from policyhub.compare.comparing import ComparedSides
from policyhub.compare.lattice import Lattice, lattice
from policyhub.compare.lattice_picture import PHONE_WIDTH, WIDTH, phone_lattice, wide_lattice
from policyhub.compare.sides import read_side
from policyhub.iam.budget import Steps
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db

READ = ["s3:GetObject", "s3:GetObjectAcl"]


def document(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": [*actions], "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def lattice_of(*documents: str) -> Lattice:
    sides = [read_side(text, number) for number, text in enumerate(documents, 1)]
    return lattice(ComparedSides(sides))


def lines(found: Lattice) -> set[tuple[str, str]]:
    return {(each.upper.label, each.lower.label) for each in found.proved}


def test_a_chain_has_no_line_for_what_follows_from_two() -> None:
    found = lattice_of(document("s3:*"), document("s3:GetObject"), document("s3:Get*"))
    assert lines(found) == {("document 1", "document 3"), ("document 3", "document 2")}
    assert [[each.label for each in layer] for layer in found.layers] == [
        ["document 1"], ["document 3"], ["document 2"],
    ]  # fmt: skip


def test_documents_that_allow_the_same_are_one_node() -> None:
    found = lattice_of(document(*READ), document(*reversed(READ)), document("s3:GetObject"))
    assert [each.label for each in found.nodes] == ["document 1 = document 2", "document 3"]
    assert lines(found) == {("document 1 = document 2", "document 3")}


def test_documents_with_nothing_in_common_have_no_line_of_any_kind() -> None:
    found = lattice_of(document("s3:GetObject"), document("sqs:SendMessage"), document("ecs:Run*"))
    assert not found.proved
    assert not found.nearly
    assert len(found.layers) == 1


def test_names_that_are_all_there_in_other_bounds_are_nearly_contained_and_not_proved() -> None:
    bounded = document("s3:Get*", "s3:Put*", resource="arn:aws:s3:::a/*")
    found = lattice_of(document("s3:GetObject"), bounded, document("sqs:SendMessage"))
    assert not found.proved
    (near,) = found.nearly
    assert (near.part.label, near.whole.label, near.missing) == ("document 1", "document 2", 0)
    assert near.words == "all names"


@pytest.mark.parametrize("count", [3, 6])
def test_every_box_is_in_the_picture_and_none_lies_on_another(count: int) -> None:
    services = ["s3", "sqs", "ecr", "iam", "ec2", "sns"][:count]
    found = lattice_of(*(document(f"{each}:Get*") for each in services))
    for picture, width in ((wide_lattice(found), WIDTH), (phone_lattice(found), PHONE_WIDTH)):
        assert len(picture.boxes) == count
        for box in picture.boxes:
            assert 0 <= box.x <= box.x + box.width <= width
            assert box.foot <= picture.height
        for one in picture.boxes:
            for other in picture.boxes:
                apart = one.x + one.width <= other.x or other.x + other.width <= one.x
                assert one is other or apart or one.foot <= other.y or other.foot <= one.y


def test_what_a_document_contains_is_right_below_it_on_a_phone() -> None:
    found = lattice_of(document("s3:*"), document("sqs:*"), document("s3:GetObject"))
    names = [box.node.label for box in phone_lattice(found).boxes]
    assert names.index("document 3") == names.index("document 1") + 1


def test_where_time_is_spent_what_is_proved_is_drawn_without_counts() -> None:
    sides = [read_side(document(each), n) for n, each in enumerate(["s3:*", "s3:Get*"], 1)]
    compared = ComparedSides([*sides, read_side(document("sqs:*"), 3)])
    assert [pair.possible_verdict for pair in compared.pairs]
    compared.budget = Steps(0)
    found = lattice(compared)
    assert lines(found) == {("document 1", "document 2")}
    assert all(node.power is None and node.action_count == 0 for node in found.nodes)
    assert not found.nearly


def test_the_page_of_three_has_the_lattice_in_a_picture_and_in_words(client: Client) -> None:
    names = ["AdministratorAccess", "ReadOnlyAccess", "ViewOnlyAccess"]
    page = markup_of(client.get("/compare/", {"policy": names}))
    words = re.sub(r"<[^>]+>", "", page)
    assert "AdministratorAccess@v1 allows all that ReadOnlyAccess@v190 does, and more." in words
    assert page.count('class="proved"') == 4
    two = markup_of(client.get("/compare/", {"policy": names[:2]}))
    assert "as sets" not in two
    assert 'class="map wide"' in two


def test_more_actions_are_deeper_in_the_matrix(client: Client) -> None:
    sides = [document("s3:*"), document("s3:GetObject"), document("sqs:SendMessage")]
    page = markup_of(client.get("/compare/", {"policy": sides, "all": "on"}))
    cell = r'<td class="heat-(\d)" data-name="document \d" data-unit="(actions?)">([\d,]+)</td>'
    found = [
        (step, unit, int(count.replace(",", ""))) for step, unit, count in re.findall(cell, page)
    ]
    assert all((unit == "action") is (count == 1) for _, unit, count in found)
    by_count = {count: int(step) for step, _, count in found}
    assert by_count[0] == 0
    assert by_count[1] == 1
    assert max(by_count.values()) == by_count[max(by_count)] == 5


def test_what_had_no_time_is_found_once_it_is_asked_for_again() -> None:
    comparing._kept.clear()
    comparing._kept_changes.clear()
    sides = [read_side(name) for name in ("ReadOnlyAccess", "ViewOnlyAccess", "SecurityAudit")]
    hurried = ComparedSides(sides, Steps(20_000)).left_to_find
    assert hurried > 0
    assert ComparedSides(sides).left_to_find == 0
    # All of it is kept: no step is needed.
    assert ComparedSides(sides, Steps(0)).left_to_find == 0


@pytest.mark.parametrize(
    ("before", "goes_on"), [("", True), ("9.3", True), ("3.0", True), ("3.3", False), ("x", True)]
)
def test_the_page_goes_on_by_itself_as_long_as_less_is_left(
    client: Client, monkeypatch: pytest.MonkeyPatch, before: str, goes_on: bool
) -> None:
    monkeypatch.setattr(ComparedSides, "left_to_find", 3)
    names = {"policy": ["AmazonECS_FullAccess@v20", "AmazonECS_FullAccess"]}
    page = markup_of(client.get("/compare/", names | ({"left": before} if before else {})))
    assert re.search(r"left=3\.\d", page)
    assert ('hx-trigger="load' in page) is goes_on
