"""Making a failing catalog small enough to read.

Hypothesis would try one simplification after the other, and each try would be a run of the job. Here one run
tries all of a round's, since the catalogs of a run do not touch each other.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final, TypeAlias

from tests.spark.generated.lines import Catalog

Step: TypeAlias = tuple[int, tuple[Any, ...]]
"""What to take away: the line at that place, or of its body what stands at the path where there is one."""
_MOST_ROUNDS: Final = 15
_MOST_AT_ONCE: Final = 500


def simplified(catalog: Catalog, failing: Callable[[Sequence[Catalog]], Collection[int]]) -> Catalog:
    """Take away from a failing catalog whatever it fails without.

    Args:
        catalog: one that fails.
        failing: tells the places of those of several catalogs that fail.
    """
    for _ in range(_MOST_ROUNDS):
        steps = list(_steps(catalog))[:_MOST_AT_ONCE]
        useful = [steps[place] for place in sorted(failing([_without(catalog, [each]) for each in steps]))]
        if not useful:
            break
        # What can go alone cannot always go together: in the order found, as many as can.
        together = [_without(catalog, useful[:count]) for count in range(1, len(useful) + 1)]
        failed = failing(together)
        if not failed:
            break
        catalog = together[max(failed)]
    return catalog


def _steps(catalog: Catalog) -> Iterator[Step]:
    """Whole lines first, then what is in them, the larger parts before their own parts."""
    places = range(len(catalog.lines))
    yield from ((place, ()) for place in places if len(places) > 1)
    paths = [(place, path) for place in places for path in _paths(catalog.lines[place].body)]
    yield from sorted(paths, key=lambda step: len(step[1]))


def _paths(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, part in parts:
        yield (*path, name)
        yield from _paths(part, (*path, name))


def _without(catalog: Catalog, steps: Sequence[Step]) -> Catalog:
    lines = []
    for place, line in enumerate(catalog.lines):
        paths = [path for each, path in steps if each == place]
        if () in paths:
            continue
        body = copy.deepcopy(line.body)
        # The elements of a list from behind: each that goes moves those behind it.
        for path in sorted(paths, key=str, reverse=True):
            _take_away(body, path)
        lines.append(dataclasses.replace(line, body=body))
    return Catalog(tuple(lines))


def _take_away(body: Any, path: tuple[Any, ...]) -> None:
    for name in path[:-1]:
        body = body[name]
    del body[path[-1]]
