"""The saved queries, as `make queries` lists them and `make query NAME=...` finds one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from infra.local.problems import UserProblem
from infra.saved_queries import SavedQuery, saved_queries


class NoSuchQuery(UserProblem):
    """There is no saved query of this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        from infra.local.athena.errors import did_you_mean  # noqa: PLC0415  # only needed here

        super().__init__(
            f"There is no saved query '{name}'{did_you_mean(name, known) or '.'} 'make queries' lists them."
        )


def find_query(name: str) -> SavedQuery:
    """Return a saved query by its name.

    Raises:
        NoSuchQuery: there is none of this name.
    """
    queries = {query.name: query for query in saved_queries()}
    if name not in queries:
        raise NoSuchQuery(name, list(queries))
    return queries[name]


def list_queries(console: Console) -> None:
    """Print the name of each saved query, what it answers, and what to change."""
    for query in saved_queries():
        console.print(Text(query.name, style="bold"))
        for line in (query.question, f"Change: {query.change}"):
            console.print(Text(f"  {line}"), soft_wrap=True)
    console.print("Run one: make query NAME=tracks_in_most_playlists", style="dim", highlight=False)
