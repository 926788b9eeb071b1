"""The contract: every table of the lake with its columns, their types and meaning, and the quality rules.

The Parquet schemas, the descriptions in the Glue catalog, the crawler's targets and the data dictionary are
generated from it. Lambdas import it too, so it needs nothing but the standard library.

Types are Glue's and Athena's. Every table has one partition column, `PARTITION`, which is in the path and not
in the files. Times are UTC.
"""

from __future__ import annotations

import dataclasses
from typing import Final, Literal

Severity = Literal["warn", "quarantine", "halt"]
"""What a broken rule leads to: a warning, its rows in rejected_records, or a run that publishes nothing."""
AppMode = Literal["extended", "legacy_development", "development"]
"""The kinds of Spotify app. Each may read different data."""
APP_MODES: Final[tuple[AppMode, ...]] = ("extended", "legacy_development", "development")
_OLDER_MODES: Final[tuple[AppMode, ...]] = ("extended", "legacy_development")
ITEM_TYPES: Final = ("track", "episode", "chapter", "local", "other", "unavailable")
RELEASE_DATE_PRECISIONS: Final = ("day", "month", "year")
SEVERITIES: Final = ("warn", "quarantine", "halt")
CHECKS: Final = (
    "not_null",
    "unique",
    "range",
    "values",
    "foreign_key",
    "row_count",
    "playlist_shrink",
    "rejected_share",
    "same_day",
    "stored_items",
)

