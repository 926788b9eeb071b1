"""The arithmetic of nothing being lost: plain figures in, problems out.

For each source: read = written + duplicates + rejected + unused. `unused` are full records of artists and
albums that no track of the day refers to; it is 0 for every other source. A full album record is written when
a row of `albums` takes its values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Final

from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import PlaylistEntry, RawObject


@dataclasses.dataclass(frozen=True)
class ObjectFigures:
    """What was found in one object: lines read, those of them rejected, and its stored bytes.

    Attributes:
        read: lines that are not blank.
        rejected: those of them that are in rejected_records.
        is_cut_off: whether it ends too early.
        sha256: hex digest of the stored bytes.
    """

    read: int
    rejected: int
    is_cut_off: bool = False
    sha256: str = ""


_NOTHING: Final = ObjectFigures(0, 0)


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
    """Name every object that is cut off or is not the one that its manifest tells of.

    Args:
        objects: what the manifests name.
        found: by key.
        raw_uri: the root of the raw zone.
    """
    problems = []
    for each in objects:
        figures = found.get(each.key, _NOTHING)
        if figures.is_cut_off:
            problems.append(f"{raw_uri}{each.key} is cut off or damaged after {figures.read} records")
        elif figures.read != each.rows:
            problems.append(
                f"{raw_uri}{each.key} holds {figures.read} records, its manifest says {each.rows}"
            )
        elif figures.sha256 != each.sha256 and each.rows:
            problems.append(
                f"{raw_uri}{each.key} is not what was fetched: its SHA-256 is {figures.sha256},"
                f" its manifest says {each.sha256}"
            )
    return problems


def by_source(
    objects: Iterable[RawObject], found: Mapping[str, ObjectFigures]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the lines read and the lines rejected, by the source of the object that holds them."""
    read, rejected = dict.fromkeys(raw_zone.SOURCES, 0), dict.fromkeys(raw_zone.SOURCES, 0)
    for each in objects:
        figures = found.get(each.key, _NOTHING)
        read[each.source] += figures.read
        rejected[each.source] += figures.rejected
    return read, rejected


def items_by_playlist(entries: Iterable[PlaylistEntry], found: Mapping[str, ObjectFigures]) -> dict[str, int]:
    """Return the accepted items of each playlist of the day; an empty playlist has 0."""
    return {
        entry.playlist_id: sum(
            figures.read - figures.rejected
            for figures in (found.get(each.key, _NOTHING) for each in entry.objects)
        )
        for entry in entries
    }


def table_problems(kept: Mapping[str, int], written: Mapping[str, int]) -> list[str]:
    """Name every table whose files do not hold the rows that were made for it.

    Args:
        kept: rows made, by table.
        written: rows in its files, by table.
    """
    return [
        f"{rows} rows were made for {table}, its files hold {written[table]}"
        for table, rows in kept.items()
        if rows != written[table]
    ]


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


def account(
    *,
    read: Mapping[str, int],
    rejected: Mapping[str, int],
    observed: Mapping[str, int],
    written: Mapping[str, int],
    distinct: Mapping[str, int],
    unused: Mapping[str, int],
) -> dict[str, SourceFigures]:
    """Put the figures of each source together.

    Args:
        read: lines found, by source.
        rejected: of those the rejected ones.
        observed: accepted lines that came to where the rows are chosen, counted there.
        written: rows made, before any is quarantined.
        distinct: keys among the observed lines, counted apart from the writing.
        unused: keys of records that the day has no use for.
    """
    return {
        source: SourceFigures(
            read=read.get(source, 0),
            written=written.get(source, 0),
            duplicates=observed.get(source, 0) - distinct.get(source, 0),
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
