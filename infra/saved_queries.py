"""The saved queries in `infra/athena/*.sql`. `python -m infra.saved_queries` writes them into the template.

A file begins with a comment: what to change, the question, and how it is answered.

    -- Change: the 7 days.
    -- Question: What is new in my playlists this week?
    -- Items that were added in the last days, latest first.
"""

from __future__ import annotations

import dataclasses
import json
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "athena"
TEMPLATE: Final = Path(__file__).parent / "template.yaml"
_HEADER: Final = re.compile(
    r"-- Change: (?P<change>.+)\n-- Question: (?P<question>.+)\n(?P<notes>(?:-- .+\n)*)"
)
_RESOURCES: Final = re.compile(
    r"(?:  \w+:\n    Type: AWS::Athena::NamedQuery\n(?:    .*\n|\n(?= *\S))+)+(?=  # -)", re.MULTILINE
)


class HeaderMissing(ValueError):
    """A query's file does not begin with the expected comment.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} must begin with the lines `-- Change: <what to change>` and `-- Question: <question>`."
        )


@dataclasses.dataclass(frozen=True)
class SavedQuery:
    """A query that answers a common question.

    Attributes:
        name: of its file, without `.sql`, and in Athena.
        question: what it answers.
        change: what to change in it.
        notes: how it answers, in one line.
        sql: the whole file, in Athena SQL.
    """

    name: str
    question: str
    change: str
    notes: str
    sql: str


def saved_queries(folder: Path = FOLDER) -> tuple[SavedQuery, ...]:
    """Read the saved queries, sorted by name.

    Raises:
        HeaderMissing: a file does not begin with the expected comment.
    """
    return tuple(_read(path) for path in sorted(folder.glob("*.sql")))


def _read(path: Path) -> SavedQuery:
    text = path.read_text("utf-8")
    header = _HEADER.match(text)
    if not header:
        raise HeaderMissing(path)
    notes = " ".join(line.removeprefix("-- ") for line in header["notes"].splitlines())
    return SavedQuery(path.stem, header["question"], header["change"], notes, text.strip())


def with_queries(template: str, queries: Iterable[SavedQuery]) -> str:
    """Return the text of a template with these queries instead of its saved queries.

    Raises:
        ValueError: the saved queries are not in one place, followed by a comment line.
    """
    resources = "\n".join(map(_resource, queries)) + "\n"
    made, found = _RESOURCES.subn(lambda _: resources, template)
    if found != 1:
        raise ValueError(
            f"the template has {found} groups of AWS::Athena::NamedQuery before a comment line `# ---`."
            " Put all of them in one group"
        )
    return made


def _resource(query: SavedQuery) -> str:
    name = "".join(word.capitalize() for word in query.name.split("_"))
    return f"""  Query{name}:
    Type: AWS::Athena::NamedQuery
    Properties:
      Name: {query.name}
      Description: {json.dumps(query.question, ensure_ascii=False)}
      Database: !Ref Database
      WorkGroup: !Ref WorkGroup
      QueryString: |
{textwrap.indent(query.sql, " " * 8)}
"""


if __name__ == "__main__":
    TEMPLATE.write_text(with_queries(TEMPLATE.read_text("utf-8"), saved_queries()), "utf-8")
