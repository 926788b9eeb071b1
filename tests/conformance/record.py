"""Record what Trino answers: `make record-trino`.

| file | what it has |
|---|---|
| infra/local/athena/trino_functions.json | every function signature |
| record/conversions.jsonl | for pairs of types: whether one is cast to the other, explicitly and implicitly |
| record/corpus.jsonl | the statements of the corpus |
| record/generated.jsonl | the generated expressions |
| record/generated_held_out.jsonl | more of them, which nobody reads while the local Athena is made |

record/athena.jsonl is written by hand from Athena's documentation: statements that Trino does not have.

A line of the record is a JSON object:

| key | value |
|---|---|
| group, sql | the statement, and the group whose statements run in this order |
| columns | pairs of name and type; not there where the documentation does not name them |
| rows | the rows, values encoded as in tables.json; dates, times and intervals as Trino prints them |
| ordered | whether the order of the rows matters |
| any_rows | true: only the number of rows matters, because LIMIT takes any of them |
| tolerance | the share by which numbers may differ |
| update | instead of columns and rows: the kind of a statement that is not a query |
| error, line, column, message | instead of them: Trino's name of the error and its place; ANY for any error |
| other_errors | how other rows fail: it is not determined which row fails first |
| source | `athena documentation` for what is not recorded on Trino |
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import sqlglot
from sqlglot import exp

from infra.local.athena.type_text import parse_type
from infra.local.athena.types import INTEGERS, Type
from tests.conformance import trino
from tests.conformance.corpus import Statement, read_corpus, views
from tests.conformance.generate import COUNT, SEED, generated, split_held_out
from tests.conformance.tables import creating, read_tables
from tests.project import ROOT

FUNCTIONS: Final = ROOT / "infra/local/athena/trino_functions.json"
_ONE_ROW: Final = "(SELECT * FROM {0} OFFSET {1} LIMIT 1) AS {0}"
RECORD: Final = Path(__file__).parent / "record"


def record_functions(server: trino.Trino) -> None:
    """Write every function signature of Trino, one per line."""
    lines = (server.folder / "functions.jsonl").read_text(encoding="utf-8").splitlines()
    # By name, then by the whole text: overloads have an order of their own.
    ordered = sorted(lines, key=lambda line: (json.loads(line)["name"], line))
    FUNCTIONS.write_text("[\n" + ",\n".join(ordered) + "\n]\n", encoding="utf-8")


def record_conversions(server: trino.Trino) -> None:
    """Write for each pair of types: whether CAST takes it, whether it is implicit, the common supertype."""
    lines = (server.folder / "conversions.jsonl").read_text(encoding="utf-8")
    (RECORD / "conversions.jsonl").write_text(lines, encoding="utf-8")


def record_statements(server: trino.Trino, statements: Iterable[Statement], file: Path) -> None:
    """Write what each statement gives, one per line."""
    lines = (json.dumps(_recorded(server, each), ensure_ascii=False) for each in statements)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def record_generated(server: trino.Trino) -> None:
    """Write what the generated expressions give."""
    seen, held_out = split_held_out(generated(SEED, COUNT))
    record_statements(server, seen, RECORD / "generated.jsonl")
    record_statements(server, held_out, RECORD / "generated_held_out.jsonl")


def _recorded(server: trino.Trino, statement: Statement) -> dict[str, Any]:
    answer = server.run(statement.sql)
    recorded: dict[str, Any] = {"group": statement.group, "sql": statement.sql}
    if answer.failure:
        failure = answer.failure
        recorded |= {"error": failure.name, "line": failure.line, "column": failure.column}
        recorded["message"] = failure.message
        others = _errors_of_rows(server, statement.sql) - {failure.name} if failure.line is None else set()
        return recorded | ({"other_errors": sorted(others)} if others else {})
    if answer.update:
        return recorded | {"update": answer.update}
    types = [parse_type(type_) for _, type_ in answer.columns]
    recorded["columns"] = [[name, str(type_)] for (name, _), type_ in zip(answer.columns, types, strict=True)]
    recorded["rows"] = [list(map(_encoded, row, types)) for row in answer.rows]
    if _clause(statement.sql, "order"):
        recorded["ordered"] = not statement.unordered
    elif _clause(statement.sql, "limit") and answer.rows:
        recorded["any_rows"] = True
    if statement.tolerance:
        recorded["tolerance"] = statement.tolerance
    return recorded


def _errors_of_rows(server: trino.Trino, sql: str) -> set[str]:
    """Return how a statement over one table fails for each of its rows alone."""
    tables = {table.name: table for table in read_tables()}
    found = re.findall(rf" FROM ({'|'.join(tables)})\b", sql)
    if not sql.startswith("SELECT") or len(found) != 1:
        return set()
    (name,) = found
    rows = (_ONE_ROW.format(name, place) for place in range(len(tables[name].rows)))
    answers = (server.run(sql.replace(f" FROM {name}", f" FROM {row}")) for row in rows)
    return {answer.failure.name for answer in answers if answer.failure}


def _clause(sql: str, name: str) -> bool:
    """Return whether the outermost query has this clause."""
    try:
        statement = sqlglot.parse_one(sql, read="trino")
    except sqlglot.errors.SqlglotError:
        return False
    return isinstance(statement, exp.Query) and statement.args.get(name) is not None


def _encoded(value: Any, type_: Type) -> Any:
    """Encode a value of Trino's JSON: maps as pairs, because JSON has no keys but text, and binary as hex."""
    if value is None:
        return None
    match type_.base:
        case "array":
            return [_encoded(item, type_.element) for item in value]
        case "row":
            return list(map(_encoded, value, type_.types))
        case "map":
            key, item = type_.types
            return [[_key(text, key), _encoded(found, item)] for text, found in value.items()]
        case "varbinary":
            return base64.b64decode(value).hex()
    return value


def _key(text: str, type_: Type) -> Any:
    is_number = type_.base in {*INTEGERS, "real", "double"} and text not in {"NaN", "Infinity", "-Infinity"}
    return json.loads(text) if is_number or type_.base == "boolean" else text


def create_tables(server: trino.Trino) -> None:
    """Create the tables of tables.json and the project's views."""
    server.execute(f"CREATE SCHEMA {trino.DATABASE}")
    for table in read_tables():
        for statement in creating(table):
            server.execute(statement)
    for view in views():
        server.execute(view.statement)


def main() -> None:
    """Renew the whole record."""
    with trino.running() as server:
        record_functions(server)
        record_conversions(server)
        create_tables(server)
        record_generated(server)
        # Last, because some of its statements change tables.
        record_statements(server, read_corpus(), RECORD / "corpus.jsonl")


if __name__ == "__main__":
    main()
