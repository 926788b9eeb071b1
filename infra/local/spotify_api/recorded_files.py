"""Read a folder of recorded answers: which files there are, when they were recorded, what they hold."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from infra.local.spotify_api.catalog import JsonObject

_SUFFIX: Final = re.compile(r"\.(json|jsonl|ndjson)(\.gz)?\Z", re.IGNORECASE)
_DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_.]?(\d{2})[-_.]?(\d{2})")
# 05:00, 0500, 05-00-00, 050000.123, each after an optional T; an hour alone needs the T.
_TIME: Final = re.compile(
    r"[\s_.-]*(?:T\s*)?([01]\d|2[0-3])[-_.:]?([0-5]\d)(?:[-_.:]?([0-5]\d)(?:[.,]?\d+)?)?(?!\d)"
    r"|[\s_.-]*T\s*([01]\d|2[0-3])(?!\d)",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(r"(\d+)")
_DOCUMENTATION: Final = (".md",)  # explains the recordings; a .txt file may be an answer by mistake
_OK: Final = (200, "200")
_FORMATS: Final = "docs/recorded.md describes the files"


class RecordingUnreadableError(ValueError):
    """A folder of recorded answers, or a file in it, that cannot be played back.

    Attributes:
        path: the folder or the file.
        reason: what is wrong with it.
        remedy: a sentence that says how to fix it.
    """

    def __init__(self, path: Path, reason: str, remedy: str) -> None:
        self.path = path
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"the recorded answers in {path} cannot be served: {reason}. {remedy}")


class Unused(NamedTuple):
    """A recorded file, or one answer of it, that is not played back, and why."""

    file: str
    reason: str


class Moment(NamedTuple):
    """When an answer was recorded; `order`, its place among all answers, decides between equal times."""

    day: dt.date
    time: dt.time
    order: int


@dataclasses.dataclass(frozen=True, eq=False)
class Answer:
    """One recorded body of status 200.

    Attributes:
        file: path below the folder.
        url: the address that was read; "" where the file does not hold it.
        body: as Spotify sent it.
        day: the date in the file's name or folder; None where there is none.
        time: the time next to that date; midnight where there is none.
        order: counts all answers, in the order of files and of the answers in each.
    """

    file: str
    url: str
    body: JsonObject
    day: dt.date | None
    time: dt.time
    order: int


class UnusedAnswers(NamedTuple):
    """Answers of one file that are not played back for the same reason."""

    file: str
    reason: str
    answers: int

    def __str__(self) -> str:
        return f"{self.file}: {f'{self.answers} answers: ' if self.answers > 1 else ''}{self.reason}"


class Incomplete(NamedTuple):
    """A recorded list that was longer than what was recorded of it without a gap from its first entry."""

    file: str
    what: str
    total: int
    recorded: int

    def __str__(self) -> str:
        return f"{self.file}: {self.what}: {self.recorded:,} of {self.total:,} recorded"


class Report:
    """Collects what is not used, answer by answer."""

    def __init__(self, unused: Iterable[Unused]) -> None:
        self._counts = collections.Counter(unused)
        self._refused: set[Answer] = set()
        self.incomplete: list[Incomplete] = []

    @property
    def unused(self) -> list[UnusedAnswers]:
        """What is not played back, by file."""
        return sorted(UnusedAnswers(file, reason, count) for (file, reason), count in self._counts.items())

    def refuse(self, answer: Answer, reason: str) -> None:
        """Note an answer that is not played back; of several reasons the first counts."""
        if answer not in self._refused:
            self._refused.add(answer)
            self._counts[Unused(answer.file, reason)] += 1

    def note(self, answer: Answer, reason: str) -> None:
        """Note that part of an answer is not played back."""
        self._counts[Unused(answer.file, reason)] += 1

    def check_total(self, answer: Answer, what: str, total: int | None, recorded: int) -> None:
        """Note a list whose recorded total is larger than what was recorded of it."""
        if total is not None and total > recorded:
            self.incomplete.append(Incomplete(answer.file, what, total, recorded))


def read_folder(folder: Path) -> tuple[list[Answer], list[Unused]]:
    """Return every answer below a folder, and what is not one.

    A file holds one body, or one exchange `{uri, status, headers, body}`, or a list of them; a `.jsonl` or
    `.ndjson` file holds one per line.

    Raises:
        RecordingUnreadableError: there is no such folder, or a file in it cannot be read.
    """
    if not folder.is_dir():
        raise RecordingUnreadableError(
            folder, "there is no such folder", f"Name a folder of recorded answers; {_FORMATS}."
        )
    answers: list[Answer] = []
    unused: list[Unused] = []
    paths = [path for path in folder.rglob("*") if not path.is_dir()]
    for path in sorted(paths, key=lambda path: _file_order(path.relative_to(folder))):
        file = path.relative_to(folder)
        if path.suffix.lower() in _DOCUMENTATION:
            continue
        if not _SUFFIX.search(path.name):
            unused.append(Unused(str(file), "not a .json, .jsonl or .ndjson file, gzipped or not"))
            continue
        day, time = recorded_at(file)
        elements = list(_elements(path))
        if not elements:
            unused.append(Unused(str(file), "empty"))
        for element in elements:
            url, body, reason = _unwrapped(element)
            if reason:
                unused.append(Unused(str(file), reason))
            else:
                answers.append(Answer(str(file), url, body, day, time, len(answers)))
    return answers, unused


def recorded_at(file: Path) -> tuple[dt.date | None, dt.time]:
    """Return the date and the time in a file's name, else in the nearest folder's.

    `2024-04-22`, `20240422` and `2024_04_22` are dates; a time follows its date, as in `20240422T0500`,
    `2024-04-22_05-00-00` or `2024-04-22 05.00`. Of several dates in a name the first counts.
    """
    for part in reversed(file.parts):
        for found in _DATE.finditer(part):
            try:
                day = dt.date(*map(int, found.groups()))
            except ValueError:
                continue
            clock = _TIME.match(part, found.end())
            if clock:
                hour, minute, second, hour_alone = (int(text or 0) for text in clock.groups())
                return day, dt.time(hour or hour_alone, minute, second)
            if not part[found.end() : found.end() + 1].isdigit():
                return day, dt.time()
    return None, dt.time()


def _file_order(file: Path) -> list[list[str | int]]:
    """Names in their natural order: `page_2` is before `page_10`, `chart.json` before `chart-page.json`."""
    parts = (*file.parts[:-1], _SUFFIX.sub("", file.name))
    return [[int(text) if text.isdigit() else text for text in _DIGITS.split(part)] for part in parts]


def _elements(path: Path) -> Iterator[Any]:
    for document in _documents(path):
        yield from document if isinstance(document, list) else [document]


def _documents(path: Path) -> Iterator[Any]:
    name = path.name.lower()
    try:
        data = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    if not text.strip():
        return
    if _SUFFIX.findall(name)[0][0] == "json":
        yield _json(path, text, "it is not JSON")
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _json(path, line, f"line {number} is not JSON")


def _json(path: Path, text: str, complaint: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"{complaint} ({error})") from error


def _unreadable(path: Path, reason: str) -> RecordingUnreadableError:
    return RecordingUnreadableError(
        path, reason, f"Record the answer again, or remove the file from the folder; {_FORMATS}."
    )


def _unwrapped(element: Any) -> tuple[str, Any, str]:
    """The url and the body of an element, or the reason why it is not an answer."""
    url, body = "", element
    if isinstance(element, dict) and "body" in element and ("status" in element or "uri" in element):
        status = element.get("status", 200)
        if status not in _OK:
            return "", None, f"an answer of status {status}"
        url, body = str(element.get("uri") or ""), element["body"]
    if not isinstance(body, dict):
        return "", None, "not a JSON object"
    if isinstance(body.get("error"), dict) and "status" in body["error"]:
        return "", None, f"an answer of status {body['error']['status']}"
    return url, body, ""
