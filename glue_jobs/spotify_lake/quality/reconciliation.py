"""Reconciliation: check by counts that no record was lost or made up.

For each source: read = written + duplicates + rejected + unused. `unused` counts full records of artists and
albums that no track of the day refers to. It is 0 for every other source. A full album record counts as
written if a row of `albums` has its values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Final

from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import PlaylistEntry, RawObject


@dataclasses.dataclass(frozen=True)
class ObjectFigures:
    """The counts of one raw object, and the hash of its stored bytes.

    Attributes:
        read: lines that are not blank.
        rejected: those that are in rejected_records.
        is_cut_off: whether it is truncated or damaged.
        sha256: hex digest of the stored bytes.
    """

    read: int
    rejected: int
    is_cut_off: bool = False
    sha256: str = ""


_NOTHING: Final = ObjectFigures(0, 0)


@dataclasses.dataclass(frozen=True)
class SourceFigures:
    """The counts of one source."""

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
        """Lines read that are not accounted for; negative if there are more rows than lines."""
        return self.read - self.written - self.duplicates - self.rejected - self.unused


def object_problems(
    objects: Iterable[RawObject], found: Mapping[str, ObjectFigures], raw_uri: str
) -> list[str]:
    """Return a problem for every object that is truncated or differs from its manifest.

    Args:
        objects: those in the manifests.
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
    """Return the number of accepted items of each playlist of the day, 0 for an empty one."""
    return {
        entry.playlist_id: sum(
            figures.read - figures.rejected
            for figures in (found.get(each.key, _NOTHING) for each in entry.objects)
        )
        for entry in entries
    }


def table_problems(kept: Mapping[str, int], written: Mapping[str, int]) -> list[str]:
    """Return a problem for every table whose file does not have the rows that were made for it.

    Args:
        kept: rows made, by table.
        written: rows in its file, by table.
    """
    return [
        f"{rows} rows were made for {table}, its file has {written[table]}"
        for table, rows in kept.items()
        if rows != written[table]
    ]


def with_quarantined(
    figures: Mapping[str, SourceFigures], quarantined: Mapping[str, int]
) -> dict[str, SourceFigures]:
    """Count quarantined rows as rejected instead of written."""
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
    """Return the figures of each source.

    Args:
        read: lines read, by source.
        rejected: rejected lines.
        observed: accepted lines, counted in the stage that chooses the rows.
        written: rows chosen, before any is quarantined.
        distinct: keys among the observed lines, counted independently of the chosen rows.
        unused: keys of full records that no row uses.
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
    figures: Mapping[str, SourceFigures], expected: Mapping[str, int], rejected_rows: int
) -> list[str]:
    """Return a problem for every source whose figures do not add up.

    Args:
        figures: from `account`.
        expected: lines by source according to the manifests.
        rejected_rows: rows in the staged rejected_records.
    """
    problems = []
    for source, each in figures.items():
        if each.read != expected.get(source, 0):
            problems.append(
                f"{source}: {each.read} records read, the manifests say {expected.get(source, 0)}"
            )
        if each.unaccounted:
            problems.append(f"{source}: {each.unaccounted} of {each.read} records are unaccounted for")
        if each.duplicates < 0:
            problems.append(f"{source}: more keys than records ({-each.duplicates})")
    rejected = sum(each.rejected for each in figures.values())
    if rejected != rejected_rows:
        problems.append(f"{rejected} records were rejected, rejected_records holds {rejected_rows}")
    return problems
