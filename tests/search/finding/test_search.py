"""Finding everything: by names and texts, with operators, whatever is typed."""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatchcase
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from policyhub.catalog.models import Action, ChangelogEntry, PolicyVersion
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.search.finding.current import get_index
from policyhub.search.finding.query import Query, Term, parse_query
from policyhub.search.finding.results import Results, mark_matches, spans
from tests.html_text import markup_of
from tests.search.finding.plain_scan import Line, all_lines, holding, sampled_words

pytestmark = pytest.mark.django_db
# Of so many entries each is read, of more their number is compared.
FEW = 1_000


@pytest.fixture(scope="module")
def everything(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> list[Line]:
    """All that can be found, as the naive reference reads it."""
    with django_db_blocker.unblock():
        return all_lines()


def results(client: Client, query: str, group: str = "") -> list[str]:
    found = client.get("/search.json", {"q": query, **({"in": group} if group else {})}).json()
    return [result["name"] for result in found["results"]]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ecs:RunTask", "/actions/ecs:RunTask/"),
        ("ECS:runtask", "/actions/ecs:RunTask/"),
        ("  ecs:RunTask  ", "/actions/ecs:RunTask/"),
        ("AmazonECS_FullAccess", "/policies/AmazonECS_FullAccess/"),
        ("amazonecs_fullaccess", "/policies/AmazonECS_FullAccess/"),
        ("arn:aws:iam::aws:policy/AmazonECS_FullAccess", "/policies/AmazonECS_FullAccess/"),
        (
            "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy",
            "/policies/AmazonECSServiceRolePolicy/",
        ),
        ("iam:PassedToService", "/condition-keys/iam:PassedToService/"),
    ],
)
def test_a_whole_name_leads_straight_to_its_page(client: Client, text: str, url: str) -> None:
    answer = client.get("/search/", {"q": text})
    assert answer.status_code == 302
    assert answer["Location"] == url
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("text", ["RunTask", "ecs", "AmazonECS_Full", "arn:aws:iam::aws:policy/X"])
def test_a_part_of_a_name_does_not_lead_away(client: Client, text: str) -> None:
    assert client.get("/search/", {"q": text}).status_code == 200


@pytest.mark.parametrize(
    ("text", "group", "expected"),
    [
        ("passrole", "actions", "iam:PassRole"),
        ("PASSROLE", "actions", "iam:PassRole"),
        ("ecs run", "actions", "ecs:RunTask"),
        ("run ecs", "actions", "ecs:RunTask"),
        ("askExecutionRole", "policies", "AmazonECSTaskExecutionRolePolicy"),
        ("container service", "services", "ecs"),
        ("ecs", "services", "ecs"),
        ("passedto", "condition-keys", "iam:PassedToService"),
        ("amazonecsmanaged", "condition-keys", "aws:ResourceTag/AmazonECSManaged"),
    ],
)
def test_a_fragment_is_found_in_any_case_and_order(
    client: Client, text: str, group: str, expected: str
) -> None:
    assert expected in results(client, text, group)


def test_a_whole_name_comes_first_then_a_beginning(client: Client) -> None:
    assert results(client, "passrole", "actions")[0] == "iam:PassRole"
    assert results(client, "ecs", "services")[0] == "ecs"
    assert results(client, "ecs:run", "actions")[0] == "ecs:RunTask"


def test_no_condition_key_is_found_twice(client: Client) -> None:
    names = [name.lower() for name in results(client, "tag", "condition-keys")]
    assert len(names) == len(set(names))


def test_nothing_is_left_out_of_the_twin(client: Client) -> None:
    answer = client.get("/search.json?q=get&in=actions").json()
    found = answer["results"]
    while answer["next"]:
        answer = client.get(answer["next"]).json()
        found += answer["results"]
    named = set(
        Action.objects.filter(full_name__icontains="get").values_list("full_name", flat=True)
    )
    assert len(found) == answer["count"] > len(named) > 3000
    assert named < {each["name"] for each in found}


def test_the_twin_goes_through_the_groups_in_order(client: Client) -> None:
    answer = client.get("/search.json?q=ecs").json()
    groups = [result["group"] for result in answer["results"]]
    assert list(dict.fromkeys(groups)) == [
        "policies", "actions", "services", "resource-types", "condition-keys", "statements",
        "changes",
    ]  # fmt: skip
    assert answer["results"][0]["url"].startswith("/policies/")


