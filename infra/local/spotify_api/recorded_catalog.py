"""A folder of recorded answers as a catalog: what was recorded is served as it was recorded.

Files are read as answers (`recorded_files`), answers are recognized (`recorded_answers`), and pages are
joined to lists (`recorded_lists`). Each list and object has a history. On a given day the latest entry at or
before that day is served; before the first entry the list or object does not exist. If a list was recorded
several times on one day, the last recording is used.

What was not recorded is not served:

* `total` of a playlist's contents is the number of items recorded without a gap from position 0. With the
  recorded total a client would request pages that do not exist. The same applies to saved tracks.
* GET /me/playlists lists the playlists whose contents were recorded, those of a recorded library page
  first; a playlist known only from such a page is left out.
* An artist, album or track known only in its simplified form is 404, and null in a batch.
* The account is the recorded GET /me, else the owner of most playlists of the recorded library pages.
"""

from __future__ import annotations

import collections
import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Self

from infra.local.spotify_api.catalog import JsonObject, StoredPlaylist
from infra.local.spotify_api.recorded_answers import (
    CONTENTS_KEYS,
    AnswerRefused,
    Kind,
    RecordedAnswer,
    recognized,
)
from infra.local.spotify_api.recorded_files import RecordingUnreadableError, Report, read_folder
from infra.local.spotify_api.recorded_lists import (
    Entry,
    History,
    RecordedList,
    recorded_playlists,
    recorded_saved_tracks,
)

__all__ = ["RecordedCatalog", "RecordingUnreadableError"]

SOURCES: Final = ("playlists", "saved_tracks")
"""The sources of the pipeline, by name, whose answers are played back."""
NOBODY: Final[JsonObject] = {
    "display_name": None,
    "external_urls": {},
    "href": "https://api.spotify.com/v1/users/recorded",
    "id": "recorded",
    "type": "user",
    "uri": "spotify:user:recorded",
}


