"""Record what Trino answers: `make record-trino`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from tests.conformance import trino
from tests.project import ROOT

FUNCTIONS: Final = ROOT / "infra/local/athena/trino_functions.json"
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


def main() -> None:
    """Renew the whole record."""
    with trino.running() as server:
        record_functions(server)
        record_conversions(server)


if __name__ == "__main__":
    main()
