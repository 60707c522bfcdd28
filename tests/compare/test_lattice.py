"""Several policies as sets: a line is proved, none follows from others, a dash is by names."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from policyhub.compare import kept, views
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


def test_a_dashed_line_stays_above_the_next_layer_and_says_early_what_it_means() -> None:
    # The first allows all that the last one does; of three more it has nearly all names.
    services = ["s3:*", "sqs:*", "sns:*", "ecr:*"]
    parts = [document(each, resource="arn:aws:s3:::a/*") for each in services[1:]]
    whole = document(*services, resource="arn:aws:s3:::b/*")
    picture = wide_lattice(lattice_of(whole, *parts, document("s3:*", resource="arn:aws:s3:::b/*")))
    above = [box for box in picture.boxes if box.y == picture.boxes[0].y]
    (below,) = [box for box in picture.boxes if box not in above]
    assert len(picture.nearly) == len(above) - 1 == 3
    for line in picture.nearly:
        start_x, start_y, *_, lowest, end_x, _ = map(float, re.findall(r"-?[\d.]+", line.path)[:8])
        # The lowest point of the curve is three quarters of the way to its control points.
        assert start_y + (lowest - start_y) * 3 / 4 < below.y
        assert abs(line.x - start_x) < abs(line.x - end_x) / 4


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
    kept.forget_all()
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


SIX = [
    "AmazonECS_FullAccess@v20", "AmazonECS_FullAccess", "IAMReadOnlyAccess",
    "AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", "IAMFullAccess",
]  # fmt: skip


def test_long_policies_come_at_once_with_what_is_cheap_and_say_what_is_on_its_way(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.forget_all()
    monkeypatch.setattr(views, "LONG_TOGETHER", 100)
    first = markup_of(client.get("/compare/", {"policy": SIX}))
    words = re.sub(r"<[^>]+>", "", first)
    assert words.count("0 of 15 pairs compared") == words.count("On their way: 15 pairs.") == 1
    assert words.count(": on its way.") == 15
    assert words.lower().count("undecided") == 0
    # The boxes of the lattice and the heads of the matrix are there, with their numbers.
    assert first.count('class="count"') == 12
    assert first.count('class="heat-') > 6
    assert first.count('hx-trigger="load') == 1
    follow = re.search(r'hx-get="(\?[^"]+left=30\.0)"', first)
    assert follow is not None
    second = markup_of(client.get("/compare/" + follow[1].replace("&amp;", "&")))
    assert second.count("on its way") == second.count('hx-trigger="load') == 0
    assert second.count('class="verdict-sign"') == 15
    # What was found is kept: nothing is on its way again.
    third = markup_of(client.get("/compare/", {"policy": SIX}))
    assert third.count('class="verdict-sign"') == 15
    assert third.count("left=") == third.count(": on its way.") == 0


@pytest.mark.parametrize(
    "given", [SIX[:2], ["IAMFullAccess", document("s3:*"), document("sqs:*")]], ids=["two", "own"]
)
def test_what_can_be_found_in_one_request_alone_is_not_put_off(
    client: Client, monkeypatch: pytest.MonkeyPatch, given: list[str]
) -> None:
    monkeypatch.setattr(views, "LONG_TOGETHER", 0)
    page = markup_of(client.get("/compare/", {"policy": given}))
    assert page.count("on its way") == 0
