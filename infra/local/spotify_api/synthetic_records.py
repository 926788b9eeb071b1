"""The API's objects for the synthetic catalog: each a pure function of the seed and a number."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import random
from typing import Final

from infra.local.spotify_api import fields, ids
from infra.local.spotify_api import synthetic_names as names
from infra.local.spotify_api.catalog import JsonObject

API: Final = "https://api.spotify.com/v1"
OPEN: Final = "https://open.spotify.com"
TRACKS_PER_ALBUM: Final = 2
# Pairs of letters, not real country codes: only the size of `available_markets` matters.
_PAIRS: Final = tuple(f"{a}{b}" for a in "ABCDEFGHIJKLMN" for b in "ABCDEFGHIJKLM")
MARKETS: Final[tuple[list[str], ...]] = (
    [],
    *(list(_PAIRS[:size]) for size in (12, 12, 40, None)),
)
_MAX_POPULARITY: Final = 100
_MARKET_WEIGHTS: Final = (1, 8, 8, 4, 1)
NOBODY: Final = {
    "external_urls": {"spotify": "https://open.spotify.com/user/"},
    "href": f"{API}/users/",
    "id": "",
    "type": "user",
    "uri": "spotify:user:",
}


@dataclasses.dataclass(frozen=True)
class Universe:
    """How many artists and tracks there are, and the seed that names them.

    Two tracks make an album, and album n is by artist n modulo `artists`, so every artist has a record.
    With `has_edge_cases` some artists and tracks have names that break importers (see `synthetic_names`).
    """

    seed: int
    artists: int
    tracks: int
    has_edge_cases: bool = True

    @property
    def albums(self) -> int:
        """The number of albums."""
        return -(-self.tracks // TRACKS_PER_ALBUM)

    def rng(self, kind: str, number: int) -> random.Random:
        """The random numbers of an object; the same sequence on each call."""
        return random.Random(ids.digest(self.seed, kind, number))  # noqa: S311 - a catalog, not a secret


def linked(kind: str, object_id: str) -> JsonObject:
    """The four keys by which every object of the API names itself."""
    return {
        "external_urls": {"spotify": f"{OPEN}/{kind}/{object_id}"},
        "href": f"{API}/{kind}s/{object_id}",
        "id": object_id,
        "uri": f"spotify:{kind}:{object_id}",
    }


def images(key: int) -> list[JsonObject]:
    """Three sizes of one picture; the addresses do not exist."""
    return [
        {"url": f"https://i.scdn.co/image/{key:016x}{size:04x}", "height": size, "width": size}
        for size in (640, 300, 64)
    ]


def user(user_id: str, display_name: str | None) -> JsonObject:
    """A public user, as a playlist's owner."""
    return {"display_name": display_name, "type": "user", **linked("user", user_id)}


@functools.lru_cache(maxsize=20_000)
def simple_artist(universe: Universe, number: int) -> JsonObject:
    """An artist as credited on a track or an album."""
    name = names.artist_name(universe.rng("artist", number))
    if universe.has_edge_cases:
        name = names.UNUSUAL_ARTIST_NAMES.get(number, name)
    return {"name": name, "type": "artist", **linked("artist", ids.encode(universe.seed, "artist", number))}


def full_artist(universe: Universe, number: int, day: dt.date) -> JsonObject:
    """An artist with genres, and the followers and popularity of the day."""
    rng = universe.rng("artist-details", number)
    genres = rng.sample(names.GENRES, rng.choice((0, 0, 1, 2, 3)))  # a good third of the artists have none
    followers = int(10 ** rng.uniform(1.5, 6.5))
    popularity = rng.randint(5, 90)
    return {
        **simple_artist(universe, number),
        "followers": {"href": None, "total": followers_on(followers, ("artist", number), day)},
        "genres": genres,
        "images": images(rng.getrandbits(64)),
        "popularity": popularity_on(popularity, ("artist", number), day),
    }


@functools.lru_cache(maxsize=20_000)
def simple_album(universe: Universe, number: int) -> JsonObject:
    """An album as embedded in a track."""
    rng = universe.rng("album", number)
    released = dt.date(1957, 1, 1) + dt.timedelta(days=int(rng.betavariate(5, 1.4) * 25_000))
    precision = rng.choices(("day", "month", "year"), (90, 2, 8))[0]
    length = {"day": 10, "month": 7, "year": 4}[precision]
    album_id = ids.encode(universe.seed, "album", number)
    return {
        "album_type": rng.choices(("album", "single", "compilation"), (6, 3, 1))[0],
        "artists": [simple_artist(universe, number % universe.artists)],
        "available_markets": rng.choices(MARKETS, _MARKET_WEIGHTS)[0],
        "images": images(rng.getrandbits(64)),
        "name": names.album_name(rng),
        "release_date": released.isoformat()[:length],
        "release_date_precision": precision,
        "total_tracks": rng.randint(TRACKS_PER_ALBUM, 14),
        "type": "album",
        **linked("album", album_id),
    }


