"""The blast map: what it counts, what comes first, and that nothing of it is lost or overlaps."""

from __future__ import annotations

import json
import re
from math import sqrt

import pytest
from django.template.loader import render_to_string
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from policyhub.blast_map.counted import MappedService, mapped_services
from policyhub.blast_map.phone import phone_map
from policyhub.blast_map.wide import ROWS, WIDTH, BlastMap, MapColumn, blast_map
from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.access.power import GrantCount
from policyhub.catalog.access_levels import LEVELS
from policyhub.iam.reading.document import parse_policy
from tests.catalog.corpus import corpus

pytestmark = pytest.mark.one_database

CELLS = st.builds(
    GrantCount, *(st.integers(0, 400) for _ in range(3)), st.sampled_from(["", "PassRole"])
).filter(lambda cell: cell.count > 0)
SERVICES = st.lists(
    st.builds(
        MappedService,
        st.from_regex(r"[a-z][a-z0-9-]{1,20}", fullmatch=True),
        st.dictionaries(st.sampled_from(LEVELS), CELLS, min_size=1),
    ),
    min_size=1,
    max_size=60,
    unique_by=lambda service: service.prefix,
)


def map_of(*statements: dict[str, object]) -> tuple[MappedService, ...]:
    parsed = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert parsed.policy is not None
    return mapped_services(effective_permissions(parsed.policy))


