"""The arithmetic of nothing being lost: plain figures in, problems out.

For each source: read = written + duplicates + rejected + unused. `unused` are full artist records of former
days whose artist is credited on nothing today; it is 0 for every other source.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from spotify_lake import raw_zone
from spotify_lake.raw_zone import PlaylistEntry, RawObject


@dataclasses.dataclass(frozen=True)
class ObjectFigures:
    """What the scan found in one object: lines read, and of those the ones rejected."""

    read: int
    rejected: int


@dataclasses.dataclass(frozen=True)
class SourceFigures:
    """The account of one source."""

    read: int = 0
    written: int = 0
    duplicates: int = 0
    rejected: int = 0
    unused: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the figures by name."""
        return dataclasses.asdict(self)

    @property
    def unaccounted(self) -> int:
        """Lines read that are nowhere; negative when there are more rows than lines."""
        return self.read - self.written - self.duplicates - self.rejected - self.unused


def object_problems(
    objects: Iterable[RawObject], found: Mapping[str, ObjectFigures], raw_uri: str
) -> list[str]:
    """Name every object that does not hold as many lines as its manifest says.

    Args:
        objects: what the manifests name.
        found: by path as Spark reports it; an object without a line has no entry.
        raw_uri: the root of the raw zone.
    """
    by_path = {_path(path): figures for path, figures in found.items()}
    problems = []
    for each in objects:
        figures = by_path.get(_path(raw_uri + each.key))
        lines = figures.read if figures else 0
        if lines != each.rows:
            problems.append(f"{raw_uri}{each.key} holds {lines} records, its manifest says {each.rows}")
    return problems


def by_source(
    objects: Iterable[RawObject], found: Mapping[str, ObjectFigures], raw_uri: str
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the lines read and the lines rejected, by the source of the object that holds them."""
    source_of = {_path(raw_uri + each.key): each.source for each in objects}
    read, rejected = dict.fromkeys(raw_zone.SOURCES, 0), dict.fromkeys(raw_zone.SOURCES, 0)
    for path, figures in found.items():
        source = source_of[_path(path)]
        read[source] += figures.read
        rejected[source] += figures.rejected
    return read, rejected


def items_by_playlist(
    entries: Iterable[PlaylistEntry], found: Mapping[str, ObjectFigures], raw_uri: str
) -> dict[str, int]:
    """Return the accepted items of each playlist of the day; an empty playlist has 0."""
    by_path = {_path(path): figures.read - figures.rejected for path, figures in found.items()}
    return {
        entry.playlist_id: sum(by_path.get(_path(raw_uri + each.key), 0) for each in entry.objects)
        for entry in entries
    }


def with_quarantined(
    figures: Mapping[str, SourceFigures], quarantined: Mapping[str, int]
) -> dict[str, SourceFigures]:
    """Count rows that a quality rule took out of their table as rejected instead of written."""
    return {
        source: dataclasses.replace(
            each,
            written=each.written - quarantined.get(source, 0),
            rejected=each.rejected + quarantined.get(source, 0),
        )
        for source, each in figures.items()
    }


def _path(uri: str) -> str:
    """What `file:/a`, `file:///a` and an escaped form of either have in common."""
    return unquote(urlsplit(uri).path)


def account(
    *,
    read: Mapping[str, int],
    rejected: Mapping[str, int],
    written: Mapping[str, int],
    distinct: Mapping[str, int],
    unused: Mapping[str, int],
) -> dict[str, SourceFigures]:
    """Put the figures of each source together.

    Args:
        read: lines found, by source.
        rejected: of those the rejected ones.
        written: rows in the staged files.
        distinct: keys among the accepted lines, counted apart from the writing.
        unused: keys of records that the day has no use for.
    """
    return {
        source: SourceFigures(
            read=read.get(source, 0),
            written=written.get(source, 0),
            duplicates=read.get(source, 0) - rejected.get(source, 0) - distinct.get(source, 0),
            rejected=rejected.get(source, 0),
            unused=unused.get(source, 0),
        )
        for source in raw_zone.SOURCES
    }


def source_problems(
    figures: Mapping[str, SourceFigures], said: Mapping[str, int], rejected_rows: int
) -> list[str]:
    """Name every source whose figures do not add up.

    Args:
        figures: from `account`.
        said: lines by source, as the manifests say.
        rejected_rows: rows in the staged rejected_records.
    """
    problems = []
    for source, each in figures.items():
        if each.read != said.get(source, 0):
            problems.append(f"{source}: {each.read} records read, the manifests say {said.get(source, 0)}")
        if each.unaccounted:
            problems.append(f"{source}: {each.unaccounted} of {each.read} records are unaccounted for")
        if each.duplicates < 0:
            problems.append(f"{source}: more keys than records ({-each.duplicates})")
    rejected = sum(each.rejected for each in figures.values())
    if rejected != rejected_rows:
        problems.append(f"{rejected} records were rejected, rejected_records holds {rejected_rows}")
    return problems