def full_album(universe: Universe, number: int, day: dt.date) -> JsonObject:
    """An album with label, UPC, copyrights, the day's popularity and its page of tracks."""
    rng = universe.rng("album-details", number)
    label = rng.choice(names.LABELS)
    album = simple_album(universe, number)
    first = number * TRACKS_PER_ALBUM
    tracks = [
        {k: v for k, v in base_track(universe, n).items() if k not in {"album", "external_ids", "popularity"}}
        for n in range(first, min(first + TRACKS_PER_ALBUM, universe.tracks))
    ]
    return {
        **album,
        "copyrights": [{"text": f"(C) {album['release_date'][:4]} {label}", "type": "C"}],
        "external_ids": {"upc": f"{rng.randrange(10**12):012d}"},
        "genres": [],
        "label": label,
        "popularity": popularity_on(rng.randint(0, 80), ("album", number), day),
        "tracks": {
            "href": f"{album['href']}/tracks",
            "items": tracks,
            "limit": 50,
            "next": None,
            "offset": 0,
            "previous": None,
            "total": len(tracks),
        },
    }


@functools.lru_cache(maxsize=20_000)
def base_track(universe: Universe, number: int) -> JsonObject:
    """A track without its daily changes (`popularity` is the long-run mean)."""
    rng = universe.rng("track", number)
    album_number = number // TRACKS_PER_ALBUM
    album = simple_album(universe, album_number)
    name = names.track_name(rng)
    if universe.has_edge_cases:
        name = names.UNUSUAL_TRACK_NAMES.get(number, name)
    credited = dict.fromkeys([album_number % universe.artists])
    for _ in range(rng.choices((0, 1, 2, 3), (70, 20, 8, 2))[0]):
        credited.setdefault(rng.randrange(universe.artists))
    return {
        "album": album,
        "artists": [simple_artist(universe, artist) for artist in credited],
        "available_markets": album["available_markets"],
        "disc_number": 1,
        "duration_ms": rng.randint(95_000, 420_000),
        "explicit": rng.random() < 0.15,  # noqa: PLR2004 - about one in seven
        "external_ids": {"isrc": f"ZZSYN{rng.randrange(100):02d}{number % 100_000:05d}"},
        "is_local": False,
        "name": name,
        "popularity": rng.randint(0, 85),
        "preview_url": None,
        "track_number": number % TRACKS_PER_ALBUM + 1,
        "type": "track",
        **linked("track", ids.encode(universe.seed, "track", number)),
    }


def full_track(universe: Universe, number: int, day: dt.date) -> JsonObject:
    """A track with the popularity and the name of the day."""
    track = base_track(universe, number)
    if universe.has_edge_cases and number in names.RENAMED_TRACKS and is_renamed(number, day):
        track = {**track, "name": f"{track['name']} - Remastered"}
    return {**track, "popularity": popularity_on(track["popularity"], ("track", number), day)}


def item(content: JsonObject | None, added_at: str | None, added_by: JsonObject | None) -> JsonObject:
    """A playlist's item; a track or episode in it carries the two booleans that say which it is."""
    if content is not None:
        is_episode = content["type"] in fields.SPOKEN
        content = {**content, "episode": is_episode, "track": not is_episode}
    return {
        "added_at": added_at,
        "added_by": added_by,
        "is_local": bool(content and content.get("is_local", False)),
        "primary_color": None,
        "track": content,
        "video_thumbnail": {"url": None},
    }


def added_by(user_id: str) -> JsonObject:
    """Who added an item: a user without a display name; an empty id is nobody."""
    return {"type": "user", **linked("user", user_id)} if user_id else NOBODY


def popularity_on(mean: int, key: object, day: dt.date) -> int:
    """A popularity of 0 to 100 that varies a few points around its mean, most days by at most one."""
    phase = ids.digest("popularity", key)
    period = 9 + phase % 23
    step = (day.toordinal() + phase) % (2 * period)
    wave = abs(step - period) - period // 2  # a triangle wave: one point per day, up and then down
    return max(0, min(_MAX_POPULARITY, mean + wave // 2))


def followers_on(base: int, key: object, day: dt.date) -> int:
    """A count that grows on most days and sometimes shrinks."""
    growth = 1 + ids.digest("growth", key) % 7
    since = day.toordinal() - dt.date(2020, 1, 1).toordinal()
    wobble = ids.digest("wobble", key, day.toordinal()) % (3 * growth)
    return max(0, base + growth * since - wobble)


def is_renamed(number: int, day: dt.date) -> bool:
    """Whether a track with two titles has its second one; they alternate weekly."""
    return (day.toordinal() + number) // 7 % 2 == 1