NOT_JSON: Final = "not_json"
ENVELOPE_INCOMPLETE: Final = "envelope_incomplete"
WRONG_TYPE: Final = "wrong_type"
QUALITY_RULE: Final = "quality_rule"
REJECT_REASONS: Final = {
    NOT_JSON: "the line is no JSON object",
    ENVELOPE_INCOMPLETE: "the envelope lacks a source, id, position, run, time or record that makes sense",
    WRONG_TYPE: "a field has another JSON type than the API documents",
    QUALITY_RULE: "broke a quality rule",
}
"""The closed list of reasons in `rejected_records.reason`, with their meaning."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """A foreign key: each value that is not null must be in the other table's column on the same day.

    Attributes:
        table, column: the referenced column.
        severity: what a value that is not there leads to.
    """

    table: str
    column: str
    severity: Severity = "halt"


@dataclasses.dataclass(frozen=True)
class Column:
    """A column, its Glue type, its meaning, and the rules for its values (`quality.rules`).

    Attributes:
        name: snake_case, in Spotify's own terms.
        type: a Glue type: string, int, bigint, boolean, double, date, timestamp, array<string>.
        description: what an analyst needs to know, with units.
        nullable: false if a row without a value must not be published.
        values: the closed list of values, if there is one.
        minimum, maximum: the inclusive bounds of a number, if there are any.
        severity: what a value outside `values` or the bounds leads to. A forbidden null always halts.
        references: the referenced column, for a foreign key.
        observed_at: the column with the time at which the value was observed; None means `fetched_at`.
        fewer_is_a_loss: whether far fewer values than in the previous version of a day mean a loss.
        modes: the kinds of app that can fill it. For the others it is null in every row.
    """

    name: str
    type: str
    description: str
    nullable: bool = True
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    severity: Severity = "quarantine"
    references: Reference | None = None
    observed_at: str | None = None
    fewer_is_a_loss: bool = True
    modes: tuple[AppMode, ...] = APP_MODES


@dataclasses.dataclass(frozen=True)
class Table:
    """A table, its grain, its columns in the order of the files, and its key within a snapshot_date.

    `key` is unique within a partition. `row_count_is_watched` is whether far fewer rows than in the
    previous snapshot, or in the replaced version of the day, mean a loss.
    """

    name: str
    description: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    row_count_is_watched: bool = True

    def column(self, name: str) -> Column:
        """Return the column of that name; raise `KeyError` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")

    @property
    def counted_columns(self) -> tuple[str, ...]:
        """The names of the columns whose values are counted, because they may be null."""
        columns = self.columns if self.row_count_is_watched else ()
        return tuple(column.name for column in columns if column.nullable and column.fewer_is_a_loss)

    @property
    def types(self) -> tuple[tuple[str, str], ...]:
        """The names and Glue types of the columns in the order of the files, without the partition column."""
        return tuple((column.name, column.type) for column in self.columns)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns in the order of the files, without the partition column."""
        return tuple(column.name for column in self.columns)


PARTITION: Final = Column(
    "snapshot_date",
    "string",
    "The day this row describes, as YYYY-MM-DD in the pipeline's time zone. Always filter on it.",
    nullable=False,
)


def _fetched_at(of: str) -> Column:
    return Column(
        "fetched_at",
        "timestamp",
        f"When Spotify answered with the record that this row is from, UTC: {of}.",
        nullable=False,
    )


_ITEM_FETCHED_AT: Final = _fetched_at(
    "the latest one in the day's playlists. Earlier than the snapshot_date when none of these playlists has"
    " changed since (see RereadUnchanged)"
)
_POPULARITY: Final = (
    "0 (least) to 100 (most), as Spotify computed it from recent plays at fetched_at, which may be days"
    " before the snapshot_date. Null when the app may not read it (development mode) or the record was not"
    " read in full."
)
_RELEASE_DATE: Final = (
    "First release. Where only the month or the year is known, the first day of it: read it together with"
    " release_date_precision. Null when unknown (Spotify's 0000)."
)
_PRECISION: Final = "How much of release_date is known: day, month or year. Null when release_date is null."
_IMAGE: Final = "Address of the first image Spotify lists, which is the largest. Null when there is none."

_FULL_RECORD_OBSERVED_AT: Final = "full_record_observed_at"
_OF_FULL_ALBUM: Final = (
    "Only the full record of an album carries it; it is read in batches, which apps made since February 2026"
    " may not do. Null when full_record_observed_at is null."
)

PLAYLISTS: Final = Table(
    name="playlists",
    description="Playlists, one row per playlist and day: name, owner, size.",
    grain="one playlist per day",
    columns=(
        Column(
            "playlist_id",
            "string",
            "Spotify's id of the playlist; saved_tracks for the account's liked songs.",
            nullable=False,
        ),
        Column(
            "name",
            "string",
            "Name as its owner wrote it; it may change from day to day. Liked Songs for saved_tracks.",
        ),
        Column("description", "string", "The owner's text, HTML entities resolved. Null when empty."),
        Column(
            "owner_id",
            "string",
            "Spotify user id of the owner, or a hash of it, or null (privacy). Null for saved_tracks.",
        ),
        Column("owner_name", "string", "Display name of the owner. Null when hidden or not kept."),
        Column("is_public", "boolean", "Whether it is on the owner's profile. Null when Spotify hides it."),
        Column("is_collaborative", "boolean", "Whether other users may change it."),
        Column(
            "snapshot_id",
            "string",
            "Spotify's opaque version of the contents at fetched_at: the same id means the same contents."
            " playlist_items may hold an earlier version and says which.",
        ),
        Column(
            "item_count",
            "int",
            "Number of items as Spotify counts them, unavailable and local ones included. Null when the app"
            " may not read the contents.",
            minimum=0,
        ),
        Column(
            "followers",
            "bigint",
            "Number of followers at followers_observed_at. Null when they were not read for this day: for"
            " saved_tracks, and for an unchanged playlist of the account in development mode, with"
            " RereadUnchanged none, or after the call budget was spent.",
            minimum=0,
            observed_at="followers_observed_at",
        ),
        Column("image_url", "string", _IMAGE),
        Column("url", "string", "Address of the playlist's page on open.spotify.com."),
        Column("uri", "string", "Spotify URI, spotify:playlist:<id>, or spotify:collection:tracks."),
        _fetched_at("the playlist's own record or its entry in the account's list, whichever is newer"),
        Column(
            "followers_observed_at",
            "timestamp",
            "When Spotify answered with these followers, UTC. It may be before fetched_at, because the"
            " account's list does not show followers. Null when followers is null.",
        ),
    ),
    key=("playlist_id",),
)

PLAYLIST_ITEMS: Final = Table(
    name="playlist_items",
    description="The item at each position of each playlist: tracks, episodes, local files, and gaps."
    " The same track may be in a playlist more than once.",
    grain="one position of a playlist's snapshot per day",
    columns=(
        Column(
            "playlist_id",
            "string",
            "The playlist; saved_tracks for the account's liked songs.",
            nullable=False,
            # A run may lack a playlist's own record though it has its contents.
            references=Reference("playlists", "playlist_id", "warn"),
        ),
        Column("snapshot_id", "string", "Version of the playlist's contents.", nullable=False),
        Column("position", "int", "Place in the playlist, from 0.", nullable=False, minimum=0),
        Column(
            "item_type",
            "string",
            "track, episode (of a podcast), chapter (of an audiobook), local (a file of the user's own),"
            " other (anything else with an id or a URI, such as a video) or unavailable (an empty slot).",
            nullable=False,
            values=ITEM_TYPES,
            severity="halt",
        ),
        Column(
            "track_id",
            "string",
            "Join to tracks. Null unless item_type is track.",
            references=Reference("tracks", "track_id"),
        ),
        Column(
            "episode_id",
            "string",
            "Join to episodes. Null unless item_type is episode or chapter.",
            references=Reference("episodes", "episode_id"),
        ),
        Column("item_uri", "string", "Spotify URI of the item; null for an empty slot."),
        Column("item_name", "string", "Title of the track, episode or local file at the time of reading."),
        Column("local_artist_name", "string", "Artist of a local file, from its tags. Null otherwise."),
        Column("local_album_name", "string", "Album of a local file, from its tags. Null otherwise."),
        Column(
            "added_at",
            "timestamp",
            "When it was added, UTC. Null when unknown (very old playlists, and Spotify's 1970-01-01).",
        ),
        Column(
            "added_by_id",
            "string",
            "Spotify user id of who added it, or a hash of it (privacy). Null when unknown, as in Spotify's"
            " own playlists.",
        ),
        Column("is_local", "boolean", "Whether it is a file of the user's own.", nullable=False),
        Column(
            "duration_ms",
            "bigint",
            "Length in milliseconds; whole seconds for local files. Null when unknown.",
            minimum=0,
        ),
        _fetched_at(
            "the page of the playlist. Earlier than the snapshot_date when the playlist has not changed since"
        ),
    ),
    key=("playlist_id", "snapshot_id", "position"),
)

TRACKS: Final = Table(
    name="tracks",
    description="Tracks in a playlist of the day. The latest observation wins.",
    grain="one track per day",
    columns=(
        Column("track_id", "string", "Spotify's id. One recording may have several.", nullable=False),
        Column("name", "string", "Title. Not stable over time. Null for tracks withdrawn by Spotify."),
        Column(
            "album_id",
            "string",
            "The album it is read from. Join to albums.",
            references=Reference("albums", "album_id"),
        ),
        Column("duration_ms", "bigint", "Length in milliseconds. Null when unknown.", minimum=0),
        Column(
            "explicit",
            "boolean",
            "Whether the lyrics are marked explicit; false also when Spotify does not know.",
        ),
        Column(
            "isrc",
            "string",
            "International Standard Recording Code, upper case without hyphens. The same recording may carry"
            " it under several track ids.",
        ),
        Column("popularity", "int", _POPULARITY, minimum=0, maximum=100, modes=_OLDER_MODES),
        Column("disc_number", "int", "Disc within the album, from 1."),
        Column("track_number", "int", "Place on the disc, from 1."),
        Column("is_playable", "boolean", "Whether it plays in the market asked for. Null when none was."),
        Column(
            "restriction_reason",
            "string",
            "Why it does not play: market, product, explicit.",
            fewer_is_a_loss=False,
        ),
        Column(
            "linked_from_id",
            "string",
            "Track id asked for, when Spotify answered with another one that plays in the market.",
            fewer_is_a_loss=False,
            modes=_OLDER_MODES,
        ),
        Column("preview_url", "string", "A 30 second sample. Null for nearly all tracks since Nov 2024."),
        Column("uri", "string", "Spotify URI, spotify:track:<id>."),
        _ITEM_FETCHED_AT,
    ),
    key=("track_id",),
)

ALBUMS: Final = Table(
    name="albums",
    description="Albums, singles and compilations of the day's tracks; the latest observation wins.",
    grain="one album per day",
    columns=(
        Column("album_id", "string", "Spotify's id of the album.", nullable=False),
        Column("name", "string", "Title. Null for albums withdrawn by Spotify."),
        Column("album_type", "string", "album, single or compilation, in lower case. Null when not sent."),
        Column("release_date", "date", _RELEASE_DATE),
        Column("release_date_precision", "string", _PRECISION, values=RELEASE_DATE_PRECISIONS),
        Column("total_tracks", "int", "Number of tracks on the album.", minimum=0),
        Column(
            "upc",
            "string",
            f"Universal Product Code. {_OF_FULL_ALBUM}",
            observed_at=_FULL_RECORD_OBSERVED_AT,
            modes=_OLDER_MODES,
        ),
        Column(
            "label",
            "string",
            f"Record label. {_OF_FULL_ALBUM}",
            observed_at=_FULL_RECORD_OBSERVED_AT,
            modes=_OLDER_MODES,
        ),
        Column(
            "popularity",
            "int",
            "0 (least) to 100 (most), as Spotify computed it from recent plays at full_record_observed_at."
            f" {_OF_FULL_ALBUM}",
            minimum=0,
            maximum=100,
            observed_at=_FULL_RECORD_OBSERVED_AT,
            modes=_OLDER_MODES,
        ),
        Column("image_url", "string", _IMAGE),
        Column("uri", "string", "Spotify URI, spotify:album:<id>."),
        _ITEM_FETCHED_AT,
        Column(
            _FULL_RECORD_OBSERVED_AT,
            "timestamp",
            "When Spotify answered with the full record of the album, UTC: label, upc and popularity are of"
            " that time. A full record is read again after ArtistRefreshDays. Null when none was read.",
            modes=_OLDER_MODES,
        ),
    ),
    key=("album_id",),
)

ARTISTS: Final = Table(
    name="artists",
    description="Artists credited on the day's tracks and albums. A full record wins over a mere credit,"
    " then the latest observation. An artist that was read in full stays so (is_full) as long as its record"
    " is in the raw zone, however old it is: see fetched_at.",
    grain="one artist per day",
    columns=(
        Column("artist_id", "string", "Spotify's id of the artist.", nullable=False),
        Column("name", "string", "Name. Null for artists withdrawn by Spotify."),
        Column(
            "genres",
            "array<string>",
            "Genres at fetched_at, Spotify's spelling. Empty when Spotify says that it knows none. Null when"
            " the record was not read in full or does not carry them: Spotify marks them as deprecated since"
            " February 2026.",
        ),
        Column(
            "followers",
            "bigint",
            "Number of followers at fetched_at, which may be days before the snapshot_date. Null when not"
            " readable or not read.",
            minimum=0,
            modes=_OLDER_MODES,
        ),
        Column("popularity", "int", _POPULARITY, minimum=0, maximum=100, modes=_OLDER_MODES),
        Column("image_url", "string", _IMAGE),
        Column("uri", "string", "Spotify URI, spotify:artist:<id>."),
        Column(
            "is_full",
            "boolean",
            "True when the artist's own record was read, on this day or before; false when only the credit on"
            " a track or album is known (id, name, uri). Once true it stays true, however old the record,"
            " until RawRetentionDays deletes it.",
            nullable=False,
        ),
        _fetched_at(
            "the artist's own record when is_full is true (up to ArtistRefreshDays before the snapshot_date,"
            " and older when it could not be read again), otherwise the track or album with the credit"
        ),
    ),
    key=("artist_id",),
)


def _credits(of: str) -> Table:
    return Table(
        name=f"{of}_artists",
        description=f"Who is credited on which {of}, in the order of the credits, as of fetched_at in {of}s.",
        grain=f"one artist of a{'n' if of == 'album' else ''} {of} per day",
        columns=(
            Column(
                f"{of}_id",
                "string",
                f"Join to {of}s.",
                nullable=False,
                references=Reference(f"{of}s", f"{of}_id"),
            ),
            Column(
                "artist_id",
                "string",
                "Join to artists.",
                nullable=False,
                references=Reference("artists", "artist_id"),
            ),
            Column(
                "artist_position",
                "int",
                "Place in the credits; 0 is the main artist. An artist named twice counts once, first.",
                nullable=False,
                minimum=0,
            ),
        ),
        key=(f"{of}_id", "artist_id"),
    )


TRACK_ARTISTS: Final = _credits("track")
ALBUM_ARTISTS: Final = _credits("album")

EPISODES: Final = Table(
    name="episodes",
    description="Podcast episodes and audiobook chapters that are in a playlist on the day; the latest"
    " observation wins.",
    grain="one episode per day",
    columns=(
        Column(
            "episode_id",
            "string",
            "Spotify's id of the episode or chapter; item_type of playlist_items says which it is.",
            nullable=False,
        ),
        Column("name", "string", "Title."),
        Column("show_id", "string", "Spotify's id of the show, or of the chapter's audiobook."),
        Column("show_name", "string", "Name of the show or audiobook."),
        Column(
            "publisher",
            "string",
            "Who publishes the show. Null when the app may not read it.",
            modes=_OLDER_MODES,
        ),
        Column("release_date", "date", _RELEASE_DATE),
        Column("release_date_precision", "string", _PRECISION, values=RELEASE_DATE_PRECISIONS),
        Column("duration_ms", "bigint", "Length in milliseconds. Null when unknown.", minimum=0),
        Column(
            "explicit", "boolean", "Whether it is marked explicit; false also when Spotify does not know."
        ),
        Column("uri", "string", "Spotify URI, spotify:episode:<id>, which chapters have too."),
        _ITEM_FETCHED_AT,
    ),
    key=("episode_id",),
)

REJECTED_RECORDS: Final = Table(
    name="rejected_records",
    description="Raw records that could not be normalised, with the reason and the place they came from."
    " Empty on a good day.",
    grain="one raw record per day",
    columns=(
        Column("source", "string", "Raw source the record belongs to: playlists, playlist_items, ..."),
        Column(
            "reason",
            "string",
            "; ".join(f"{reason}: {meaning}" for reason, meaning in REJECT_REASONS.items()) + ".",
            nullable=False,
            values=tuple(REJECT_REASONS),
            severity="halt",
        ),
        Column("detail", "string", "What exactly is wrong, such as the missing keys of the envelope."),
        Column("raw_text", "string", "The line as stored in the raw zone, or a quarantined row as JSON."),
        Column(
            "object_uri",
            "string",
            "The raw object that holds the line; of a quarantined row the partition it was meant for.",
            nullable=False,
        ),
        Column(
            "line_number", "int", "The line in the object, from 1. Null for a quarantined row.", minimum=1
        ),
        Column("playlist_id", "string", "Playlist the record belongs to, where that can be read."),
        Column("position", "int", "Place in the playlist, where that can be read."),
        Column("run_id", "string", "Run that fetched the record, where that can be read."),
    ),
    key=("object_uri", "line_number"),
    row_count_is_watched=False,
)

QUALITY_RESULTS: Final = Table(
    name="quality_results",
    description="What the quality rules found in the day's tables before publishing; one row a rule.",
    grain="one quality rule per day",
    columns=(
        Column("rule", "string", "Name of the rule: table.column:check.", nullable=False),
        Column("table_name", "string", "The table it holds for.", nullable=False),
        Column("column_name", "string", "The column, or columns with commas. Null for the whole table."),
        Column(
            "check_name",
            "string",
            "not_null, unique, range, values, foreign_key, row_count, playlist_shrink, rejected_share,"
            " same_day or stored_items: see Rules in the data dictionary.",
            nullable=False,
            values=CHECKS,
            severity="halt",
        ),
        Column("expected", "string", "What has to hold."),
        Column(
            "severity",
            "string",
            "warn, quarantine (the rows go to rejected_records) or halt (nothing is published).",
            nullable=False,
            values=SEVERITIES,
            severity="halt",
        ),
        Column("is_passed", "boolean", "Whether it held.", nullable=False),
        Column(
            "failing",
            "bigint",
            "How many rows broke it. row_count: rows missing; playlist_shrink and stored_items: playlists;"
            " rejected_share: records and rows rejected; same_day: rows or values missing, whichever are"
            " most.",
            nullable=False,
            minimum=0,
        ),
        Column("detail", "string", "The figures behind a rule that did not hold. Null when it held."),
    ),
    key=("rule",),
    row_count_is_watched=False,
)

TABLES: Final = (
    PLAYLISTS,
    PLAYLIST_ITEMS,
    TRACKS,
    ALBUMS,
    ARTISTS,
    TRACK_ARTISTS,
    ALBUM_ARTISTS,
    EPISODES,
    REJECTED_RECORDS,
    QUALITY_RESULTS,
)
"""Every table, in the order of the documentation."""

_BY_NAME: Final = {each.name: each for each in TABLES}


def table(name: str) -> Table:
    """Return the table of that name; raise `KeyError` naming all tables."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise KeyError(f"there is no table {name!r}. The tables are {', '.join(_BY_NAME)}") from None
