"""Partitions that follow from a table's properties."""

from __future__ import annotations

import datetime as dt

import pytest

from infra.local.athena.catalog import Column, Table
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.projection import is_projected, projected_partitions

NOW = dt.datetime(2026, 3, 31, 14, 30, tzinfo=dt.UTC)


def table(*keys: str, **properties: str) -> Table:
    """A table with these partition columns; `day_range` is the property `projection.day.range`."""
    named = {f"projection.{name.replace('_', '.')}": value for name, value in properties.items()}
    return Table(
        "music",
        "events",
        partition_keys=tuple(Column(key, "string") for key in keys),
        location="s3://raw/events/",
        parameters={"projection.enabled": "true", **named},
    )


def values_of(of: Table, **wanted: str) -> list[str]:
    only = {key: frozenset({value}) for key, value in wanted.items()}
    return [" ".join(partition.values) for partition in projected_partitions(of, only, NOW)]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (
            {"range": "2026-02-27,2026-03-01", "format": "yyyy-MM-dd"},
            ["2026-02-27", "2026-02-28", "2026-03-01"],
        ),
        ({"range": "NOW-2DAYS,NOW", "format": "yyyy/MM/dd"}, ["2026/03/29", "2026/03/30", "2026/03/31"]),
        ({"range": "202512,202602", "format": "yyyyMM"}, ["202512", "202601", "202602"]),
        ({"range": "NOW-1MONTHS,NOW", "format": "yyyyMM"}, ["202602", "202603"]),
        (
            {"range": "2024,NOW", "format": "yyyy", "interval_unit": "YEARS"},
            ["2024", "2025", "2026"],
        ),
        (
            {
                "range": "2026-01-01T22,2026-01-02T02",
                "format": "yyyy-MM-dd'T'HH",
                "interval": "2",
                "interval_unit": "HOURS",
            },
            ["2026-01-01T22", "2026-01-02T00", "2026-01-02T02"],
        ),
        (
            {"range": "2026-01-31,2026-03-31", "format": "yyyy-MM-dd", "interval_unit": "MONTHS"},
            ["2026-01-31", "2026-02-28", "2026-03-31"],
        ),
    ],
)
def test_dates_are_projected_over_their_range(properties: dict[str, str], expected: list[str]) -> None:
    named = {f"day_{name}": value for name, value in properties.items()}
    assert values_of(table("day", day_type="date", **named)) == expected


def test_integers_have_their_interval_and_digits() -> None:
    assert values_of(table("n", n_type="Integer", n_range="8, 12", n_interval="2", n_digits="2")) == [
        "08",
        "10",
        "12",
    ]
    assert values_of(table("n", n_type="integer", n_range="-1,1")) == ["-1", "0", "1"]


def test_several_columns_are_combined_and_only_wanted_values_kept() -> None:
    both = table("region", "n", region_type="enum", region_values="eu,us", n_type="integer", n_range="1,2")
    assert values_of(both) == ["eu 1", "eu 2", "us 1", "us 2"]
    assert values_of(both, region="us") == ["us 1", "us 2"]
    assert values_of(both, region="asia") == []


def test_an_injected_column_has_the_values_of_the_query() -> None:
    injected = table("user", user_type="injected")
    assert values_of(injected, user="u1") == ["u1"]
    with pytest.raises(QueryRefused, match="static equality conditions") as refused:
        values_of(injected)
    assert refused.value.kind == "CONSTRAINT_VIOLATION"


def test_locations_follow_the_template_or_the_names_of_the_columns() -> None:
    plain = table("day", day_type="enum", day_values="1")
    assert [each.location for each in projected_partitions(plain, {}, NOW)] == ["s3://raw/events/day=1/"]
    parameters = {**plain.parameters, "storage.location.template": "s3://raw/${day}/x/"}
    templated = Table("music", "events", (), plain.partition_keys, plain.location, parameters=parameters)
    assert [each.location for each in projected_partitions(templated, {}, NOW)] == ["s3://raw/1/x/"]


def test_projection_is_on_when_a_property_says_so() -> None:
    assert is_projected(table("day"))
    assert not is_projected(table())
    assert not is_projected(Table("music", "events", partition_keys=(Column("day", "string"),)))


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({}, "projection.day.type: it is missing"),
        ({"type": "weekly"}, "'weekly' is not enum"),
        ({"type": "enum"}, "projection.day.values: it is missing"),
        ({"type": "integer", "range": "1"}, "projection.day.range: it must be two values"),
        ({"type": "integer", "range": "a,b"}, "projection.day.range"),
        ({"type": "integer", "range": "1,2", "interval": "0"}, "'0' is not a positive number"),
        ({"type": "date", "range": "1,2", "format": "yyyy-MM-dd"}, "projection.day.range"),
        ({"type": "date", "range": "2025,2026", "format": "yyyy"}, "interval.unit: it is required"),
        (
            {"type": "date", "range": "2025,2026", "format": "yyyy", "interval_unit": "EONS"},
            "'EON' is not YEARS",
        ),
    ],
)
def test_a_wrong_property_is_named(properties: dict[str, str], message: str) -> None:
    with pytest.raises(QueryRefused, match=message) as refused:
        values_of(table("day", **{f"day_{name}": value for name, value in properties.items()}))
    assert refused.value.kind == "INVALID_TABLE_PROPERTY"


def test_what_is_not_supported_is_refused() -> None:
    with pytest.raises(NotSupportedHere, match="'MMM'"):
        values_of(table("day", day_type="date", day_range="1,2", day_format="MMM"))
    with pytest.raises(NotSupportedHere, match="more than 200,000"):
        values_of(table("n", n_type="integer", n_range="1,300000"))
