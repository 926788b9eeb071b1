"""A view's definition, as the Glue catalog keeps it for Athena."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Final, Self

CATALOG: Final = "awsdatacatalog"
"""The only catalog that there is."""
_TEXT: Final = re.compile(r"/\* Presto View: (\S+) \*/")


@dataclass(frozen=True)
class ViewDefinition:
    """A view as Athena keeps it.

    Attributes:
        sql: the query, as it was written.
        database: where the query's tables without a database are.
        columns: name and Trino type (`timestamp(3)`) of each column.
    """

    sql: str
    database: str
    columns: tuple[tuple[str, str], ...]

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Decode a ViewOriginalText; None if it is not Athena's, for example of a Hive view."""
        found = _TEXT.match(text)
        try:
            definition = json.loads(base64.b64decode(found[1])) if found else None
        except (binascii.Error, ValueError):
            return None
        if not isinstance(definition, dict) or "originalSql" not in definition:
            return None
        columns = tuple((each["name"], each["type"]) for each in definition.get("columns", ()))
        return cls(definition["originalSql"], definition.get("schema") or "default", columns)

    def to_text(self) -> str:
        """Encode it as a ViewOriginalText."""
        columns = [{"name": name, "type": kind} for name, kind in self.columns]
        definition = {
            "originalSql": self.sql,
            "catalog": CATALOG,
            "schema": self.database,
            "columns": columns,
        }
        return f"/* Presto View: {base64.b64encode(json.dumps(definition).encode()).decode()} */"
