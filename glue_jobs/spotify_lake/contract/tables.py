"""The contract: every table of the lake with its columns, their types and meanings, and the quality rules.

The Parquet schemas, the descriptions in the Glue catalog, the crawler's targets and the data dictionary are
generated from it. Lambdas import it too, so it needs nothing but the standard library.

Types are Glue's and Athena's. Every table has one partition column, `PARTITION`, which is in the path and not
in the files. Times are UTC.
"""

from __future__ import annotations

import dataclasses
from typing import Final, Literal

Severity = Literal["warn", "quarantine", "halt"]
"""What happens if a rule is broken: a warning, the rows go to rejected_records, or nothing is published."""
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
    NOT_JSON: "the line is not a JSON object",
    ENVELOPE_INCOMPLETE: "the envelope lacks a valid source, id, position, run, time or record",
    WRONG_TYPE: "a field does not have the JSON type that the API documents",
    QUALITY_RULE: "the row breaks a quality rule",
}
"""The closed list of reasons in `rejected_records.reason`, with their meanings."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """A foreign key: each value that is not null must be in the other table's column on the same day.

    Attributes:
        table, column: the referenced column.
        severity: what happens if a value is missing there.
    """

    table: str
    column: str
    severity: Severity = "halt"


@dataclasses.dataclass(frozen=True)
class Column:
    """A column, its Glue type, its meaning, and the rules for its values (`quality.rules`).

    Attributes:
        name: snake_case, in Spotify's own terms.
        type: a Glue type: string, int, bigint, boolean, double, date, timestamp, array<string>,
            array<int>.
        description: what an analyst needs to know, with units.
        nullable: whether a row may be published without a value.
        values: the closed list of values, if there is one.
        minimum, maximum: the inclusive bounds of a number, if there are any.
        severity: what happens if a value is not in `values` or out of bounds. A forbidden null always halts.
        references: the referenced column, for a foreign key.
        observed_at: the column with the time at which the value was observed; None means `fetched_at`.
        fewer_is_a_loss: whether far fewer values than in the previous version of a day mean a loss.
        modes: the kinds of app that can read it. For the others it is null in every row.
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
    """A table.

    Attributes:
        name: snake_case, plural.
        description: what an analyst needs to know.
        grain: what one row stands for.
        columns: in the order of the files, without the partition column.
        key: the columns that identify a row within a partition.
        row_count_is_watched: whether far fewer rows than in the previous snapshot, or in the replaced
            version of the day, mean a loss.
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
    "The day that this row describes, as YYYY-MM-DD in the pipeline's time zone. Always filter by it.",
    nullable=False,
)


def _fetched_at(of: str) -> Column:
    return Column(
        "fetched_at",
        "timestamp",
        f"When Spotify returned the record behind this row, UTC: {of}.",
        nullable=False,
    )


_ITEM_FETCHED_AT: Final = _fetched_at(
    "the latest one in the day's playlists. Earlier than the snapshot_date if none of these playlists has"
    " changed since then (see RereadUnchanged)"
)
_POPULARITY: Final = (
    "0 (least popular) to 100, computed by Spotify from recent plays, as of fetched_at, which may be days"
    " before the snapshot_date. Null if the app may not read it (development mode) or if the full record was"
    " not read."
)
_RELEASE_DATE: Final = (
    "Date of the first release. If only the month or the year is known, it is the first day of that month or"
    " year: see release_date_precision. Null if unknown (0000 at Spotify)."
)
_PRECISION: Final = "Precision of release_date: day, month or year. Null if release_date is null."
_IMAGE: Final = "URL of the first image that Spotify lists, which is the largest. Null if there is none."

_FULL_RECORD_OBSERVED_AT: Final = "full_record_observed_at"
_OF_FULL_ALBUM: Final = (
    "Only the full record of an album has it, and only apps created before February 2026 can read that."
    " Null if full_record_observed_at is null."
)

PLAYLISTS: Final = Table(
    name="playlists",
    description="Playlists with name, owner and size.",
    grain="one playlist per day",
    columns=(
        Column(
            "playlist_id",
            "string",
            "Spotify id of the playlist, or saved_tracks for the account's liked songs.",
            nullable=False,
        ),
        Column(
            "name",
            "string",
            "Name given by the owner. It may change from day to day. Liked Songs for saved_tracks.",
        ),
        Column("description", "string", "The owner's text, with HTML entities decoded. Null if empty."),
        Column(
            "owner_id",
            "string",
            "Spotify user id of the owner, a hash of it, or null, depending on OwnerPrivacy. Null for"
            " saved_tracks.",
        ),
        Column("owner_name", "string", "Display name of the owner. Null if hidden or dropped (privacy)."),
        Column(
            "is_public", "boolean", "Whether it is shown on the owner's profile. Null if Spotify hides this."
        ),
        Column("is_collaborative", "boolean", "Whether other users may change it."),
        Column(
            "snapshot_id",
            "string",
            "Opaque version of the contents at fetched_at. The same id means the same contents."
            " playlist_items may have an earlier version: see its snapshot_id.",
        ),
        Column(
            "item_count",
            "int",
            "Number of items as counted by Spotify, including unavailable items and local files. Null if the"
            " app may not read the contents.",
            minimum=0,
        ),
        Column(
            "followers",
            "bigint",
            "Number of followers at followers_observed_at. Null for saved_tracks. Also null for an unchanged"
            " playlist of the account in development mode, with RereadUnchanged none, or if the call budget"
            " was spent.",
            minimum=0,
            observed_at="followers_observed_at",
        ),
        Column("image_url", "string", _IMAGE),
        Column("url", "string", "URL of the playlist's page on open.spotify.com."),
        Column("uri", "string", "Spotify URI: spotify:playlist:<id>, or spotify:collection:tracks."),
        _fetched_at("the playlist's own record or its entry in the account's list, whichever is newer"),
        Column(
            "followers_observed_at",
            "timestamp",
            "When Spotify returned this number of followers, UTC. It may be earlier than fetched_at, because"
            " the account's list does not show followers. Null if followers is null.",
        ),
    ),
    key=("playlist_id",),
)

PLAYLIST_ITEMS: Final = Table(
    name="playlist_items",
    description="The item at each position of each playlist: tracks, episodes, local files and empty slots."
    " A track may be in a playlist more than once.",
    grain="one position of a playlist's snapshot per day",
    columns=(
        Column(
            "playlist_id",
            "string",
            "Join to playlists. saved_tracks for the account's liked songs.",
            nullable=False,
            # A run may have the contents of a playlist without its own record.
            references=Reference("playlists", "playlist_id", "warn"),
        ),
        Column("snapshot_id", "string", "Version of the playlist's contents.", nullable=False),
        Column("position", "int", "Position in the playlist, from 0.", nullable=False, minimum=0),
        Column(
            "item_type",
            "string",
            "track, episode (of a podcast), chapter (of an audiobook), local (a local file of the user),"
            " other (anything else with an id or a URI, such as a video) or unavailable (an empty slot).",
            nullable=False,
            values=ITEM_TYPES,
            severity="halt",
        ),
        Column(
            "track_id",
            "string",
            "Join to tracks. Null if item_type is not track.",
            references=Reference("tracks", "track_id"),
        ),
        Column(
            "episode_id",
            "string",
            "Join to episodes. Null if item_type is neither episode nor chapter.",
            references=Reference("episodes", "episode_id"),
        ),
        Column("item_uri", "string", "Spotify URI of the item. Null for an empty slot."),
        Column("item_name", "string", "Title of the track, episode or local file at fetched_at."),
        Column("local_artist_name", "string", "Artist of a local file, from its tags. Null otherwise."),
        Column("local_album_name", "string", "Album of a local file, from its tags. Null otherwise."),
        Column(
            "added_at",
            "timestamp",
            "When it was added, UTC. Null if unknown: very old playlists, or 1970-01-01 at Spotify.",
        ),
        Column(
            "added_by_id",
            "string",
            "Spotify user id of the user who added it, or a hash of it (AddedByPrivacy). Null if unknown, as"
            " in Spotify's own playlists.",
        ),
        Column("is_local", "boolean", "Whether it is a local file of the user.", nullable=False),
        Column(
            "duration_ms",
            "bigint",
            "Length in milliseconds, for local files rounded to seconds. Null if unknown.",
            minimum=0,
        ),
        _fetched_at(
            "the page of the playlist. Earlier than the snapshot_date if the playlist has not changed since"
        ),
    ),
    key=("playlist_id", "snapshot_id", "position"),
)

TRACKS: Final = Table(
    name="tracks",
    description="Tracks in the day's playlists, each as it was observed last.",
    grain="one track per day",
    columns=(
        Column(
            "track_id",
            "string",
            "Spotify id of the track. A recording may have several: see isrc.",
            nullable=False,
        ),
        Column("name", "string", "Title. It may change over time. Null for tracks that Spotify withdrew."),
        Column(
            "album_id",
            "string",
            "The album that it is on. Join to albums.",
            references=Reference("albums", "album_id"),
        ),
        Column("duration_ms", "bigint", "Length in milliseconds. Null if unknown.", minimum=0),
        Column(
            "explicit",
            "boolean",
            "Whether the lyrics are marked as explicit. Also false if Spotify does not know.",
        ),
        Column(
            "isrc",
            "string",
            "International Standard Recording Code, upper case, without hyphens. It identifies the recording,"
            " which may have several track ids.",
        ),
        Column("popularity", "int", _POPULARITY, minimum=0, maximum=100, modes=_OLDER_MODES),
        Column("disc_number", "int", "Disc of the album, from 1."),
        Column("track_number", "int", "Number on the disc, from 1."),
        Column(
            "is_playable",
            "boolean",
            "Whether it is playable in the requested market. Null if no market was requested.",
        ),
        Column(
            "restriction_reason",
            "string",
            "Why it is not playable: market, product or explicit.",
            fewer_is_a_loss=False,
        ),
        Column(
            "linked_from_id",
            "string",
            "Requested track id, if Spotify returned another track that is playable in the market.",
            fewer_is_a_loss=False,
            modes=_OLDER_MODES,
        ),
        Column(
            "preview_url",
            "string",
            "URL of a 30-second preview. Null for nearly all tracks since November 2024.",
        ),
        Column("uri", "string", "Spotify URI: spotify:track:<id>."),
        _ITEM_FETCHED_AT,
    ),
    key=("track_id",),
)

ALBUMS: Final = Table(
    name="albums",
    description="Albums, singles and compilations of the day's tracks, each as it was observed last.",
    grain="one album per day",
    columns=(
        Column("album_id", "string", "Spotify id of the album.", nullable=False),
        Column("name", "string", "Title. Null for albums that Spotify withdrew."),
        Column("album_type", "string", "album, single or compilation. Null if Spotify left it out."),
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
            "0 (least popular) to 100, computed by Spotify from recent plays, as of full_record_observed_at."
            f" {_OF_FULL_ALBUM}",
            minimum=0,
            maximum=100,
            observed_at=_FULL_RECORD_OBSERVED_AT,
            modes=_OLDER_MODES,
        ),
        Column("image_url", "string", _IMAGE),
        Column("uri", "string", "Spotify URI: spotify:album:<id>."),
        _ITEM_FETCHED_AT,
        Column(
            _FULL_RECORD_OBSERVED_AT,
            "timestamp",
            "When Spotify returned the full record of the album, UTC: label, upc and popularity are as of"
            " this time. It is read again after ArtistRefreshDays. Null if it was not read.",
            modes=_OLDER_MODES,
        ),
    ),
    key=("album_id",),
)

ARTISTS: Final = Table(
    name="artists",
    description="Artists credited on the day's tracks and albums. The full record of an artist (is_full) is"
    " used as long as it is in the raw zone, however old it is: see fetched_at. Otherwise the row has only"
    " what the latest credit says.",
    grain="one artist per day",
    columns=(
        Column("artist_id", "string", "Spotify id of the artist.", nullable=False),
        Column("name", "string", "Name. Null for artists that Spotify withdrew."),
        Column(
            "genres",
            "array<string>",
            "Genres at fetched_at, as Spotify spells them. Empty if Spotify knows none. Null if the full"
            " record was not read or leaves genres out: Spotify has deprecated them since February 2026.",
        ),
        Column(
            "followers",
            "bigint",
            "Number of followers at fetched_at, which may be days before the snapshot_date. Null if the app"
            " may not read it or if the full record was not read.",
            minimum=0,
            modes=_OLDER_MODES,
        ),
        Column("popularity", "int", _POPULARITY, minimum=0, maximum=100, modes=_OLDER_MODES),
        Column("image_url", "string", _IMAGE),
        Column("uri", "string", "Spotify URI: spotify:artist:<id>."),
        Column(
            "is_full",
            "boolean",
            "Whether the row is from the artist's full record, read on this day or earlier. If false, only"
            " the credit on a track or album is known (id, name, uri). It stays true until RawRetentionDays"
            " deletes the record.",
            nullable=False,
        ),
        _fetched_at(
            "the full record if is_full is true (up to ArtistRefreshDays before the snapshot_date, or older"
            " if it could not be read again), else the track or album with the credit"
        ),
    ),
    key=("artist_id",),
)


def _credits(of: str) -> Table:
    return Table(
        name=f"{of}_artists",
        description=f"The artists credited on each {of}, in the order of the credits, at {of}s.fetched_at.",
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
                "Position in the credits. 0 is the main artist. An artist who is credited twice has one row,"
                " with the first position.",
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
    description="Podcast episodes and audiobook chapters in the day's playlists, each as it was observed"
    " last.",
    grain="one episode per day",
    columns=(
        Column(
            "episode_id",
            "string",
            "Spotify id of the episode or chapter. See playlist_items.item_type for which of the two it is.",
            nullable=False,
        ),
        Column("name", "string", "Title."),
        Column("show_id", "string", "Spotify id of the show, or of the chapter's audiobook."),
        Column("show_name", "string", "Name of the show or audiobook."),
        Column(
            "publisher",
            "string",
            "Publisher of the show. Null if the app may not read it.",
            modes=_OLDER_MODES,
        ),
        Column("release_date", "date", _RELEASE_DATE),
        Column("release_date_precision", "string", _PRECISION, values=RELEASE_DATE_PRECISIONS),
        Column("duration_ms", "bigint", "Length in milliseconds. Null if unknown.", minimum=0),
        Column(
            "explicit", "boolean", "Whether it is marked as explicit. Also false if Spotify does not know."
        ),
        Column("uri", "string", "Spotify URI: spotify:episode:<id>, for chapters too."),
        _ITEM_FETCHED_AT,
    ),
    key=("episode_id",),
)

REJECTED_RECORDS: Final = Table(
    name="rejected_records",
    description="Raw records that could not be normalised, with the reason and where they are stored. Empty"
    " on a good day.",
    grain="one raw record per day",
    columns=(
        Column("source", "string", "Raw source of the record: playlists, playlist_items, ..."),
        Column(
            "reason",
            "string",
            "; ".join(f"{reason}: {meaning}" for reason, meaning in REJECT_REASONS.items()) + ".",
            nullable=False,
            values=tuple(REJECT_REASONS),
            severity="halt",
        ),
        Column("detail", "string", "What is wrong, for example the missing keys of the envelope."),
        Column("raw_text", "string", "The line as stored in the raw zone, or a quarantined row as JSON."),
        Column(
            "object_uri",
            "string",
            "The raw object with the line, or the partition that a quarantined row was made for.",
            nullable=False,
        ),
        Column(
            "line_number",
            "int",
            "Number of the line in the object, from 1. Null for a quarantined row.",
            minimum=1,
        ),
        Column("playlist_id", "string", "Playlist of the record, if it can be read."),
        Column("position", "int", "Position in the playlist, if it can be read."),
        Column("run_id", "string", "Run that fetched the record, if it can be read."),
    ),
    key=("object_uri", "line_number"),
    row_count_is_watched=False,
)

QUALITY_RESULTS: Final = Table(
    name="quality_results",
    description="Results of the quality rules, which are checked before a day is published.",
    grain="one quality rule per day",
    columns=(
        Column("rule", "string", "Name of the rule: table.column:check.", nullable=False),
        Column("table_name", "string", "The table that it applies to.", nullable=False),
        Column(
            "column_name",
            "string",
            "The column, or several separated by commas. Null if it applies to the whole table.",
        ),
        Column(
            "check_name",
            "string",
            "not_null, unique, range, values, foreign_key, row_count, playlist_shrink, rejected_share,"
            " same_day or stored_items: see Rules in the data dictionary.",
            nullable=False,
            values=CHECKS,
            severity="halt",
        ),
        Column("expected", "string", "The condition."),
        Column(
            "severity",
            "string",
            "warn, quarantine (the rows go to rejected_records) or halt (nothing is published).",
            nullable=False,
            values=SEVERITIES,
            severity="halt",
        ),
        Column("is_passed", "boolean", "Whether the condition holds.", nullable=False),
        Column(
            "failing",
            "bigint",
            "Number of rows that break the rule. row_count: missing rows. playlist_shrink and stored_items:"
            " playlists. rejected_share: rejected records and rows. same_day: missing rows or values,"
            " whichever are more.",
            nullable=False,
            minimum=0,
        ),
        Column("detail", "string", "The figures behind a broken rule. Null if it holds."),
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