class RecordedCatalog:
    """A folder of recorded answers (see the module). Make it with `read`.

    Attributes:
        report: what is not played back on any of the `replay_days`, and which lists are incomplete.
    """

    def __init__(
        self, recorded: Sequence[RecordedAnswer], report: Report, sources: Collection[str] = SOURCES
    ) -> None:
        self._sources = sources
        of_kind: dict[Kind, list[RecordedAnswer]] = collections.defaultdict(list)
        for one in recorded:
            of_kind[one.kind].append(one)
        self.report = report
        self._playlists = _playlists([*of_kind[Kind.PLAYLIST], *of_kind[Kind.CONTENTS]], report)
        self._saved = _history(recorded_saved_tracks(of_kind[Kind.SAVED], report.refuse))
        self._plays = _plays(of_kind[Kind.PLAYS])
        self._objects = _objects(recorded)
        self._accounts = History(
            Entry(one.moment, one.answer.body, (one,), one.answer.file) for one in of_kind[Kind.ACCOUNT]
        )
        self._library = sorted(of_kind[Kind.LIBRARY], key=lambda page: page.moment)
        listed = [playlist for page in self._library for playlist in page.page.items if playlist]
        listed_ids = dict.fromkeys(playlist["id"] for playlist in listed)
        self._library_order = {key: number for number, key in enumerate(listed_ids)}
        self._library_owner = _most_frequent([one["owner"] for one in listed if one.get("owner")])

    @classmethod
    def read(cls, folder: Path, sources: Collection[str] = SOURCES) -> Self:
        """Read a folder.

        Args:
            folder: the folder.
            sources: the names of the sources that will be read; the lists of others are reported as unused.

        Raises:
            RecordingUnreadableError: naming the file or the folder, and how to fix it.
        """
        answers, unused = read_folder(folder)
        report = Report(unused)
        recorded = []
        for answer in answers:
            try:
                recorded.append(recognized(answer))
            except AnswerRefused as refusal:
                report.refuse(answer, str(refusal))
        catalog = cls(recorded, report, sources)
        if not catalog._playlists:
            reasons = "".join(f"; {unused}" for unused in report.unused)
            problem = f"no file in it holds a playlist with its contents{reasons}"
            remedy = "Record a playlist with its items; docs/recorded.md describes the files."
            raise RecordingUnreadableError(folder, problem, remedy)
        catalog._report_unread()
        catalog._report_superseded()
        catalog._report_incomplete()
        return catalog

    def days(self) -> Sequence[dt.date]:
        """The days on which playlists were recorded, ascending; 1970-01-01 for one without any date."""
        return sorted({day for history in self._playlists.values() for day in history.days})

    def replay_days(self) -> Sequence[dt.date]:
        """The days worth a run each.

        These are the days of every list of the sources (a playlist, the saved tracks) that was recorded on
        more than one day, and the last day on which anything was recorded.
        """
        lists = self._lists()
        read = itertools.chain.from_iterable(lists.get(source, []) for source in self._sources)
        several = [history.days for history in read if len(history.days) > 1]
        last = max(day for history in self._histories() for day in history.days)
        return sorted({last}.union(*several))

    def has_source(self, source: str, day: dt.date) -> bool:
        """Whether anything of a source was recorded at or before the day."""
        return any(history.on(day) for history in self._lists().get(source, []))

    def me(self, day: dt.date) -> JsonObject:
        """The recorded account, else the owner of most playlists of the recorded library."""
        account = self._accounts.on(day)
        return account.value if account else self._library_owner

    def my_playlists(self, day: dt.date) -> Sequence[str | None]:
        """The playlists whose contents were recorded at or before the day."""
        known = [key for key, history in self._playlists.items() if history.on(day)]
        order = self._library_order
        return sorted(known, key=lambda key: (order.get(key, len(order)), key))

    def playlist(self, playlist_id: str, day: dt.date) -> StoredPlaylist | None:
        """A playlist's metadata as recorded."""
        recorded = self._recorded_playlist(playlist_id, day)
        if recorded is None:
            return None
        head = recorded.parts[0]
        record = {key: value for key, value in head.answer.body.items() if key not in CONTENTS_KEYS}
        is_shared = bool(record.get("collaborative")) and playlist_id in self._library_order
        return StoredPlaylist(record, len(recorded.items), head.contents_keys, is_collaborator=is_shared)

    def playlist_items(
        self, playlist_id: str, day: dt.date, offset: int, limit: int
    ) -> Sequence[JsonObject | None]:
        """A slice of the recorded contents."""
        recorded = self._recorded_playlist(playlist_id, day)
        return recorded.items[offset : offset + limit] if recorded else []

    def saved_tracks(self, day: dt.date) -> Sequence[JsonObject | None]:
        """The saved tracks as last recorded at or before the day."""
        saved = self._saved.on(day)
        return saved.value.items if saved else []

    def saved_episodes(self, day: dt.date) -> Sequence[JsonObject]:  # noqa: ARG002 - not recorded
        """None: recorded answers of saved episodes are not read."""
        return ()

    def recently_played(self, day: dt.date) -> Sequence[JsonObject]:
        """The plays that were recorded on the latest day at or before the day, latest first."""
        plays = self._plays.on(day)
        return plays.value if plays else []

    def artist(self, artist_id: str, day: dt.date) -> JsonObject | None:
        """A full artist, from the latest answer at or before the day that holds it."""
        return self._object("artist", artist_id, day)

    def album(self, album_id: str, day: dt.date) -> JsonObject | None:
        """A full album, likewise."""
        return self._object("album", album_id, day)

    def track(self, track_id: str, day: dt.date) -> JsonObject | None:
        """A full track, likewise."""
        return self._object("track", track_id, day)

    def _object(self, kind: str, object_id: str, day: dt.date) -> JsonObject | None:
        history = self._objects.get((kind, object_id))
        entry = history.on(day) if history else None
        return entry.value if entry else None

    def _recorded_playlist(self, playlist_id: str, day: dt.date) -> RecordedList | None:
        history = self._playlists.get(playlist_id)
        entry = history.on(day) if history else None
        return entry.value if entry else None

    def _lists(self) -> dict[str, list[History[RecordedList]]]:
        """The recorded lists of each of `SOURCES`."""
        return dict(zip(SOURCES, ([*self._playlists.values()], [self._saved]), strict=True))

    def _histories(self) -> list[History[Any]]:
        lists = [*self._playlists.values(), self._saved]
        return [*lists, self._plays, self._accounts, *self._objects.values()]

    def _report_unread(self) -> None:
        """Report the lists of sources that will not be read."""
        for source, histories in self._lists().items():
            if source in self._sources:
                continue
            reason = f"the source {source} is off; add SOURCES={','.join([*self._sources, source])}"
            for entry in itertools.chain.from_iterable(history.entries for history in histories):
                for part in entry.parts:
                    self.report.refuse(part.answer, reason)

    def _report_superseded(self) -> None:
        """Report what is not visible on any day that is played back, and what replaced it."""
        visible: set[RecordedAnswer] = set()
        later_files: dict[RecordedAnswer, str] = {}
        days = self.replay_days()
        for history in self._histories():
            if any(entry.parts for entry in history.entries):
                visible.update(part for day in days if (entry := history.on(day)) for part in entry.parts)
                for entry, later in itertools.pairwise(history.entries):
                    later_files |= dict.fromkeys(entry.parts, later.file)
        for part, file in later_files.items():
            if part not in visible:
                self.report.refuse(part.answer, f"replaced by a later recording in {file}")

    def _report_incomplete(self) -> None:
        """Report lists of these sources that are longer than what was recorded of them."""
        days = self.replay_days()
        lists = [("playlists", f"the playlist {key}", one) for key, one in self._playlists.items()]
        for source, what, history in [*lists, ("saved_tracks", "the saved tracks", self._saved)]:
            if source not in self._sources:
                continue
            for recorded in dict.fromkeys(entry.value for day in days if (entry := history.on(day))):
                on_day = f"{what} on {recorded.moment.day}"
                self.report.check_total(recorded.parts[0].answer, on_day, recorded.total, len(recorded.items))
        for page in self._library:
            listed = {playlist["id"] for playlist in page.page.items if playlist}
            if missing := len(listed - self._playlists.keys()):
                reason = f"the contents of {missing} of its {len(listed)} playlists were not recorded"
                self.report.note(page.answer, reason)
        if self._library:
            last = self._library[-1]
            self.report.check_total(last.answer, "the library", last.page.total, len(self._library_order))