def in_policies(client: Client, query: str) -> int:
    count = client.get("/search.json", {"q": query, "in": "policies"}).json()["count"]
    assert isinstance(count, int)
    return count


def test_the_page_shows_ten_of_a_group_and_says_how_many_there_are(client: Client) -> None:
    text = markup_of(client.get("/search/?q=role"))
    count = in_policies(client, "role")
    assert f'Policies <span class="muted">{count}</span>' in text
    assert f'<a href="?q=role&amp;in=policies">All {count} policies</a>' in text
    policies = text.split("<h2>")[1]
    assert policies.count("<li data-row>") == 10


def test_a_group_is_paged_to_its_end(client: Client) -> None:
    count = in_policies(client, "role")
    text = markup_of(client.get("/search/?q=role&in=policies"))
    assert text.count("<li data-row>") == 100
    last = markup_of(client.get(f"/search/?q=role&in=policies&page={count // 100 + 1}"))
    assert last.count("<li data-row>") == count % 100


def options(client: Client, text: str) -> list[tuple[str, str]]:
    answer = markup_of(client.get("/search/suggestions/", {"q": text}))
    pairs = re.findall(r'<a role="option"[^>]*href="([^"]*)"><span[^>]*>(.*?)</span>', answer)
    return [(unescape(url), unescape(re.sub(r"<.*?>", "", name))) for url, name in pairs]


def test_suggestions_come_in_groups_of_at_most_five(client: Client) -> None:
    answer = markup_of(client.get("/search/suggestions/?q=ecs"))
    assert re.findall(r'role="group" aria-label="([^"]+)"', answer) == [
        "Policies",
        "Actions",
        "Services",
        "Condition keys",
        "Changes",
        "Risks",
    ]
    for group in answer.split('role="group"')[1:]:
        named = re.findall(r'<a role="option" id="(?:suggestion|offer)-\w+-\d"', group)
        assert 1 <= len(named) <= 5


def test_suggestions_say_how_many_more_there_are(client: Client) -> None:
    count = client.get("/search.json?q=ecs&in=actions").json()["count"]
    assert ("/search/?q=ecs&in=actions", f"{count - 5} more actions") in options(client, "ecs")


def test_suggestions_have_unique_ids(client: Client) -> None:
    answer = markup_of(client.get("/search/suggestions/?q=e"))
    ids = re.findall(r'id="([^"]+)"', answer)
    assert len(ids) == len(set(ids))


def test_every_suggestion_leads_somewhere(client: Client) -> None:
    for text in ("ecs task", "tag", "passrole"):
        for url, _ in options(client, text):
            assert client.get(url).status_code == 200, url


def test_no_text_gives_an_empty_list(client: Client) -> None:
    answer = markup_of(client.get("/search/suggestions/?q=+")).strip()
    assert answer == (
        '<div id="suggestions" class="suggestions" role="listbox" aria-label="Suggestions"></div>'
    )


def test_nothing_found_is_said(client: Client) -> None:
    assert "No results for “zzzz”" in options(client, "zzzz")[0][1]
    assert "No results" in markup_of(client.get("/search/?q=zzzz"))


BAD: list[tuple[dict[str, Any], str]] = [
    ({"q": "x" * 10_240}, "too-long"),
    ({"q": "a\0b"}, "bad-character"),
    ({"q": "ecs", "in": "everything"}, "unknown-value"),
    ({"q": "ecs", "all": "colour"}, "unknown-value"),
    ({"q": "service:"}, "bad-query"),
    ({"q": 'ecs "run'}, "bad-query"),
    ({"q": "ecs -"}, "bad-query"),
    ({"q": '""'}, "bad-query"),
    ({"q": "service:nosuch"}, "unknown-value"),
    ({"q": "level:all"}, "unknown-value"),
    ({"q": "kind:group"}, "unknown-value"),
    ({"q": "effect:maybe"}, "unknown-value"),
    ({"q": "condition:iam:PasedToService"}, "unknown-value"),
    ({"q": "changed:yesterday"}, "unknown-value"),
    ({"q": "changed:>2026-13-01"}, "unknown-value"),
    ({"q": "action:PassRole"}, "unknown-value"),
    ({"q": "action:ec2:*"}, "unknown-value"),
    ({"q": "ecs", "page": "x"}, "bad-page"),
    ({"q": "ecs", "colour": "red"}, "unknown-parameter"),
    ({"q": " ".join("abcdefghijk")}, "too-many-words"),
]


