"""Lay catalogs out as a day of the raw zone: runs, objects, manifests.

The published rows must not depend on the layout, so the layouts differ in everything that days may differ in.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import PlaylistEntry, RawObject, RunManifest
from tests.spark.generated.lines import FIRST_RUN, LAST_RUN, Catalog, Line
from tests.spark.generated.oddities import OWN
from tests.spark.raw_rows import DAY, write_manifest
from tests.spark.reference.reading import RawLine

_RUNS: Final = {
    FIRST_RUN: ("run-z", "2026-11-22T06:00:00.000Z"),
    LAST_RUN: ("run-a", "2026-11-22T07:00:00.000Z"),
}


@dataclasses.dataclass(frozen=True)
class Layout:
    """How a day is divided into objects and tasks.

    Attributes:
        name: for messages.
        objects: the number of objects for each group of lines.
        is_shared: whether catalogs share objects, as far as their runs allow it, because a file costs more
            than the lines in it. Otherwise each playlist of each catalog has its own objects.
        is_plain: whether lines that differ from the documentation in any respect are left out.
        catalogs: the number of catalogs per day. A bug that affects one catalog in 200 is found in most days.
        tasks: the approximate number of the job's tasks.
        options: Spark options.
    """

    name: str
    objects: int = 1
    is_shared: bool = True
    is_plain: bool = False
    catalogs: int = 200
    tasks: int = 1
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)


LAYOUTS: Final = (
    Layout("a small day"),
    Layout("a large day of plain lines", is_plain=True, objects=3, tasks=2),
    Layout("a small day in many objects", is_shared=False, catalogs=100),
    Layout(
        "a large day in many tasks",
        objects=5,
        tasks=6,
        options={
            "spark.sql.files.maxPartitionBytes": "65536",
            "spark.sql.files.openCostInBytes": "1024",
            "spark.sql.adaptive.enabled": "false",
        },
    ),
)


@dataclasses.dataclass(frozen=True)
class LaidOut:
    """A day in the raw zone.

    Attributes:
        manifests: those of its runs.
        lines: the lines of each object, by its key.
        owners: the index of the catalog that a line belongs to, by key and line number.
    """

    manifests: list[RunManifest] = dataclasses.field(default_factory=list)
    lines: dict[str, list[RawLine]] = dataclasses.field(default_factory=dict)
    owners: dict[tuple[str, int], int] = dataclasses.field(default_factory=dict)


def lay_out(raw: Path, catalogs: Sequence[Catalog], layout: Layout) -> LaidOut:
    """Write the catalogs as one day. The ids of each catalog get its own number."""
    day = LaidOut()
    together: dict[tuple[int, str, str], list[tuple[int, Line]]] = {}
    for number, catalog in enumerate(catalogs):
        for line in catalog.lines:
            if line.is_plain or not layout.is_plain:
                place = (line.run, line.folder, _numbered(_entry(catalog, line, layout), number))
                together.setdefault(place, []).append((number, line))
    for run, (run_id, completed_at) in _RUNS.items():
        written = {
            (folder, entry): _write_all(
                raw, day, raw_zone.run_prefix(folder, DAY, run_id) + entry, lines, layout
            )
            for (each, folder, entry), lines in together.items()
            if each == run
        }
        records = {
            source: tuple(
                each for (folder, _), objects in written.items() if folder == source for each in objects
            )
            for source in (raw_zone.PLAYLISTS, *raw_zone.ID_NAMES)
        }
        manifest = RunManifest(
            run_id=run_id,
            snapshot_date=DAY,
            started_at=completed_at,
            completed_at=completed_at,
            api_mode="extended",
            playlists=tuple(
                PlaylistEntry(folder, entry, "s0", "fetched", "", sum(each.rows for each in objects), objects)
                for (folder, entry), objects in written.items()
                if folder in raw_zone.ITEM_SOURCES
            ),
            playlist_records=records[raw_zone.PLAYLISTS],
            artist_records=records[raw_zone.ARTISTS],
            album_records=records[raw_zone.ALBUMS],
        )
        write_manifest(raw, manifest)
        day.manifests.append(manifest)
    return day


def _entry(catalog: Catalog, line: Line, layout: Layout) -> str:
    """The group of lines that a line is stored with. For items it is the playlist_id of the manifest."""
    if line.folder == raw_zone.SAVED_TRACKS:
        return raw_zone.SAVED_TRACKS
    if not layout.is_shared:
        return line.home or OWN
    # Playlists of the same runs are superseded together.
    runs = sorted({str(each.run) for each in catalog.lines if each.home == line.home})
    return f"of-run-{'-and-'.join(runs)}" if line.home else "all"


def _write_all(
    raw: Path, day: LaidOut, prefix: str, lines: Sequence[tuple[int, Line]], layout: Layout
) -> tuple[RawObject, ...]:
    texts = [(number, _numbered(line.text, number)) for number, line in lines if line.body is not None]
    names = list(range(layout.objects))
    shuffle = random.Random(layout.name + prefix).shuffle
    shuffle(texts)
    shuffle(names)
    pieces = {
        f"{prefix}-{name}.ndjson.gz": texts[place :: layout.objects] for place, name in enumerate(names)
    }
    return tuple(_write(raw, day, key, piece) for key, piece in pieces.items() if piece)


def _write(raw: Path, day: LaidOut, key: str, texts: Sequence[tuple[int, str]]) -> RawObject:
    day.lines[key] = [RawLine(key, place, text) for place, (_, text) in enumerate(texts, 1)]
    day.owners.update({(key, place): owner for place, (owner, _) in enumerate(texts, 1)})
    stored = b"".join(line.stored + b"\n" for line in day.lines[key])
    body = gzip.compress(stored, compresslevel=1, mtime=0)
    path = raw / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    rows = sum(not line.is_blank for line in day.lines[key])
    return RawObject(key.split("/")[1], key, rows, len(body), hashlib.sha256(body).hexdigest())


def _numbered(text: str, number: int) -> str:
    # The saved tracks belong to the account. All catalogs share them, with different snapshot_ids.
    return text.replace(OWN, f"cat{number:04}")
