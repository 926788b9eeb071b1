"""The job's arguments: those of Glue, and invalid ones."""

from __future__ import annotations

import pytest

from spotify_lake.config import JobConfig, parse_arguments
from spotify_lake.contract.tables import TABLES
from spotify_lake.errors import ArgumentsInvalid

GOOD = {
    "raw_uri": "s3://raw/",
    "curated_uri": "s3://curated/",
    "run_id": "r-1",
    "snapshot_date": "2026-11-22",
}


def config_from(options: dict[str, str]) -> JobConfig:
    return parse_arguments([word for name, value in options.items() for word in (f"--{name}", value)])


def test_arguments_are_read_with_a_blank_or_an_equals_sign() -> None:
    argv = ["--raw_uri", "s3://raw/", "--curated_uri=s3://a=b/", "--run_id=r-1", "--snapshot_date", "all"]
    assert parse_arguments(argv) == JobConfig("s3://raw/", "s3://a=b/", "r-1", "all")


def test_arguments_that_glue_adds_are_ignored() -> None:
    own = [word for name, value in GOOD.items() for word in (f"--{name}", value)]
    glue = ["--JOB_ID", "j_1", "--enable-metrics", "--TempDir", "s3://t/", "--job-language", "python"]
    assert parse_arguments([*glue, *own]) == parse_arguments([*own, *glue]) == config_from(GOOD)


def test_part_of_a_name_is_not_its_abbreviation() -> None:
    assert config_from({**GOOD, "table": "tracks"}).has_all_tables


def test_an_empty_value_means_the_default() -> None:
    assert config_from({**GOOD, "tables": "", "accept_shrink": ""}) == config_from(GOOD)
    own = [word for name, value in GOOD.items() for word in (f"--{name}", value)]
    assert parse_arguments([*own, "--tables"]) == config_from(GOOD)
    with pytest.raises(ArgumentsInvalid, match="missing: --run_id"):
        config_from({**GOOD, "run_id": ""})


def test_the_roots_end_with_one_slash() -> None:
    config = config_from({**GOOD, "raw_uri": "s3://raw", "JOB_NAME": "normalize"})
    assert config == JobConfig("s3://raw/", "s3://curated/", "r-1", "2026-11-22", "normalize")


def test_a_loss_is_accepted_up_to_half_unless_told_otherwise() -> None:
    config = config_from(GOOD)
    assert (config.max_shrink_percent, config.accept_shrink) == (50, False)
    config = config_from({**GOOD, "max_shrink_percent": "10", "accept_shrink": "true"})
    assert (config.max_shrink_percent, config.accept_shrink) == (10, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_shrink_percent", "101"), ("max_shrink_percent", "0.5"), ("accept_shrink", "yes")],
)
def test_a_share_or_a_flag_that_is_none_is_refused(name: str, value: str) -> None:
    with pytest.raises(ArgumentsInvalid, match=f"--{name} must be .*, got '{value}'"):
        config_from({**GOOD, name: value})


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_argument_is_named(name: str) -> None:
    with pytest.raises(ArgumentsInvalid, match=f"missing: --{name}"):
        config_from({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    "day", ["22-11-2026", "2026-13-01", "2026-02-30", "20261122", "today", "2026-11-22T00"]
)
def test_what_is_no_date_is_refused(day: str) -> None:
    with pytest.raises(ArgumentsInvalid, match=f"--snapshot_date {day!r}.*YYYY-MM-DD"):
        config_from({**GOOD, "snapshot_date": day})


def test_a_bucket_name_without_its_scheme_is_refused() -> None:
    with pytest.raises(ArgumentsInvalid, match=r"--raw_uri .*s3://bucket/.*'raw-bucket'"):
        config_from({**GOOD, "raw_uri": "raw-bucket"})


def test_a_run_id_that_would_leave_its_folder_is_refused() -> None:
    with pytest.raises(ArgumentsInvalid, match="must consist of letters"):
        config_from({**GOOD, "run_id": "../other"})


@pytest.mark.parametrize("days", ["2026-11-01..2026-11-20", "all"])
def test_many_days_may_be_asked_for(days: str) -> None:
    assert config_from({**GOOD, "snapshot_date": days}).days.text == days


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(ArgumentsInvalid, match=r"--snapshot_date '2026-11-20\.\.2026-11-01'"):
        config_from({**GOOD, "snapshot_date": "2026-11-20..2026-11-01"})


def test_tables_come_in_the_order_of_the_contract_and_all_of_them_unless_told_otherwise() -> None:
    assert config_from({**GOOD, "tables": "albums, tracks"}).tables == ("tracks", "albums")
    for whole in ({}, {"tables": "all"}, {"tables": ",".join(table.name for table in TABLES)}):
        assert config_from({**GOOD, **whole}).has_all_tables
    assert not config_from({**GOOD, "tables": "tracks"}).has_all_tables


def test_rejected_records_are_reprocessed_in_whole_days() -> None:
    assert not config_from(GOOD).reprocess_rejected
    assert config_from({**GOOD, "reprocess_rejected": "true"}).reprocess_rejected
    with pytest.raises(ArgumentsInvalid, match=r"--reprocess_rejected.*--tables"):
        config_from({**GOOD, "reprocess_rejected": "true", "tables": "tracks"})


@pytest.mark.parametrize(
    ("tables", "problem"), [("tracks,songs", "there is no table songs"), (",", "no table is named")]
)
def test_a_table_that_does_not_exist_is_refused_with_those_that_do(tables: str, problem: str) -> None:
    with pytest.raises(ArgumentsInvalid, match=rf"{problem}\. The tables are playlists, "):
        config_from({**GOOD, "tables": tables})