@pytest.mark.parametrize(("query", "code"), BAD)
@pytest.mark.one_database
def test_bad_input_is_named(client: Client, query: dict[str, Any], code: str) -> None:
    page = client.get("/search/", query)
    assert page.status_code == 200
    assert "Some of the input was not understood" in markup_of(page)
    assert client.get("/search/suggestions/", query).status_code == 200
    twin = client.get("/search.json", query)
    assert twin.status_code == 400
    assert [problem["code"] for problem in twin.json()["problems"]] == [code]


@pytest.mark.parametrize(
    "text",
    ["'", "'; DROP TABLE", "%", "\\", "<script>", "😀", "a_b", "*", "arn:aws:x", "--x", "NEAR("],
)
@pytest.mark.one_database
def test_odd_letters_are_looked_for_as_they_are(
    client: Client, text: str, everything: list[Line]
) -> None:
    answer = client.get("/search.json", {"q": f'"{text}"', "in": "statements"}).json()
    expected = [line for line in holding(everything, [text]) if line[0] == "statements"]
    assert answer["count"] == len(expected)
    page = markup_of(client.get("/search/", {"q": text}))
    assert "<script>" not in page


def test_a_page_without_words_says_how_to_search(client: Client) -> None:
    answer = client.get("/search/")
    assert answer.status_code == 200
    assert "Type a part of a name" in markup_of(answer)
    empty: dict[str, Any] = {"count": 0, "next": None} | {
        each: [] for each in ("corrections", "offers", "risks", "nearest", "results")
    }
    assert client.get("/search.json").json() == empty


def test_the_number_of_queries_is_bounded(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for query in ("e", "role", "ecs"):
        with django_assert_max_num_queries(8):
            client.get("/search/suggestions/", {"q": query})


def found_by(query: str) -> set[tuple[str, str]]:
    hits = get_index().find(parse_query(query)[0])
    assert not hits.corrections
    return {
        (each.entry.group.key, each.entry.name) for each in Results(hits, list(hits.counts()))[:]
    }


@pytest.mark.one_database
@pytest.mark.parametrize("count", [80, pytest.param(1_000, marks=pytest.mark.endurance)])
def test_everything_is_found_that_a_plain_scan_finds(everything: list[Line], count: int) -> None:
    index = get_index()
    for word in sampled_words(everything, count, seed=3):
        hits = index.find(Query((Term(word),)))
        expected = holding(everything, [word])
        if hits.corrections:
            assert not expected
            continue
        counts = {group.key: count for group, count in hits.counts().items()}
        assert counts == Counter(group for group, _ in expected.elements()), f"for {word!r}"
        if len(expected) < FEW:
            found = Results(hits, list(hits.counts()))[:]
            names = Counter((each.entry.group.key, each.entry.name) for each in found)
            assert names == expected, f"for {word!r}"


@pytest.mark.one_database
def test_several_words_are_all_in_what_is_found(everything: list[Line]) -> None:
    words = sampled_words(everything, 60, seed=4)
    for pair in zip(words[::2], words[1::2], strict=True):
        query = Query(tuple(map(Term, pair)))
        hits = get_index().find(query)
        if not hits.corrections:
            found = Results(hits, list(hits.counts()))[:]
            names = {(each.entry.group.key, each.entry.name) for each in found}
            assert names == set(holding(everything, pair)), f"for {pair}"


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", []),
        ("ecs  run", [Term("ecs"), Term("run")]),
        ("ECS ecs", [Term("ecs")]),
        ('"run task" x', [Term("run task", is_quoted=True), Term("x")]),
        ("-effect:deny", [Term("deny", "effect", True)]),
        ('-"a b"', [Term("a b", "", True, True)]),
        ("action:iam:PassRole", [Term("iam:PassRole", "action")]),
        ("Action:iam:PassRole", [Term("iam:PassRole", "action")]),
        ("iam:PassRole", [Term("iam:passrole")]),
        ("aws:ResourceTag/a", [Term("aws:resourcetag/a")]),
        ('"service:ecs"', [Term("service:ecs", is_quoted=True)]),
        ('resource:"a b"', [Term("a b", "resource", is_quoted=True)]),
        ("changed:>=2026-01", [Term(">=2026-01", "changed")]),
        ("foo-bar", [Term("foo-bar")]),
        ('a"b', [Term('a"b')]),
        ("resource:*", [Term("*", "resource")]),
    ],
)
def test_a_query_is_read_and_written_alike(typed: str, terms: list[Term]) -> None:
    query, problems = parse_query(typed)
    assert not problems
    assert list(query.terms) == terms
    assert parse_query(str(query)) == (query, [])


