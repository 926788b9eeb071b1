"""`make query`, and `make shell` with statements from a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.local.lake_folder import only_user_of
from infra.local.sql import cli
from infra.saved_queries import saved_queries
from tests.athena_lake import register_tables
from tests.project import ROOT
from tests.unit.infra.local.sql.lakes import sql_lake

SQL = "select name, length from tracks where day = '2026-01-02' order by 1"


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lake that changed last, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return sql_lake(tmp_path / ".lake" / "synthetic")


def command(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, words, input=stdin)


def refusal(*words: str) -> str:
    done = command(*words)
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    return done.stderr.rstrip("\n")


def test_a_query_is_written_as_csv_json_or_a_table(lake: Path) -> None:
    assert command("query", "--format", "csv", SQL).stdout == "name,length\nAda,1\nBo,2\n"
    found = json.loads(command("query", "--format", "json", SQL).stdout)
    assert found == [{"name": "Ada", "length": 1}, {"name": "Bo", "length": 2}]
    assert "│ Ada  │      1 │" in command("query", SQL).stdout


def test_the_lake_is_named_apart_from_the_rows_unless_it_was_given(lake: Path) -> None:
    assert "The lake is .lake/synthetic, the one that changed last" in command("query", SQL).stderr
    assert command("query", "--lake", str(lake), SQL).stderr == ""


@pytest.mark.parametrize("words", [(), ("",), ("  ",)])
def test_a_query_without_a_statement_is_refused_with_an_example(words: tuple[str, ...]) -> None:
    assert refusal("query", *words) == (
        "Error: There is no statement to run. Write one: "
        "make query SQL='select name from latest_tracks limit 5'"
    )


@pytest.mark.parametrize("words", [("query", "select 1"), ("shell",)])
def test_what_is_not_a_lake_is_refused_and_not_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "There is no lake in nowhere" in refusal(words[0], "--lake", "nowhere", *words[1:])
    assert not Path("nowhere").exists()
    assert "There is no lake in [bold]" in refusal(words[0], "--lake", "[bold]", *words[1:])
    assert "FORMAT is 'xml'. Write table, csv or json." in refusal(words[0], "--format", "xml", *words[1:])
    Path("lake/s3").mkdir(parents=True)
    Path("lake/catalog.json").write_text("{")
    broken = refusal(words[0], "--lake", "lake", *words[1:])
    assert "The lake file lake/catalog.json cannot be used" in broken


def test_athenas_reason_is_shown_with_the_name_that_was_meant(lake: Path) -> None:
    refused = refusal("query", "--lake", str(lake), "select lenght from tracks")
    assert refused.startswith("Error: COLUMN_NOT_FOUND: line 1:8: ")
    assert "Did you mean 'length'?" in refused
    assert "Did you mean 'tracks'?" in refusal("query", "--lake", str(lake), "select 1 from track")


def test_a_prepared_statement_that_does_not_exist_is_refused_with_the_name_that_was_meant(lake: Path) -> None:
    command("query", "prepare of_day from select 1")
    assert "Did you mean 'of_day'?" in refusal("query", "--lake", str(lake), "execute of_days")
    assert "Did you mean 'of_day'?" in refusal("query", "--lake", str(lake), "deallocate prepare ofday")


def test_a_lake_in_use_is_read_and_not_changed(lake: Path) -> None:
    with only_user_of(lake):
        assert command("query", SQL).exit_code == 0
        refused = refusal("query", "--lake", str(lake), "create view v as select 1 as x")
        assert "Did you mean 'tracks'" in refusal("query", "--lake", str(lake), "drop table track")
        assert "COLUMN_NOT_FOUND" in refusal("query", "--lake", str(lake), "create table x as select nothing")
        written = refusal("query", "--lake", str(lake), "create table x as select 1 as x")
        assert command("query", "drop table if exists track").exit_code == 0
        assert command("query", "prepare one from select 1").exit_code == 0
    assert f"is in use by another command (process {os.getpid()})" in refused
    assert "is in use by another command" in written
    assert command("query", "create view v as select 1 as x").exit_code == 0
    assert command("query", "--format", "csv", "select x from v").stdout == "x\n1\n"


def test_a_shell_runs_what_comes_through_a_pipe_and_goes_on_after_a_mistake(lake: Path) -> None:
    script = "select 'a;b' as x;\nselect nowhere;\n\\d nowhere\n-- a comment;\nselect 2\n as y"
    done = command("shell", "--format", "csv", "--lake", str(lake), stdin=script)
    assert done.stdout == "x\na;b\ny\n2\n"
    assert "COLUMN_NOT_FOUND" in done.stderr
    assert "There is no table 'nowhere'" in done.stderr
    assert done.exit_code == 2


@pytest.mark.parametrize("leave", ["\\q", "exit;", "QUIT"])
def test_a_shell_without_a_mistake_succeeds_and_leaves_when_told(lake: Path, leave: str) -> None:
    done = command("shell", "--format", "csv", stdin=f"select 1 as x;\n{leave}\n;select 2 as y;")
    assert (done.exit_code, done.stdout) == (0, "x\n1\n")


def test_a_shell_describes_tables_in_the_format_of_the_results(lake: Path) -> None:
    described = command("shell", "--format", "csv", stdin="\\d\n\\d tracks\n")
    assert described.stdout == (
        'table,kind,description\ntracks,table,""\n'
        'column,type,description\nname,varchar,""\nlength,integer,""\nday,varchar,Partition.\n'
    )
    assert "│ tracks │ table │" in command("shell", stdin="\\d\n").stdout


def test_a_script_may_begin_with_a_byte_order_mark(lake: Path) -> None:
    assert command("shell", "--format", "csv", stdin="\ufeffselect 1 as x;").stdout == "x\n1\n"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("rows", [3, 50_000])
def test_a_reader_that_wants_only_the_first_line_is_not_an_error(lake: Path, form: str, rows: int) -> None:
    sql = f"select x from unnest(sequence(1, {rows // 5})) t(x), unnest(sequence(1, 5)) u(y)"
    code = "import sys; from infra.local.sql.cli import app; app(sys.argv[1:])"
    words = [sys.executable, "-c", code, "query", "--lake", str(lake), "--format", form, sql]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 0)


def test_neither_the_local_aws_nor_arrow_is_loaded_for_a_query(lake: Path) -> None:
    code = (
        "import sys; from infra.local.sql.cli import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "slow = {'moto', 'boto3', 'pyarrow', 'pandas', 'numpy', 'pyspark', 'sqlglot'}\n"
        "sys.exit(f'loaded: {slow & set(sys.modules)}' if slow & set(sys.modules) else 0)"
    )
    words = ("query", "--lake", str(lake), "--format", "csv", SQL)
    folder = str(Path(cli.__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, cwd=folder
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "name,length\nAda,1\nBo,2\n", "")


def test_the_saved_queries_are_listed_with_their_questions_and_what_to_change() -> None:
    listed = command("queries").stdout
    for query in saved_queries():
        assert f"{query.name}\n  {query.question}\n  Change: {query.change}\n" in listed


def test_a_saved_query_is_run_by_its_name_and_its_question_is_apart_from_the_rows(tmp_path: Path) -> None:
    register_tables(tmp_path)
    done = command("query", "--lake", str(tmp_path), "--name", "explicit_share", "--format", "csv")
    assert done.stdout == "playlist_name,tracks,explicit_tracks,explicit_percent\n"
    assert done.stderr.startswith("What share of each playlist is explicit?")


def test_a_saved_query_of_another_name_is_refused_with_the_name_that_was_meant(lake: Path) -> None:
    assert "Did you mean 'duplicates'?" in refusal("query", "--name", "duplicate")
    assert "'make queries' lists them" in refusal("query", "--name", "x")


def test_a_statement_and_a_saved_query_are_refused_together(lake: Path) -> None:
    assert "Use either SQL or NAME" in refusal("query", "--name", "duplicates", SQL)
