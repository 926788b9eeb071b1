"""Runs queries that read no table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import duckdb

from infra.local.athena.duckdb_session import define_helpers, open_connection
from infra.local.athena.failures import refusal_of
from infra.local.athena.planning import plan_query
from infra.local.athena.sources import Source

NOW = dt.datetime(2026, 11, 29, 21, 42, 7, 123000)  # noqa: DTZ001  # UTC, without tzinfo


class NoSources:
    def find(self, database: str, name: str) -> Source | None:
        return None

    def has_database(self, database: str) -> bool:
        return database == "lake"

    def names(self, database: str) -> Sequence[str]:
        return ["tracks"]


def types(sql: str) -> list[str]:
    return [str(kind) for _, kind in plan_query(sql, NoSources(), "lake", now=NOW).columns]


def rows(sql: str, *parameters: str) -> list[tuple[Any, ...]]:
    translated = plan_query(sql, NoSources(), "lake", parameters, now=NOW)
    with open_connection() as connection:
        define_helpers(connection, translated.sql)
        try:
            return connection.execute(translated.sql).fetchall()
        except duckdb.Error as error:
            raise refusal_of(error) from error


def values(*expressions: str) -> list[Any]:
    (row,) = rows(f"select {', '.join(expressions)}")
    return list(row)
