"""Reduce a failing catalog until it is small enough to read.

Hypothesis would try one simplification after the other, and each try would be a run of the job. Here one run
tries all simplifications of a round, because the catalogs of a run do not affect each other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final, TypeAlias

from tests.spark.generated.lines import Catalog

Step: TypeAlias = tuple[int, tuple[Any, ...]]
"""What to remove: the line with this index, or the value at a path in its body."""
_MOST_ROUNDS: Final = 15
_MOST_AT_ONCE: Final = 500


def simplify(catalog: Catalog, failing: Callable[[Sequence[Catalog]], Collection[int]]) -> Catalog:
    """Remove from a failing catalog everything that is not needed for the failure.

    Args:
        catalog: one that fails.
        failing: returns the indexes of the catalogs that fail.
    """
    for _ in range(_MOST_ROUNDS):
        steps = list(_steps(catalog))[:_MOST_AT_ONCE]
        useful = [steps[place] for place in sorted(failing([_without(catalog, [each]) for each in steps]))]
        if not useful:
            break
        # Steps that work alone do not always work together: take as many as possible, in their order.
        together = [_without(catalog, useful[:count]) for count in range(1, len(useful) + 1)]
        failed = failing(together)
        if not failed:
            break
        catalog = together[max(failed)]
    return catalog


def _steps(catalog: Catalog) -> Iterator[Step]:
    """Yield whole lines first, then their parts, larger ones before smaller ones."""
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
        body = _copied(line.body)
        # Parts before what contains them, and elements of a list from the end, so that the paths stay valid.
        for path in sorted(set(paths), key=_sort_key, reverse=True):
            _remove(body, path)
        lines.append(dataclasses.replace(line, body=body))
    return Catalog(tuple(lines))


def _copied(value: Any) -> Any:
    """A copy without shared parts, so that removing a part of one credit leaves an equal one unchanged."""
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value


def _sort_key(path: tuple[Any, ...]) -> list[tuple[str, int]]:
    return [(name, 0) if isinstance(name, str) else ("", name) for name in path]


def _remove(body: Any, path: tuple[Any, ...]) -> None:
    for name in path[:-1]:
        body = body[name]
    del body[path[-1]]
