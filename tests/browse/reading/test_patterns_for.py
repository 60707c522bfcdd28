"""Which patterns of a statement match an action: of many only those of its service are asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policyhub.browse.reading.statements import StatementReading
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.patterns import compile_pattern, has_wildcard

SERVICE = st.sampled_from(["s3", "S3", "s3-outposts", "ec2", "s*", "s3*", "?3", "*", "e?2", "İ"])
NAME = st.sampled_from(["GetObject", "Get*", "*", "?etObject", "getobject"])
PATTERN = st.one_of(st.just("*"), st.builds("{}:{}".format, SERVICE, NAME))
ACTION = st.builds(
    "{}:{}".format, st.sampled_from(["s3", "S3", "s3-outposts", "ec2", "e*", "İ"]), NAME
)


@given(st.lists(PATTERN, max_size=8, unique_by=str.lower), st.lists(ACTION, max_size=4))
def test_they_are_those_that_each_asked_by_itself_would_be(
    patterns: list[str], actions: list[str]
) -> None:
    statement = Statement(0, "", "Allow", tuple(patterns), False, ("*",), False, None, False, ())
    reading = StatementReading(statement, "2012-10-17")
    for action in actions:
        literal = [
            each for each in patterns if not has_wildcard(each) and each.lower() == action.lower()
        ]
        wildcards = [
            each
            for each in patterns
            if has_wildcard(each) and compile_pattern(each, ignore_case=True).matches(action)
        ]
        assert list(reading.patterns_for(action)) == [*literal, *wildcards]