def test_a_term_is_added_and_taken_out_again() -> None:
    query = parse_query("ecs service:ecs")[0]
    term = Term("deny", "effect")
    assert str(query.toggled(term)) == "ecs service:ecs effect:deny"
    assert query.toggled(term).toggled(Term("DENY", "effect")) == query


def policies_of(query: str) -> set[str]:
    return {name for group, name in found_by(query) if group == "policies"}


def default_policies(**filters: Any) -> set[str]:
    versions = PolicyVersion.objects.filter(is_default=True, **filters)
    return set(versions.values_list("policy__name", flat=True))


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ("kind:service-role", {"policy__kind": "service-role"}),
        ("level:permissions-management", {"permissions_count__gt": 0}),
        ("level:list level:tagging", {"list_count__gt": 0, "tagging_count__gt": 0}),
        ("effect:deny", {"uses_deny": True}),
        ("changed:>2026-01-01", {"policy__updated_at__date__gt": "2026-01-01"}),
        ("changed:<=2016", {"policy__updated_at__year__lte": 2016}),
        ("changed:2026-03", {"policy__updated_at__year": 2026, "policy__updated_at__month": 3}),
        (
            "condition:iam:PassedToService",
            {"statements__condition_uses__key_lower": "iam:passedtoservice"},
        ),
        (
            "condition:aws:ResourceTag",
            {"statements__condition_uses__key_lower__startswith": "aws:resourcetag/"},
        ),
    ],
)
def test_an_operator_keeps_the_policies_that_the_database_counts(
    query: str, filters: dict[str, Any]
) -> None:
    expected = default_policies(**filters)
    assert policies_of(query) == expected
    assert 0 < len(expected) < 1582
    assert policies_of(f"-{query.split()[0]}") == default_policies() - policies_of(query.split()[0])


def test_a_service_keeps_the_policies_that_touch_it() -> None:
    actions = Action.objects.filter(service__prefix="ecs").values_list("full_name", flat=True)
    rows = StoredStatement.objects.filter(version__is_default=True)
    touching = {
        name
        for name, patterns, is_exception in rows.values_list(
            "version__policy__name", "actions", "not_action"
        )
        if any(
            any(fnmatchcase(action.lower(), each.lower()) for each in patterns) != is_exception
            for action in actions
        )
        or any(each.lower().startswith("ecs:") and not is_exception for each in patterns)
    }
    assert policies_of("service:ecs") == touching
    assert default_policies(service_grants__service__prefix="ecs") <= touching


def test_a_resource_is_found_by_a_part_and_the_star_as_it_is() -> None:
    rows = StoredStatement.objects.filter(version__is_default=True).values_list(
        "version__policy__name", "resources"
    )
    assert policies_of("resource:*") == {name for name, each in rows if "*" in each}
    wanted = {name for name, each in rows if any(":role/ecs" in one.lower() for one in each)}
    assert policies_of("resource::role/ecs") == wanted


def test_an_action_keeps_what_allows_it_and_what_is_about_it() -> None:
    found = found_by("action:iam:PassRole")
    assert ("actions", "iam:PassRole") in found
    assert ("policies", "AmazonECS_FullAccess") in found
    assert ("policies", "AWSDenyAll") not in found
    assert ("statements", "AWSDenyAll, statement 1") in found
    assert ("policies", "AdministratorAccess") in found
    runs = found_by("action:ecs:Run*")
    assert ("actions", "ecs:RunTask") in runs
    assert ("actions", "ecs:StopTask") not in runs


def test_values_with_commas_widen() -> None:
    either = found_by("service:ecs,ecr effect:deny")
    assert either == found_by("service:ecs effect:deny") | found_by("service:ecr effect:deny")


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("PasRole", "passrole"),
        ("PassRoel", "passrole"),
        ("readonyl", "readonly"),
        ("runtaks", "runtask"),
        ("elastciloadbalancing", "elasticloadbalancing"),
    ],
)
@pytest.mark.one_database
def test_a_typing_error_is_forgiven_and_said(client: Client, typed: str, instead: str) -> None:
    answer = client.get("/search.json", {"q": typed}).json()
    assert answer["corrections"] == [{"word": typed.lower(), "instead": instead}]
    assert answer["count"] > 0
    assert f"<strong>{instead}</strong>" in markup_of(client.get("/search/", {"q": typed}))


