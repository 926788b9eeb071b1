"""Statements on a lake's folder."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.local.sql.session import DATABASE, LakeSession, QueryFailed
from infra.local.stack import STACK_NAME
from tests.project import ROOT
from tests.unit.infra.local.sql.lakes import sql_lake


@pytest.fixture
def session(tmp_path: Path) -> LakeSession:
    return LakeSession(sql_lake(tmp_path))


def test_the_database_is_that_of_the_template() -> None:
    template = yaml_parse((ROOT / "infra" / "template.yaml").read_text())
    assert template["Parameters"]["DatabaseName"]["Default"] == ""
    assert STACK_NAME.replace("-", "_") == DATABASE


def test_each_statement_sees_the_lake_as_it_is_now(tmp_path: Path) -> None:
    first, second = LakeSession(sql_lake(tmp_path)), LakeSession(tmp_path)
    first.run("create view long as select name from tracks where length > 1")
    assert second.run("select distinct name from long").rows == [("Bo",)]
    assert [table.name for table in second.tables()] == ["long", "tracks"]


def test_a_prepared_statement_is_kept_for_the_next_command(tmp_path: Path) -> None:
    lake = sql_lake(tmp_path)
    LakeSession(lake).run("prepare of_day from select count(*) from tracks where day = ?")
    assert LakeSession(lake).run("execute of_day using '2026-01-02'").rows == [(2,)]
    LakeSession(lake).run("deallocate prepare of_day")
    with pytest.raises(QueryFailed, match="NOT_FOUND"):
        LakeSession(lake).run("execute of_day using '2026-01-02'")


def test_the_rows_of_a_new_table_go_where_the_work_group_keeps_results(
    session: LakeSession, tmp_path: Path
) -> None:
    written = session.run("create table copied as select name from tracks")
    assert written.update_count == 4
    assert all(
        uri.startswith("s3://spotify-lake-athenaresultsbucket-x/results/tables/")
        for uri in written.written or ()
    )
    assert session.run("select count(*) from copied").rows == [(4,)]


def test_a_refusal_is_the_users_problem(session: LakeSession) -> None:
    with pytest.raises(QueryFailed, match=r"^SYNTAX_ERROR: line 1:1: "):
        session.run("selec 1")


def test_an_interrupt_cancels_the_statement_and_leaves_the_session_usable(session: LakeSession) -> None:
    numbers = "unnest(sequence(1, 10000))"
    endless = f"select count(*) from {numbers} a(x), {numbers} b(y), {numbers} c(z) where x * y % 7 = z"

    def interrupt() -> None:
        time.sleep(0.5)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=interrupt)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            session.run(endless)
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert session.run("select 1").rows == [(1,)]


def test_bytes_that_are_not_text_are_refused(session: LakeSession) -> None:
    with pytest.raises(QueryFailed, match=r"not valid UTF-8.*select 'a"):
        session.run(b"select 'a\xff'".decode("utf-8", "surrogateescape"))
