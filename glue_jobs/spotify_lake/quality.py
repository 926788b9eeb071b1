"""The quality gate: what the contract's rules find in the staged files, and the rows they take out.

Nulls and bounds stand in the files' footers, so they cost no scan. Everything else is one query over the
staged files, and a table is only written again when it has rows to quarantine.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spotify_lake import raw_zone, tables
from spotify_lake.publish import Places
from spotify_lake.quality_rules import Result, Rule, is_out_of_range, rules_of
from spotify_lake.spark_schema import conform, spark_schema
from spotify_lake.storage import HadoopFiles, ParquetFigures

_LOG = logging.getLogger(__name__)
_CHECKED: Final = tuple(table for table in tables.TABLES if table is not tables.QUALITY_RESULTS)


@dataclasses.dataclass(frozen=True)
class Quarantined:
    """What was taken out: rows in all and by raw source (where a row is one record), and the new figures."""

    rows: int
    by_source: dict[str, int]
    files: dict[str, ParquetFigures]


def check(
    spark: SparkSession, places: Places, figures: Mapping[str, ParquetFigures], *, gather: bool
) -> list[Result]:
    """Check every rule of the contract that columns and keys state; return one result a rule.

    Args:
        spark: the session.
        places: where the staged files lie.
        figures: what their footers say.
        gather: whether the day is small enough for one partition.
    """
    rules = [rule for table in _CHECKED for rule in rules_of(table)]
    queried = [rule for rule in rules if _needs_query(rule, figures)]
    found = _queried(spark, places, queried, figures, gather=gather) if queried else {}
    nulls = {
        rule: figures[rule.table].nulls.get(rule.columns[0], 0) for rule in rules if rule.check == "not_null"
    }
    results = [Result(rule, found.get(rule, nulls.get(rule, 0))) for rule in rules]
    return [
        dataclasses.replace(each, detail=f"{each.failing} of {figures[each.rule.table].rows} rows")
        if each.failing
        else each
        for each in results
    ]


def _needs_query(rule: Rule, figures: Mapping[str, ParquetFigures]) -> bool:
    table = figures[rule.table]
    if rule.check == "not_null" or not table.rows:
        return False
    if rule.check == "range":
        bounds = table.bounds.get(rule.columns[0])
        return bounds is not None and is_out_of_range(_column(rule), *bounds)
    return True


def _queried(
    spark: SparkSession,
    places: Places,
    rules: Sequence[Rule],
    figures: Mapping[str, ParquetFigures],
    *,
    gather: bool,
) -> dict[Rule, int]:
    """Count the failing rows of each rule, all in one query.

    Each row of a table yields a mark (rule, key, whether it is a partner) for each rule it concerns. Marks of
    one rule and key then meet in one group: a unique key has one, a foreign key has a partner among them, and
    of the other rules only failing rows leave a mark.
    """
    marks: dict[str, list[Column]] = {}
    for number, rule in enumerate(rules):
        marks.setdefault(rule.table, []).append(_mark(number, rule))
        if rule.check == "foreign_key":
            to = _column(rule).references
            if to is not None:
                partner = _marked(number, F.xxhash64(to.column), is_partner=True)
                marks.setdefault(to.table, []).append(partner)
    scans = [
        staged(spark, places, name).select(F.explode(F.array_compact(F.array(*each))).alias("mark"))
        for name, each in marks.items()
        if figures[name].rows
    ]
    every = reduce(DataFrame.unionAll, scans).select("mark.*")
    groups = (
        (every.coalesce(1) if gather else every)
        .groupBy("rule", "key")
        .agg(
            F.count(F.when(~F.col("is_partner"), F.lit(1))).alias("rows"), F.max("is_partner").alias("found")
        )
    )
    counts = groups.groupBy("rule").agg(
        F.sum(F.col("rows") - F.lit(1)).alias("repeats"),
        F.sum(F.when(~F.col("found"), F.col("rows"))).alias("failing"),
    )
    by_number = {row["rule"]: row for row in counts.collect()}
    return {
        rule: by_number[number]["repeats" if rule.check == "unique" else "failing"] or 0
        for number, rule in enumerate(rules)
        if number in by_number
    }


def _mark(number: int, rule: Rule) -> Column:
    if rule.check == "unique":
        return _marked(number, F.xxhash64(*rule.columns))
    if rule.check == "foreign_key":
        (name,) = rule.columns
        to = _column(rule).references
        is_asked = F.col(name).isNotNull()
        if to is not None and to.but_for is not None:
            is_asked &= F.col(name) != F.lit(to.but_for)
        return F.when(is_asked, _marked(number, F.xxhash64(name)))
    return F.when(breaks(rule), _marked(number, F.lit(0).cast("bigint")))


def _marked(number: int, key: Column, *, is_partner: bool = False) -> Column:
    return F.struct(F.lit(number).alias("rule"), key.alias("key"), F.lit(is_partner).alias("is_partner"))


def breaks(rule: Rule) -> Column:
    """Whether a row breaks a rule about the values of one column; never null."""
    column, value = _column(rule), F.col(rule.columns[0])
    if rule.check == "values":
        is_broken = ~value.isin(*column.values)
    else:
        is_below = value < F.lit(column.minimum)
        is_above = value > F.lit(column.maximum)
        is_broken = F.coalesce(is_below, F.lit(False)) | F.coalesce(is_above, F.lit(False))
    return F.coalesce(is_broken, F.lit(False))


def quarantine(
    spark: SparkSession,
    places: Places,
    figures: Mapping[str, ParquetFigures],
    results: Sequence[Result],
) -> Quarantined:
    """Take the rows out that broken rules quarantine, into the staged rejected_records.

    The raw record stays in the raw zone, so that a changed rule takes the row in again.
    """
    broken: dict[str, list[Rule]] = {}
    for each in results:
        if each.failing and each.rule.severity == "quarantine":
            broken.setdefault(each.rule.table, []).append(each.rule)
    if not broken:
        return Quarantined(0, {}, {})
    files = HadoopFiles(spark)
    taken = {name: _taken(spark, places, name, rules) for name, rules in broken.items()}
    rejected = tables.REJECTED_RECORDS.name
    everything = reduce(DataFrame.unionAll, taken.values(), staged(spark, places, rejected)).coalesce(1)
    changed = {rejected: rewrite(files, places, rejected, everything)}
    # Counted where they stand now: the tables they come from are about to lose them.
    is_taken = F.col("reason") == F.lit(tables.QUALITY_RULE)
    counts = staged(spark, places, rejected).where(is_taken).groupBy("source").count().collect()
    for name, rules in broken.items():
        kept = staged(spark, places, name).where(~_any(rules))
        changed[name] = rewrite(files, places, name, kept)
        _LOG.warning("%s: %d rows quarantined", name, figures[name].rows - changed[name].rows)
    return Quarantined(
        rows=sum(row["count"] for row in counts),
        by_source={row["source"]: row["count"] for row in counts if row["source"] is not None},
        files=changed,
    )


def _taken(spark: SparkSession, places: Places, name: str, rules: Sequence[Rule]) -> DataFrame:
    rows = staged(spark, places, name).where(_any(rules))
    nothing = {column: F.lit(None) for column in ("line_number", "playlist_id", "position", "run_id")}
    if name == tables.PLAYLIST_ITEMS.name:
        nothing |= {"playlist_id": F.col("playlist_id"), "position": F.col("position")}
    elif name == tables.PLAYLISTS.name:
        nothing |= {"playlist_id": F.col("playlist_id")}
    types = {field.name: field.dataType for field in spark_schema(tables.REJECTED_RECORDS)}
    values = {
        "source": _source(name),
        "reason": F.lit(tables.QUALITY_RULE),
        "detail": F.concat_ws(
            ", ",
            *[F.when(breaks(each), F.lit(f"{each.name} wants {each.expected}")) for each in rules],
        ),
        "raw_text": F.to_json(F.struct(*tables.table(name).column_names)),
        "object_uri": F.lit(places.target(name)),
        **nothing,
    }
    return conform(
        rows,
        tables.REJECTED_RECORDS,
        **{column: value.cast(types[column]) for column, value in values.items()},
    )


def _source(name: str) -> Column:
    """The raw source of a table's row, null where the row is made of parts of many records."""
    if name == tables.PLAYLISTS.name:
        return F.lit(raw_zone.PLAYLISTS)
    if name == tables.PLAYLIST_ITEMS.name:
        is_saved = F.col("playlist_id") == F.lit(raw_zone.SAVED_TRACKS)
        return F.when(is_saved, F.lit(raw_zone.SAVED_TRACKS)).otherwise(F.lit(raw_zone.PLAYLIST_ITEMS))
    if name == tables.ARTISTS.name:
        return F.when(F.col("is_full"), F.lit(raw_zone.ARTISTS))
    return F.lit(None)