def test_the_reason_and_the_marks_are_given(client: Client) -> None:
    answer = client.get("/search.json", {"q": "role/ecsInfra", "in": "statements"}).json()
    first = answer["results"][0]
    assert first["reason"]["what"] == "Resource"
    start, end = first["reason"]["marks"][0]
    assert first["reason"]["text"][start:end] == "role/ecsInfra"
    assert client.get(first["url"].split("#")[0]).status_code == 200
    page = markup_of(client.get("/search/?q=role/ecsInfra"))
    assert "<mark>role/<wbr>ecs<wbr>Infra</mark>" in page


def test_marks_are_where_the_words_are() -> None:
    assert mark_matches("RunTask", ["run", "sk"]) == [("Run", True), ("Ta", False), ("sk", True)]
    assert spans("RunTask", ["run", "sk"]) == [[0, 3], [5, 7]]
    assert mark_matches("a.b", ["."]) == [("a", False), (".", True), ("b", False)]
    assert mark_matches("x", []) == [("x", False)]


def test_facets_lead_to_as_many_results_as_they_say(client: Client) -> None:
    page = unescape(markup_of(client.get("/search/?q=passrole")))
    links = re.findall(
        r'<a class="option" href="(\?[^"]*)"><span class="name">.*?</span> '
        r'<span class="count">([\d,]+)</span>',
        page,
    )
    assert len(links) > 20
    for url, count in links[::3]:
        answer = client.get(f"/search.json{url}").json()
        assert answer["count"] == int(count.replace(",", "")), url


def test_a_chosen_facet_is_a_chip_that_takes_it_out(client: Client) -> None:
    page = unescape(markup_of(client.get("/search/?q=passrole+effect:deny")))
    chip = re.search(r'<a class="chip filter" href="([^"]*)">.*?effect: <strong>Deny', page)
    assert chip is not None
    assert chip[1] == "?q=passrole"


def test_a_long_facet_is_shown_whole_on_demand(client: Client) -> None:
    page = markup_of(client.get("/search/?q=passrole"))
    more = re.search(r'href="(\?q=passrole&amp;all=service)">Show (\d+) more', page)
    assert more is not None
    whole = markup_of(client.get(f"/search/{unescape(more[1])}"))
    section = whole.split('id="facet-service"')[1].split("</section>")[0]
    assert section.count('class="option"') == int(more[2]) + 6


def test_an_arn_of_no_policy_leads_to_who_can(client: Client) -> None:
    arn = "arn:aws:s3:::bucket"
    page = unescape(markup_of(client.get("/search/", {"q": arn})))
    assert f"/who-can/?resource={quote(arn, safe='')}" in page


@pytest.mark.one_database
def test_an_edit_is_found_at_once(client: Client) -> None:
    assert client.get("/search.json?q=quetzalcoatlus").json()["count"] == 0
    entry = ChangelogEntry.objects.create(
        date="2026-02-03", title="A change", description="Quetzalcoatlus"
    )
    found = client.get("/search.json?q=quetzalcoatlus").json()["results"]
    assert [(each["group"], each["name"]) for each in found] == [("changes", "A change")]
    entry.delete()
    assert client.get("/search.json?q=quetzalcoatlus").json()["count"] == 0


@pytest.mark.parametrize(
    ("query", "link"),
    [
        (
            "service:iam level:permissions-management",
            "/policies/?service=iam&amp;level=permissions-management",
        ),
        ("service:iam,s3 level:Write", "/policies/?service=iam&amp;service=s3&amp;level=write"),
        ("service:iam", ""),
        ("service:iam -level:write", ""),
        ("level:write role", ""),
    ],
)
@pytest.mark.one_database
def test_service_and_level_are_said_to_be_looked_for_apart(
    client: Client, query: str, link: str
) -> None:
    text = markup_of(client.get("/search/", {"q": query}))
    assert ("as a whole" in text) == bool(link)
    assert not link or f'<a href="{link}">Policies that grant both in one action</a>' in text