def _most_frequent(users: Sequence[JsonObject]) -> JsonObject:
    counts = collections.Counter(user["id"] for user in users).most_common(1)
    return next((user for user in reversed(users) if user["id"] == counts[0][0]), NOBODY)


def _playlists(parts: Sequence[RecordedAnswer], report: Report) -> dict[str, History[RecordedList]]:
    by_id: dict[str, list[RecordedAnswer]] = collections.defaultdict(list)
    for part in parts:
        by_id[part.playlist_id].append(part)
    lists = {key: recorded_playlists(of_playlist, report.refuse) for key, of_playlist in by_id.items()}
    return {key: _history(found) for key, found in lists.items() if found}


def _history(lists: Iterable[RecordedList]) -> History[RecordedList]:
    return History(Entry(one.moment, one, one.parts, one.parts[0].answer.file) for one in lists)


def _plays(pages: Sequence[RecordedAnswer]) -> History[list[JsonObject]]:
    """The plays recorded on each day, each play once."""
    by_day: dict[dt.date, list[RecordedAnswer]] = collections.defaultdict(list)
    for page in sorted(pages, key=lambda page: page.moment):
        by_day[page.moment.day].append(page)
    entries = []
    for of_day in by_day.values():
        plays = {
            (play["played_at"], (play.get("track") or {}).get("id")): play
            for page in of_day
            for play in page.page.items
            if play
        }
        latest_first = sorted(plays.values(), key=lambda play: str(play["played_at"]), reverse=True)
        entries.append(Entry(of_day[-1].moment, latest_first, tuple(of_day), of_day[-1].answer.file))
    return History(entries)


def _objects(recorded: Sequence[RecordedAnswer]) -> dict[tuple[str, str], History[JsonObject]]:
    """Every full artist, album and track by kind and id.

    An object embedded in another answer is not the reason why that answer was recorded.
    """
    found: dict[tuple[str, str], list[Entry[JsonObject]]] = collections.defaultdict(list)
    for one in recorded:
        parts = (one,) if one.kind is Kind.OBJECTS else ()
        moment = one.moment
        for kind, record in one.objects:
            found[kind, record["id"]].append(Entry(moment, record, parts, one.answer.file))
    return {key: History(entries) for key, entries in found.items()}