def allow(*actions: str, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": [*actions], "Resource": "*", **more}


def actions_in(columns: tuple[MapColumn, ...]) -> int:
    return sum(cell.count for column in columns for cell in column.service.cells.values())


def test_free_bounded_and_denied_actions_are_told_apart() -> None:
    (service,) = map_of(
        allow("ecs:RunTask", "ecs:StopTask"),
        allow("ecs:DeleteCluster", Resource="arn:aws:ecs:us-east-1:123456789012:cluster/a"),
        {"Effect": "Deny", "Action": "ecs:StopTask", "Resource": "*"},
    )
    assert service.prefix == "ecs"
    assert service.cells == {"Write": GrantCount(free=1, bounded=1, denied=1)}
    assert service.in_words == "ecs. Write: 1 free, 1 bounded, 1 denied"


def test_passrole_is_named_and_not_counted_as_one_action_among_others() -> None:
    (service,) = map_of(allow("iam:PassRole", "iam:CreateServiceLinkedRole"))
    assert service.cells["Write"].label == "PassRole +1"
    (alone,) = map_of(allow("iam:PassRole"))
    assert alone.cells["Write"].label == "PassRole"


def test_a_denied_passrole_is_not_named() -> None:
    (service,) = map_of({"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"})
    assert service.cells["Write"].label == "1"


def test_what_grants_graver_levels_freely_comes_first() -> None:
    found = map_of(
        allow("s3:ListAllMyBuckets", "ecs:RunTask", "ecs:StopTask", "sqs:SendMessage"),
        allow("kms:PutKeyPolicy", "kms:Decrypt", Resource="arn:aws:kms:*:*:key/a"),
        allow("iam:AttachRolePolicy"),
    )
    assert [each.prefix for each in found] == ["iam", "ecs", "sqs", "s3", "kms"]


def test_a_policy_that_passes_roles_begins_with_iam_however_bounded_that_is() -> None:
    services = mapped_services(effective_permissions(corpus()["AmazonECS_FullAccess"]))
    assert services[0].prefix == "iam"
    assert services[0].cells["Write"].label == "PassRole +1"


@pytest.mark.parametrize("name", ["AdministratorAccess", "ReadOnlyAccess", "PowerUserAccess"])
def test_the_map_of_a_phone_is_no_wider_than_the_phone(name: str) -> None:
    drawn = phone_map(mapped_services(effective_permissions(corpus()[name])))
    assert all(line.width <= drawn.width for line in drawn.lines)


def test_a_document_that_allows_nothing_has_a_map_without_columns() -> None:
    assert map_of(allow("nosuchservice:DoIt")) == ()
    assert blast_map(()).columns == ()
    assert blast_map(()).in_words == "No actions."


@pytest.mark.parametrize(
    "name", ["AdministratorAccess", "ReadOnlyAccess", "AWSCompromisedKeyQuarantineV3"]
)
def test_each_action_of_a_policy_is_in_one_cell_of_its_map(name: str) -> None:
    permissions = effective_permissions(corpus()[name])
    services = mapped_services(permissions)
    whole = len(permissions.grants) + len(permissions.denied)
    assert actions_in(blast_map(services).columns) == whole
    assert actions_in(phone_map(services).lines) == whole


@settings(deadline=None, phases=[Phase.generate])
@given(SERVICES)
def test_nothing_is_lost_overlaps_or_leaves_the_picture(services: list[MappedService]) -> None:
    drawn = blast_map(services)
    assert sum(column.service.count for column in drawn.columns) == len(services)
    assert all(column.service.prefix for column in drawn.columns[:-1])
    for before, after in zip(drawn.columns, drawn.columns[1:], strict=False):
        assert before.x + before.width < after.x
    if len(drawn.columns) > 1:
        assert drawn.columns[-1].x + drawn.columns[-1].width <= WIDTH
    for column in drawn.columns:
        for cell in column.cells:
            ends = [mark.x + mark.width for mark in cell.marks]
            assert [mark.x for mark in cell.marks[1:]] == ends[:-1]
            assert cell.label.x > ends[-1]
            assert all(mark.y + mark.height <= drawn.foot for mark in cell.marks)


@settings(deadline=None, phases=[Phase.generate])
@given(SERVICES)
def test_a_mark_is_as_long_as_the_root_of_its_number_on_every_map(
    services: list[MappedService],
) -> None:
    for column in blast_map(services).columns:
        for cell in column.cells:
            parts = dict(column.service.cells[cell.level].parts)
            for mark in cell.marks:
                unit = 4.6 if column.service.prefix else 0.75
                assert mark.width == max(6, round(unit * sqrt(parts[mark.texture])))


def test_graver_levels_are_taller_so_that_the_map_reads_without_colour() -> None:
    assert [row.level for row in ROWS][:2] == ["Permissions management", "Write"]
    heights = [row.height for row in ROWS]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == len(heights)


def rendered(services: tuple[MappedService, ...]) -> str:
    return render_to_string("components/_blast_map.html", {"services": services, "of": "Example"})


def test_the_picture_says_in_words_what_it_shows() -> None:
    html = rendered(map_of(allow("ecs:RunTask", "ecs:ListTasks")))
    assert 'aria-label="Map of Example. Write: 1 free. List: 1 free. In 1 service.' in html
    assert "<title>ecs. Write: 1 free; List: 1 free</title>" in html
    assert html.count('href="#service-ecs"') == 2


def test_only_on_a_phone_a_long_name_is_narrowed_to_the_room_before_the_marks() -> None:
    html = rendered(map_of(allow("ecs:RunTask", "application-autoscaling:TagResource")))
    narrowed = r'<text[^>]*\stextLength="110"[^>]*>\s*([\w-]+)\s*</text>'
    assert re.findall(narrowed, html) == ["application-autoscaling"]
    assert html.count("textLength") == 1


def test_every_hatch_that_a_mark_uses_is_defined_once() -> None:
    html = rendered(
        map_of(allow("ecs:*", "iam:*", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    )
    used = set(re.findall(r'fill="url\(#(hatch-[a-z-]+)\)"', html))
    defined = re.findall(r'id="(hatch-[a-z-]+)"', html)
    assert used
    assert used <= set(defined)
    assert len(defined) == len(set(defined))


def test_what_has_no_room_is_one_column_at_the_end() -> None:
    drawn: BlastMap = blast_map(
        mapped_services(effective_permissions(corpus()["AdministratorAccess"]))
    )
    assert drawn.rest is not None
    assert drawn.rest.service.count > 400
    assert drawn.rest.service.title.endswith(" other services")
