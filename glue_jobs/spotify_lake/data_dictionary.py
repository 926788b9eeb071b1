"""Prints the data dictionary, in Markdown, from the contract.

python -m spotify_lake.data_dictionary > DATA_DICTIONARY.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from spotify_lake.tables import PARTITION, TABLES, Column, Table

_PREAMBLE = """\
# Data dictionary

Generated from `spotify_lake/tables.py` by `python -m spotify_lake.data_dictionary`; do not edit it.

Every table is partitioned by `{name}` ({type}): {description}
Times are UTC. A column that may not be null is marked; the job publishes nothing that breaks this.
"""


def data_dictionary() -> str:
    """Return the whole document."""
    preamble = _PREAMBLE.format(name=PARTITION.name, type=PARTITION.type, description=PARTITION.description)
    return "\n".join([preamble, *(line for table in TABLES for line in _section(table))])


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.name}\n"
    yield f"{table.description}\n"
    key = ", ".join(f"`{name}`" for name in table.key)
    yield f"Grain: {table.grain}. Unique within a day: {key}.\n"
    yield "| column | type | null | what |"
    yield "|---|---|---|---|"
    for column in table.columns:
        null = "yes" if column.nullable else "no"
        yield f"| `{column.name}` | {column.type} | {null} | {_meaning(column)} |"
    yield ""


def _meaning(column: Column) -> str:
    return column.description.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())
