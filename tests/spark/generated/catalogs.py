"""Strategies for catalogs: the lines that the runs of a day stored of a few playlists, artists and albums."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from spotify_lake.contract import raw_zone
from tests.spark.generated.lines import FIRST_RUN, LAST_RUN, STYLES, Catalog, Line
from tests.spark.generated.oddities import ABSENT, OWN, Oddity, own, with_oddity
from tests.spark.generated.records import album_records, artist_records, item_records, playlist_records
from tests.spark.raw_rows import Json

_STYLES: Final = st.sampled_from(("plain",) * 12 + tuple(STYLES))
_RUNS: Final = st.sampled_from((LAST_RUN, LAST_RUN, LAST_RUN, FIRST_RUN))
# In UTF-16 a character beyond the basic plane sorts before U+FF5E, by code points after it.
_RUN_IDS: Final = st.sampled_from(("run-0", "run-0", "run-1", "run-\uff5e", "run-🎧"))
_PLAYLISTS: Final = st.sampled_from((own("p0"), own("p0"), own("p1")))
_SNAPSHOTS: Final = st.sampled_from((f"{OWN}s0",) * 4 + (f"{OWN}s1",))
_SNAPSHOTS_IF_ANY: Final = st.sampled_from((f"{OWN}s0", f"{OWN}s0", None))
_POSITIONS: Final = st.sampled_from((0, 0, 1, 1, 2, 2.0, 3, 2**31 - 1))
_FETCHED_AT: Final = st.sampled_from(
    (
        *("2026-11-22T05:00:00.000Z", "2026-11-22T05:00:00.000Z", "2026-11-22T06:00:00.000+01:00"),
        *(
            "2026-11-22T05:00:00.000Z",
            "2026-11-22T05:00:00.000001Z",
            "2026-11-22T05:00:00.001Z",
            "2026-11-21T23:59:59.9999999Z",
            "2026-11-22",
        ),
    )
)
_SOURCES: Final = st.sampled_from((raw_zone.PLAYLIST_ITEMS,) * 5 + (raw_zone.SAVED_TRACKS,))
_IS_MISFIT: Final = st.sampled_from((False,) * 11 + (True,))
_IS_ODD_ENVELOPE: Final = st.sampled_from((False,) * 15 + (True,))


def _of(name: str, *values: Any) -> list[Oddity]:
    return [((name,), value) for value in (None, ABSENT, *values)]


_COMMON_ODDITIES: Final = (
    *_of("source", "", "foo", 5, *raw_zone.SOURCES),
    *_of("snapshot_id", "", f"{OWN}s9"),
    *_of("position", -1, -0.0, 0.5, 3.0, 2**31, 1e30, "3", "", True, [], {}),
    *_of("fetched_at", "", "yesterday", "now", 5, "2026-13-01T00:00:00Z", "2026-11-22T05:00:00"),
    *_of("run_id", "", 7),
    *_of("record", {}, "x", "", 5, [], [{}], False),
)
_ENVELOPE_ODDITIES: Final = st.sampled_from(
    (
        *_COMMON_ODDITIES,
        *_of("playlist_id", "", own("p9"), "saved_tracks"),
        *_of("artist_id", own("ar0")),
        *_of("album_id", own("al0")),
    )
)
_FULL_RECORD_ODDITIES: Final = {
    source: st.sampled_from((*_COMMON_ODDITIES, *_of(name, ""), *_of("playlist_id", own("p0"))))
    for source, name in raw_zone.ID_NAMES.items()
}
# fmt: off
_BROKEN: Final = st.sampled_from((
    "x", "{", "}", "{}", "null", "true", "5", "-", '"text"', '""', "nul", "{bad", "[1,2]", "[5]", "<html>",
    "\x00", '{"a":\x00}', "\u2028", "🎧", "\udcff", "x" * 3000,
    '{"source":}', '{"source" "x"}', '{"source":"a\tb"}', '{"source":"playlist_items"',
    "[]", "[{}]", "[{},{}]", "{}{}", '{"a":1} x', '{"a":1},', "\ufeff{}", "{'a':1}", "{a:1}", "/**/{}",
    '{"a":1e}', '{"a":01}', '{"a":+1}', '{"a":1,}', '{"a":"\\x"}', '{"a":"\\ud8"}',
    '{"source":"artists","position":bad,"run_id":"r"}', '{"source":"playlists","record":{"name":bad}}',
))
# fmt: on
_WRAPPERS: Final = st.sampled_from(("@@", "[@]", "[@,@]", "@ x", "@,", "\ufeff@", "(@)", "@}", "{@"))
_BLANK: Final = st.sampled_from(("", " ", "   ", "\t", "\r", " \r"))
_PLAYLIST_RECORDS: Final = {each: playlist_records(each) for each in (own("p0"), own("p1"))}
_ARTIST_RECORDS: Final = {each: artist_records(each) for each in (own(f"ar{number}") for number in range(4))}
_ITEM_RECORDS: Final = item_records()
_ALBUM_RECORDS: Final = {each: album_records(each) for each in (own(f"al{number}") for number in range(3))}
_ALBUM_IDS: Final = st.sampled_from((own("al0"), *_ALBUM_RECORDS))
_ARTIST_IDS: Final = st.sampled_from((own("ar0"), *_ARTIST_RECORDS))
_KINDS_OF_MISFITS: Final = st.sampled_from(
    ("broken", "broken", "blank", "wrapped", "not UTF-8", "truncated", "misplaced", "empty")
)
_LENGTHS: Final = st.integers(1, 300)
_OTHER_FOLDERS: Final = st.sampled_from((raw_zone.PLAYLISTS, *raw_zone.ID_NAMES))


@st.composite
def _item_lines(draw: st.DrawFn) -> Line:
    source = draw(_SOURCES)
    is_saved = source == raw_zone.SAVED_TRACKS
    home = raw_zone.SAVED_TRACKS if is_saved else draw(_PLAYLISTS)
    ids = {"playlist_id": home, "snapshot_id": draw(_SNAPSHOTS), "position": draw(_POSITIONS)}
    body = _envelope(draw, source, ids, draw(_ITEM_RECORDS))
    # All catalogs of a batch share the saved tracks: the last run of one would supersede those of the others.
    run = LAST_RUN if is_saved else draw(_RUNS)
    return Line(run, source, home, body, draw(_STYLES))


@st.composite
def _playlist_lines(draw: st.DrawFn) -> Line:
    playlist_id = draw(_PLAYLISTS)
    ids = {"playlist_id": playlist_id, "snapshot_id": draw(_SNAPSHOTS_IF_ANY)}
    body = _envelope(draw, raw_zone.PLAYLISTS, ids, draw(_PLAYLIST_RECORDS[playlist_id]))
    return Line(draw(_RUNS), raw_zone.PLAYLISTS, "", body, draw(_STYLES))


@st.composite
def _artist_lines(draw: st.DrawFn) -> Line:
    artist_id = draw(_ARTIST_IDS)
    body = _envelope(draw, raw_zone.ARTISTS, {"artist_id": artist_id}, draw(_ARTIST_RECORDS[artist_id]))
    return Line(draw(_RUNS), raw_zone.ARTISTS, "", body, draw(_STYLES))


@st.composite
def _album_lines(draw: st.DrawFn) -> Line:
    album_id = draw(_ALBUM_IDS)
    body = _envelope(draw, raw_zone.ALBUMS, {"album_id": album_id}, draw(_ALBUM_RECORDS[album_id]))
    return Line(draw(_RUNS), raw_zone.ALBUMS, "", body, draw(_STYLES))


def _envelope(draw: st.DrawFn, source: str, ids: Json, record: Json) -> Json:
    times = {"fetched_at": draw(_FETCHED_AT), "run_id": draw(_RUN_IDS)}
    body = {"source": source, **ids, **times, "record": record}
    if not draw(_IS_ODD_ENVELOPE):
        return body
    return with_oddity(body, draw(_FULL_RECORD_ODDITIES.get(source, _ENVELOPE_ODDITIES)))


_GOOD_LINES: Final = st.sampled_from(
    (*[_item_lines()] * 5, _playlist_lines(), _artist_lines(), _album_lines())
)


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    line = draw(draw(_GOOD_LINES))
    return _misfit(draw, line) if draw(_IS_MISFIT) else line


def _misfit(draw: st.DrawFn, line: Line) -> Line:
    """A line in another source's folder, a playlist without objects, or a text that is not an envelope."""
    kind = draw(_KINDS_OF_MISFITS)
    if kind == "misplaced":
        return dataclasses.replace(line, folder=draw(_OTHER_FOLDERS), home="")
    if kind == "empty":
        return dataclasses.replace(line, body=None) if line.home else line
    return dataclasses.replace(line, body=_text_of_misfit(draw, kind, line.text))


