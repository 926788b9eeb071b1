"""The verdicts on the statements of the record, which must not get worse: record/verdicts.json.

Write the file again after a change that makes more statements equal:

    python -m tests.conformance.verdicts
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from infra.local.athena.checking.casts import can_cast
from infra.local.athena.coercions import can_coerce, common_type
from infra.local.athena.type_text import parse_type
from tests.conformance.lake import DATABASE, create_lake, open_engine
from tests.conformance.recorded import (
    FILES,
    GENERATED,
    HELD_OUT,
    RECORD,
    Comparison,
    Recorded,
    Verdict,
    compare,
    read_record,
)

_FILE: Final = RECORD / "verdicts.json"
_REFUSAL: Final = re.compile(r"[A-Z]+(_[A-Z]+)+: ")
_NOT_ATHENA: Final = re.compile(
    r"\bU?INT(8|16|32|64|128)\b|HUGEINT|DuckDB|(Conversion|Binder|Catalog|Parser|Input|Range) Error"
    r"|Python exception|\btrino_\w+\(|struct_pack|list_\w+\(|\d[eE][+]\d"
)


def compare_group(statements: Sequence[Recorded], lake: Path, folder: Path) -> list[Comparison]:
    """Run the statements of a group in their order, in a copy of a lake.

    Args:
        statements: the group.
        lake: the lake, which stays as it is.
        folder: where the copy is going to be.
    """
    engine = open_engine(shutil.copytree(lake, folder))
    return [compare(each, lambda sql: engine.run(sql, DATABASE)) for each in statements]


def summary(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return how many statements are equal, and the texts of those that are not."""

    def texts(verdict: Verdict) -> list[str]:
        return sorted(each.recorded.sql for each in comparisons if each.verdict is verdict)

    return {
        "equal": sum(each.verdict is Verdict.EQUAL for each in comparisons),
        "refused": texts(Verdict.REFUSED),
        "different": texts(Verdict.DIFFERENT),
    }


def worse(comparisons: Sequence[Comparison], known: dict[str, Any]) -> list[str]:
    """Explain the statements that are not equal, and whose verdict is not known."""
    return [
        each.explanation
        for each in comparisons
        if each.verdict is not Verdict.EQUAL and each.recorded.sql not in known[each.verdict.value]
    ]


def leaks(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the messages of refusals that have words of DuckDB, of Python or of the translation."""
    return [
        each.given for each in comparisons if _REFUSAL.match(each.given) and _NOT_ATHENA.search(each.given)
    ]


def figures(group: str, found: dict[str, Any]) -> str:
    """Return a group's summary as a line of text."""
    numbers = counts(found)
    return f"{group}: " + ", ".join(f"{number} {verdict}" for verdict, number in numbers.items())


def counts(found: dict[str, Any]) -> dict[str, int]:
    """Return a summary without the texts of statements, for those that nobody reads."""
    return {"equal": found["equal"], "refused": len(found["refused"]), "different": len(found["different"])}


def read_verdicts() -> dict[str, Any]:
    """Return the summary of each group."""
    verdicts: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return verdicts


def wrong_conversions() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give the lines of conversions.jsonl that the checker does not agree with, and what it has instead."""
    for line in (RECORD / "conversions.jsonl").read_text(encoding="utf-8").splitlines():
        recorded = json.loads(line)
        source, target = parse_type(recorded["from"]), parse_type(recorded["to"])
        common = common_type(source, target)
        given: dict[str, Any] = {"cast": can_cast(source, target), "implicit": can_coerce(source, target)}
        given |= {"common": str(common)} if common else {}
        if "common" in recorded:
            recorded["common"] = str(parse_type(recorded["common"]))
        if recorded != {"from": recorded["from"], "to": recorded["to"], **given}:
            yield recorded, given


def main() -> None:
    """Write the file again, and print the statements that differ."""
    verdicts = {}
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder) / "lake"
        create_lake(lake)
        for group, statements in read_record(*FILES, GENERATED).items():
            comparisons = compare_group(statements, lake, Path(folder) / group)
            verdicts[group] = summary(comparisons)
            for each in comparisons:
                if each.verdict is Verdict.DIFFERENT:
                    print(f"{each.explanation}\n")  # noqa: T201
        (held_out,) = read_record(HELD_OUT).values()
        verdicts["held_out"] = counts(summary(compare_group(held_out, lake, Path(folder) / "held_out")))
    _FILE.write_text(json.dumps(verdicts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