def _any(rules: Sequence[Rule]) -> Column:
    return reduce(lambda one, other: one | other, [breaks(rule) for rule in rules])


def write_results(spark: SparkSession, places: Places, results: Sequence[Result]) -> ParquetFigures:
    """Write the staged quality_results."""
    schema = spark_schema(tables.QUALITY_RESULTS)
    # As a literal, and not from Python rows: one small task in the JVM.
    text = F.from_json(
        F.lit(json.dumps([each.as_row() for each in results])), f"array<{schema.simpleString()}>"
    )
    rows = spark.range(0, 1, 1, 1).select(F.inline(text))
    folder = places.staged(tables.QUALITY_RESULTS.name)
    rows.write.mode("overwrite").options(**WRITE_OPTIONS).parquet(folder)
    return HadoopFiles(spark).parquet_figures(folder)


WRITE_OPTIONS: Final = {
    # The staging folder is nobody's to read: no marker file, and no second round of renames.
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
}


def rewrite(files: HadoopFiles, places: Places, name: str, rows: DataFrame) -> ParquetFigures:
    """Write a staged table anew from rows that are read from it."""
    folder, anew = places.staged(name), f"{places.staged(name)}_anew"
    rows.write.mode("overwrite").options(**WRITE_OPTIONS).parquet(anew)
    files.delete(folder)
    files.move(anew, folder)
    return files.parquet_figures(folder)


def staged(spark: SparkSession, places: Places, name: str) -> DataFrame:
    """Read a staged table."""
    return spark.read.schema(spark_schema(tables.table(name))).parquet(places.staged(name))


def _column(rule: Rule) -> tables.Column:
    return tables.table(rule.table).column(rule.columns[0])