def _text_of_misfit(draw: st.DrawFn, kind: str, text: str) -> str:
    """A text that is not JSON, blank, truncated, not UTF-8, or has something before or after it."""
    if kind == "broken":
        return draw(_BROKEN)
    if kind == "blank":
        return draw(_BLANK)
    if kind == "truncated":
        return text[: draw(_LENGTHS)]
    return text.replace('":"', '":"\udcc3', 1) if kind == "not UTF-8" else draw(_WRAPPERS).replace("@", text)


_CATALOGS: Final = st.lists(_lines(), min_size=4, max_size=18).map(lambda lines: Catalog(tuple(lines)))


def draw_catalogs(number: int, random_seed: int) -> list[Catalog]:
    """Draw this many catalogs; the same seed gives the same catalogs."""
    found: list[Catalog] = []
    while len(found) < number:
        found += _draw_few(f"{random_seed}/{len(found)}")
    return found[:number]


def _draw_few(random_seed: str) -> list[Catalog]:
    """Draw a few, because after ten examples Hypothesis begins to mutate earlier ones."""
    found: list[Catalog] = []

    @seed(random_seed)
    @settings(
        max_examples=_DRAWN_AT_ONCE,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_CATALOGS)
    def collect(catalog: Catalog) -> None:
        found.append(catalog)

    collect()
    return found[1:]  # the first one is always the simplest possible


_DRAWN_AT_ONCE: Final = 9
