"""What of a folder of recorded answers is not played back, and which recorded lists are incomplete."""

from __future__ import annotations

import collections
from collections.abc import Iterable
from typing import NamedTuple

from infra.local.spotify_api.recorded_files import Answer, Unused


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
