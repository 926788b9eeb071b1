"""The answer to each question in plain Python: the rows of the query, in its order."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.spark.questions.facts import SAVED, Facts, Placement

Answer = list[tuple[Any, ...]]


def ordered(rows: Iterable[Any], *keys: tuple[Callable[[Any], Any], bool]) -> list[Any]:
    """Sort by several keys; each says whether it descends, and None comes last either way."""
    found = list(rows)
    for key, descends in reversed(keys):
        known = [row for row in found if key(row) is not None]
        unknown = [row for row in found if key(row) is None]
        found = [*sorted(known, key=key, reverse=descends), *unknown]
    return found


def up(key: Callable[[Any], Any]) -> tuple[Callable[[Any], Any], bool]:
    return key, False


def down(key: Callable[[Any], Any]) -> tuple[Callable[[Any], Any], bool]:
    return key, True


def tenths(value: Fraction) -> Decimal:
    """Round to one decimal, half up."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def percent(part: int, whole: int) -> Decimal | None:
    return tenths(Fraction(100 * part, whole)) if whole else None


def between(first: str, last: str) -> int:
    return (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days


def new_in_playlists(facts: Facts) -> Answer:
    found = []
    for day in facts.after(7):
        names = facts.rows(day, "playlists", "playlist_id")
        for (playlist, uri), change in facts.marts[day]["playlist_changes"].items():
            if change["change"] == "added":
                (item,) = items_at(facts, day, playlist, change["position"])
                assert item["item_uri"] == uri
                artists = facts.artist_names(day, item["track_id"]) if item["track_id"] else None
                row = (day, names[playlist]["name"], item["item_name"], artists, change["position"])
                found.append((row, playlist))
    keys = (down(lambda each: each[0][0]), up(lambda each: (each[0][1], each[0][4], each[1])))
    return [row for row, _ in ordered(found, *keys)]


def items_at(facts: Facts, day: str, playlist: str, position: int) -> list[Any]:
    return [
        row
        for row in facts.tables[day]["playlist_items"]
        if (row["playlist_id"], row["position"]) == (playlist, position)
    ]


def left_playlists(facts: Facts) -> Answer:
    found = []
    for day in facts.after(7):
        names = facts.marts[day]["playlist_daily"]
        for (playlist, uri), stay in facts.marts[day]["playlist_stays"].items():
            if not stay["is_open"]:
                first, last = stay["first_day"], stay["last_day"]
                (item,) = items_at(facts, last, playlist, stay["position"])
                days = between(first, last) + 1
                row = (
                    day,
                    names[playlist]["name"],
                    item["item_name"],
                    days,
                    first,
                    last,
                    stay["is_start_known"],
                )
                found.append((row, playlist, uri))
    keys = (
        down(lambda each: each[0][0]),
        up(lambda each: each[0][1]),
        down(lambda each: each[0][3]),
        up(lambda each: each[1:]),
    )
    return [row for row, *_ in ordered(found, *keys)]


def tracks_in_most_playlists(facts: Facts) -> Answer:
    by_track = grouped(facts.placements(facts.newest), lambda each: each.track["track_id"])
    rows = []
    for track, places in by_track.items():
        playlists = {each.playlist_id for each in places}
        names = ", ".join(sorted({each.playlist_name for each in places}))
        row = (places[0].track["name"], places[0].artist_names, len(playlists), len(places), names)
        rows.append((row, track))
    keys = (
        down(lambda each: each[0][2]),
        down(lambda each: each[0][3]),
        up(lambda each: each[0][0]),
        up(lambda each: each[1]),
    )
    return [row for row, _ in ordered(rows, *keys)[:50]]


def grouped(rows: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def overlap_of_two_playlists(facts: Facts) -> Answer:
    first_places: dict[str, dict[str, Placement]] = defaultdict(dict)
    for each in sorted(facts.placements(facts.newest), key=lambda each: each.position):
        first_places[each.playlist_id].setdefault(each.recording, each)
    first = min(first_places, key=lambda name: (-len(first_places[name]), name))
    others = {
        name: places.keys() & first_places[first] for name, places in first_places.items() if name != first
    }
    second = min(others, key=lambda name: (-len(others[name]), name))
    pairs = [(first_places[first][each], first_places[second][each]) for each in others[second]]
    return [
        (
            *(one.track["name"], one.artist_names),
            *(one.playlist_name, one.position, other.playlist_name, other.position),
        )
        for one, other in sorted(pairs, key=lambda pair: pair[0].position)
    ]


def duplicates(facts: Facts) -> Answer:
    rows = []
    by_place = sorted(facts.placements(facts.newest), key=lambda each: each.position)
    for (playlist, _), places in grouped(by_place, lambda each: (each.playlist_id, each.recording)).items():
        if len(places) > 1:
            first = places[0]
            positions = ", ".join(str(each.position) for each in places)
            ids = ", ".join(each.track["track_id"] for each in places)
            row = (
                *(first.playlist_name, first.track["name"], first.artist_name, first.track["isrc"]),
                *(len(places), positions, ids),
            )
            rows.append((row, first.position, playlist))
    keys = (down(lambda each: each[0][4]), up(lambda each: (each[0][0], *each[1:])))
    return [row for row, *_ in ordered(rows, *keys)]


def risers_and_fallers(facts: Facts) -> Answer:
    ranks: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for day in facts.since(7):
        for key, chart in facts.marts[day]["chart_positions"].items():
            ranks[key].append((day, chart["chart_rank"]))
    names = facts.rows(facts.newest, "playlists", "playlist_id")
    moved = []
    for (playlist, track), seen in ranks.items():
        (since, before), (last, now) = seen[0], seen[-1]
        if last == facts.newest and now != before:
            known = facts.rows(last, "tracks", "track_id").get(track)  # not if it was quarantined
            name = known["name"] if known else None
            row = (
                before - now,
                names[playlist]["name"],
                name,
                facts.artist_names(last, track),
                before,
                now,
                since,
            )
            moved.append((row, playlist, track))
    moved.sort(key=lambda each: (-abs(each[0][0]), each[0][5], *each[1:]))
    most = [
        *[each for each in moved if each[0][0] > 0][:20],
        *[each for each in moved if each[0][0] < 0][:20],
    ]
    most.sort(key=lambda each: (-each[0][0], each[0][5], *each[1:]))
    return [row for row, *_ in most]


def track_journey(facts: Facts) -> Answer:
    charts = {
        (day, *key): row
        for day in facts.after(90)
        for key, row in facts.marts[day]["chart_positions"].items()
    }
    listed = Counter(track for _, _, track in charts)
    playlists = Counter(track for _, track in {(playlist, track) for _, playlist, track in charts})
    chosen = min(listed, key=lambda track: (-playlists[track], -listed[track], track))
    found = []
    for (day, playlist, track), chart in charts.items():
        if track == chosen and (known := facts.rows(day, "tracks", "track_id").get(track)):
            row = (
                *(day, known["name"], facts.artist_names(day, track)),
                facts.rows(day, "playlists", "playlist_id")[playlist]["name"],
                *(chart[name] for name in ("chart_rank", "previous_rank", "peak_rank", "days_on_chart")),
                known["popularity"],
            )
            found.append((row, playlist))
    return [row for row, _ in sorted(found, key=lambda each: (each[0][0], each[0][3], each[1]))]


def artists_that_entered(facts: Facts) -> Answer:
    days: dict[str, set[str]] = defaultdict(set)
    for day in facts.since(7):
        for row in facts.tables[day]["track_artists"]:
            days[row["artist_id"]].add(day)
    first_of_all = facts.since(7)[0]
    tracks = Counter(row["artist_id"] for row in facts.tables[facts.newest]["track_artists"])
    rows = [
        (artist["name"], min(days[name]), tracks[name], joined(artist["genres"]), artist["followers"], name)
        for name, artist in facts.rows(facts.newest, "artists", "artist_id").items()
        if facts.newest in days[name] and min(days[name]) > first_of_all
    ]
    keys = (down(lambda row: row[2]), up(lambda row: row[0]), up(lambda row: row[5]))
    return [row[:5] for row in ordered(rows, *keys)]


def joined(names: list[str] | None) -> str | None:
    return None if names is None else ", ".join(names)


def genre_share_by_month(facts: Facts) -> Answer:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    days: dict[tuple[str, str], set[str]] = defaultdict(set)
    for day in facts.days:
        if day >= "2025-12-01":  # the first of the 12 months
            for genre in genres(facts, day):
                counts[day[:7]][genre] += 1
                days[day[:7], genre].add(day)
    found = []
    for month in sorted(counts, reverse=True):
        places = sorted(counts[month].items(), key=lambda each: (-each[1], each[0]))[:10]
        for place, (genre, count) in enumerate(places, start=1):
            share = percent(count, counts[month].total())
            found.append((month, place, genre, share, len(days[month, genre])))
    return found


def genres(facts: Facts, day: str) -> Iterator[str]:
    """Each genre of each artist of each track, for every position."""
    of_artist = {row["artist_id"]: row["genres"] or [] for row in facts.tables[day]["artists"]}
    artists = grouped(facts.tables[day]["track_artists"], lambda row: row["track_id"])
    for item in facts.tables[day]["playlist_items"]:
        for row in artists.get(item["track_id"], ()):
            yield from of_artist[row["artist_id"]]


def oldest_and_newest_releases(facts: Facts) -> Answer:
    chosen = facts.largest_playlist()
    dated = [
        each
        for each in facts.placements(facts.newest)
        if each.playlist_id == chosen and each.album["release_date"]
    ]
    oldest = ordered(dated, up(lambda each: (each.album["release_date"], each.position)))[:10]
    newest = ordered(dated, down(lambda each: each.album["release_date"]), up(lambda each: each.position))[
        :10
    ]
    places = [*oldest, *(each for each in newest if each not in oldest)]
    return [
        (
            "oldest" if each in oldest else "newest",
            *(each.album["release_date"], each.album["release_date_precision"]),
            *(each.track["name"], each.artist_names, each.album["name"], each.playlist_name, each.position),
        )
        for each in ordered(places, up(lambda each: (each.album["release_date"], each.position)))
    ]


def playlist_age_and_popularity(facts: Facts) -> Answer:
    chosen = facts.largest_playlist()
    found = []
    for day in facts.after(90):
        places = [each for each in facts.placements(day) if each.playlist_id == chosen]
        ages = [
            between(str(each.album["release_date"]), day) for each in places if each.album["release_date"]
        ]
        known = [each.track["popularity"] for each in places if each.track["popularity"] is not None]
        age = float(tenths(Fraction(sum(ages), len(ages)) / Fraction("365.25")))
        popularity = float(tenths(Fraction(sum(known), len(known))))
        found.append((day, places[0].playlist_name, len(places), age, popularity))
    return found


def explicit_share(facts: Facts) -> Answer:
    rows = []
    for playlist, places in grouped(facts.placements(facts.newest), lambda each: each.playlist_id).items():
        known = [each.track["explicit"] for each in places if each.track["explicit"] is not None]
        row = (places[0].playlist_name, len(places), sum(known), percent(sum(known), len(known)))
        rows.append((row, playlist))
    keys = (
        down(lambda each: each[0][3]),
        down(lambda each: each[0][1]),
        up(lambda each: (each[0][0], each[1])),
    )
    return [row for row, _ in ordered(rows, *keys)]


def unavailable_tracks(facts: Facts) -> Answer:
    tracks = facts.rows(facts.newest, "tracks", "track_id")
    names = facts.rows(facts.newest, "playlists", "playlist_id")
    rows = []
    for item in facts.tables[facts.newest]["playlist_items"]:
        track = tracks.get(item["track_id"])
        reason = "empty slot" if item["item_type"] == "unavailable" else None
        if track and track["name"] is None:
            reason = "withdrawn"
        elif track and track["is_playable"] is False:
            reason = track["restriction_reason"] or "not playable"
        if reason:
            row = (names[item["playlist_id"]]["name"], item["position"], item["item_name"], reason)
            rows.append(((*row, item["track_id"], item["added_at"]), item["playlist_id"]))
    return [row for row, _ in sorted(rows, key=lambda each: (each[0][0], each[1], each[0][1]))]


def saved_tracks_in_no_playlist(facts: Facts) -> Answer:
    places = facts.placements(facts.newest)
    elsewhere = {each.recording for each in places if each.playlist_id != SAVED}
    only = [each for each in places if each.playlist_id == SAVED and each.recording not in elsewhere]
    return [
        (each.added_at, each.track["name"], each.artist_names, each.album["name"])
        for each in ordered(only, down(lambda each: each.added_at), up(lambda each: each.position))
    ]


def unreadable_records(facts: Facts) -> Answer:
    names = ("source", "reason", "detail", "playlist_id", "position", "object_uri", "line_number", "raw_text")
    rows = [
        (day, *(row[name] for name in names))
        for day in facts.after(30)
        for row in facts.tables[day]["rejected_records"]
    ]
    keys = (
        down(lambda row: row[0]),
        up(lambda row: row[6]),
        up(lambda row: row[7]),
        up(lambda row: row[8]),
    )
    return ordered(rows, *keys)[:200]


ANSWERS: dict[str, Callable[[Facts], Answer]] = {
    answer.__name__: answer
    for answer in (
        new_in_playlists,
        left_playlists,
        tracks_in_most_playlists,
        overlap_of_two_playlists,
        duplicates,
        risers_and_fallers,
        track_journey,
        artists_that_entered,
        genre_share_by_month,
        oldest_and_newest_releases,
        playlist_age_and_popularity,
        explicit_share,
        unavailable_tracks,
        saved_tracks_in_no_playlist,
        unreadable_records,
    )
}
