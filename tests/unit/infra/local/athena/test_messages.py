"""The messages of refusals: they name what is wrong and what was probably meant, in Athena's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.infra.local.athena.lakes import Analyst, LakeFolder


@pytest.fixture
def analyst(tmp_path: Path) -> Analyst:
    lake = LakeFolder(tmp_path)
    lake.table("tracks", {"name": "string", "length": "int"})
    lake.put("tracks/part.parquet", {"name": ["Ada"], "length": [1]})
    return Analyst(lake)


@pytest.mark.parametrize(
    ("sql", "kind", "expected"),
    [
        (
            "selec 1",
            "SYNTAX_ERROR",
            r"mismatched input 'selec'\. Expecting: .*'SELECT'.* Did you mean 'select'\?",
        ),
        ("inset into t select 1", "SYNTAX_ERROR", r"Expecting: .* Did you mean 'insert'\?"),
        ("show tabels", "SYNTAX_ERROR", r"mismatched input 'tabels'\. .*'VIEWS'.* Did you mean 'tables'\?"),
        ("create veiw v as select 1", "SYNTAX_ERROR", r"'EXTERNAL'.*'VIEW'. Did you mean 'view'\?"),
        ("1", "SYNTAX_ERROR", r"mismatched input '1'\. Expecting: .*'WITH'$"),
        ("select 1 from tracks a join tracks b where true", "SYNTAX_ERROR", r"Expecting: 'ON', 'USING'$"),
        (
            "select upper(name), count(*) from tracks",
            "EXPRESSION_NOT_AGGREGATE",
            "'name' must be an aggregate expression or appear in GROUP BY clause",
        ),
        (
            "select t.Length from (select length from tracks) t group by length + 1",
            "EXPRESSION_NOT_AGGREGATE",
            "'length' must be an aggregate expression",
        ),
    ],
)
def test_a_mistake_is_named_with_what_was_probably_meant(
    analyst: Analyst, sql: str, kind: str, expected: str
) -> None:
    refused = analyst.refused(sql)
    assert refused.kind == kind
    assert re.search(expected, refused.message), refused.message


def test_a_view_whose_table_changed_names_the_column(analyst: Analyst) -> None:
    analyst.run("CREATE VIEW v AS SELECT length, name FROM tracks")
    analyst.run("ALTER TABLE tracks REPLACE COLUMNS (name string, length string)")
    refused = analyst.refused("SELECT name FROM v")
    assert refused.kind == "VIEW_IS_STALE"
    assert refused.message == (
        "View 'awsdatacatalog.music.v' is stale or in invalid state: column [length] of type varchar "
        "projected from query view at position 0 cannot be coerced to column [length] of type integer "
        "stored in view definition"
    )


@pytest.mark.parametrize(
    "statement",
    ["SHOW CATALOGS", "SHOW SESSION", "SHOW FUNCTIONS", "DESCRIBE INPUT of_day", "DESCRIBE OUTPUT x"],
)
def test_a_statement_that_athena_does_not_have_is_not_said_to_be_one_of_athena(
    analyst: Analyst, statement: str
) -> None:
    refused = analyst.refused(statement)
    words = " ".join(statement.split()[:2])
    assert (refused.kind, refused.message) == ("NOT_SUPPORTED", f"Athena does not support {words}")


def test_a_table_may_have_the_name_of_a_word(analyst: Analyst) -> None:
    assert analyst.refused("DESCRIBE input").kind == "TABLE_NOT_FOUND"


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("select 1, word_stem(name) from tracks", 11),
        ("select approx_set(length) from tracks", 8),
        ("select upper(array_join(array[json '1'], ',')) from tracks", 14),
    ],
)
def test_what_is_not_supported_here_is_refused_with_its_place(
    analyst: Analyst, sql: str, column: int
) -> None:
    refused = analyst.refused(sql)
    assert refused.message.endswith("; Athena does")
    assert refused.line == 1
    assert refused.column == column


@pytest.mark.parametrize(
    ("sql", "kind", "message"),
    [
        ("length + 2147483647", "NUMERIC_VALUE_OUT_OF_RANGE", "integer addition overflow: 1 + 2147483647"),
        (
            "cast(length * 1e19 as bigint)",
            "INVALID_CAST_ARGUMENT",
            "Unable to cast 1.0E19 to bigint",
        ),
        ("cast(length + 127 as tinyint)", "NUMERIC_VALUE_OUT_OF_RANGE", "Out of range for tinyint: 128"),
        (
            "cast(cast(length as decimal(3, 0)) * 15 as decimal(3, 2))",
            "INVALID_CAST_ARGUMENT",
            "Cannot cast '15' to DECIMAL(3, 2)",
        ),
        (
            "1.50 / cast(length as decimal(38, 38))",
            "INVALID_CAST_ARGUMENT",
            "Cannot cast '1' to DECIMAL(38, 38)",
        ),
    ],
)
def test_a_failure_at_a_value_is_worded_as_in_trino(
    analyst: Analyst, sql: str, kind: str, message: str
) -> None:
    refused = analyst.refused(f"select {sql} from tracks")
    assert (refused.kind, refused.message) == (kind, message)


def test_a_file_that_was_cut_short_is_named_without_the_paths_of_this_machine(
    analyst: Analyst, tmp_path: Path
) -> None:
    (file,) = tmp_path.glob("s3/*/tracks/part.parquet")
    file.write_bytes(file.read_bytes()[:-20])
    refused = analyst.refused("select name from tracks")
    assert refused.kind == "HIVE_CANNOT_OPEN_SPLIT"
    assert refused.message.startswith("Error opening Hive split s3://")
    assert refused.message.endswith("it is not a complete Parquet file")


@pytest.mark.parametrize(
    ("literal", "refusal"),
    [
        ("foo '1'", "TYPE_NOT_FOUND: line 1:11: Unknown type: foo"),
        ("array '1'", "TYPE_NOT_FOUND: line 1:11: Unknown type: array"),
        ("hyperloglog '1'", "OPERATOR_NOT_FOUND: Cannot cast varchar to hyperloglog"),
        *(
            (
                f"{kind} '10.0.0.1'",
                "NOT_SUPPORTED: line 1:11: the local Athena does not support values of "
                f"type {kind}; Athena does",
            )
            for kind in ("ipaddress", "JsonPath")
        ),
    ],
)
def test_a_literal_of_another_type_is_refused_for_its_reason(
    analyst: Analyst, literal: str, refusal: str
) -> None:
    assert str(analyst.refused(f"select 1, {literal}")) == refusal


def test_a_literal_may_have_any_type_that_text_is_cast_to(analyst: Analyst) -> None:
    assert analyst.rows("select typeof(varbinary 'ab'), to_hex(varbinary 'ab')") == [("varbinary", "6162")]
