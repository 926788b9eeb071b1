"""Makes reports of random but repeatable figures."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from typing import Final

from build_report.report import (
    Change,
    Duplicate,
    FailedRule,
    Playlist,
    PlaylistChanges,
    Ranked,
    RejectedReason,
    ReleaseYear,
    Report,
    RunFigure,
    Series,
    Trend,
    Unavailable,
    Verdict,
)
from tests.reports.empty import DAY, empty_first_day

HOSTILE: Final = (
    "</script><img src=x onerror=alert(1)>",
    "\"Quotes\" & 'apostrophes' {{ 7 * 7 }}",
    "<!-- <b>not bold</b> -->",
    "\N{PARTY POPPER} emoji \N{MUSICAL SYMBOL G CLEF}",
    "שלום עולם (רמיקס)",
    "أغنية جميلة 2026",
)
"""Names with markup, quotes, emoji and right-to-left text."""
LONG: Final = (
    "Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetz" * 8,
    "The best songs to listen to while it rains on a Sunday afternoon in November " * 6,
    "\N{MUSICAL SYMBOL G CLEF}" * 100,
)
"""Names of hundreds of characters, with and without spaces."""
_FIRST_WORDS: Final = (
    "Amber",
    "Distant",
    "Fading",
    "Golden",
    "Hollow",
    "Little",
    "Neon",
    "Quiet",
    "Slow",
    "Velvet",
)
_LAST_WORDS: Final = (
    "Anchor",
    "Ballad",
    "City",
    "Echo",
    "Garden",
    "Harbor",
    "Lantern",
    "Mirror",
    "River",
    "Winter",
)
_RANK_DAYS: Final = 14
_GENRES: Final = ("pop", "indie rock", "(no genre)", "hip hop", "electronic", "jazz", "folk", "soul")


class Maker:
    """Makes a report of so many days, playlists and tracks."""

    def __init__(
        self,
        *,
        days: int,
        playlists: int,
        tracks: int,
        has_problems: bool = True,
        names: tuple[str, ...] = (),
    ) -> None:
        self.random = random.Random(f"{days} {playlists} {tracks}")
        self.days = tuple((DAY - dt.timedelta(days=days - 1 - n)).isoformat() for n in range(days))
        self.tracks = tracks
        self.has_problems = has_problems
        self.names = names
        self.playlist_names = [self.name() for _ in range(playlists)]

    def name(self) -> str:
        if self.names:
            return self.random.choice(self.names)
        words = (self.random.choice(_FIRST_WORDS), self.random.choice(_LAST_WORDS))
        return " ".join((*words, str(self.random.randint(2, 9)))[: self.random.randint(1, 3)])

    def walk(self, start: float, step: float) -> tuple[float | None, ...]:
        """Figures of the days, with a day that has none."""
        values: list[float | None] = []
        for _ in self.days:
            start = max(start + self.random.uniform(-step, step), 0)
            values.append(start)
        if self.has_problems:
            values[len(values) // 3] = None
        return tuple(values)

    def reach(self, start: int) -> tuple[int | None, ...]:
        """Whole figures of the days that ranks are shown of."""
        values = self.walk(start, start / 30)[-_RANK_DAYS:]
        return tuple(None if value is None else round(value) for value in values)

    def report(self) -> Report:
        changes = self.changes()
        failed_rules = self.failed_rules() if self.has_problems else ()
        rejected = (
            (RejectedReason("no_id", 3, '{"track": {"name": "<b>local</b>"}}'),) if self.has_problems else ()
        )
        unavailable = self.unavailable() if self.has_problems else ()
        duplicates = self.duplicates() if self.has_problems else ()
        skipped = ((self.playlist_names[0], "Spotify answered with 404."),) if self.has_problems else ()
        number = len(self.playlist_names)
        trends = tuple(self.trend(n) for n in range(24))
        return dataclasses.replace(
            empty_first_day(),
            verdict=Verdict(
                is_fresh=True,
                playlists=number - len(skipped),
                playlists_requested=number,
                skipped_playlists=skipped,
                failed_rules=len(failed_rules),
                rejected=sum(each.records for each in rejected),
                summary=f"{number - len(skipped)} of {number} playlists of {DAY} were read;"
                f" {len(failed_rules)} quality rules failed.",
            ),
            previous_day=self.days[-2],
            changes=changes,
            playlists_with_changes=len(changes),
            items_added=sum(each.added for each in changes),
            items_removed=sum(each.removed for each in changes),
            items_moved=sum(each.moved for each in changes),
            trends=trends,
            trends_tested=3 * self.tracks,
            ranked_by="reach",
            rank_days=self.days[-_RANK_DAYS:],
            top_tracks=self.ranked(with_artist=True),
            top_artists=self.ranked(with_artist=False),
            reach=tuple(Series(self.name(), self.reach(3_000_000 // (n + 1))) for n in range(5)),
            genre_days=self.days,
            genres=self.genres(),
            release_years=self.release_years(),
            playlists=tuple(map(self.playlist, self.playlist_names)),
            playlists_total=number,
            unavailable=unavailable,
            unavailable_total=len(unavailable),
            duplicates=duplicates,
            duplicates_total=len(duplicates),
            failed_rules=failed_rules,
            rules_checked=142,
            rejected=rejected,
            freshness_days=self.days,
            published_days=tuple(day for n, day in enumerate(self.days) if not self.has_problems or n != 4),
            run_figures=self.run_figures(),
        )

    def changes(self) -> tuple[PlaylistChanges, ...]:
        made = []
        for playlist in self.playlist_names[: max(len(self.playlist_names) * 3 // 5, 1)]:
            added, removed, moved = (self.random.randint(0, 12) for _ in range(3))
            kinds = ["added"] * added + ["removed"] * removed + ["moved"] * moved
            items = tuple(self.change(kind) for kind in kinds)
            made.append(PlaylistChanges(playlist, self.days[-2], added, removed, moved, items))
        return tuple(sorted(made, key=lambda each: -len(each.changes)))

    def change(self, kind: str) -> Change:
        position = self.random.randint(0, 99)
        return Change(kind, self.name(), self.name(), position, position // 2 if kind == "moved" else None)

    def trend(self, place: int) -> Trend:
        entity, metric = (("track", "popularity"), ("track", "reach"), ("playlist", "followers"))[place % 3]
        slope = self.random.uniform(0.2, 2) * (1000 if metric == "reach" else 1)
        spread = slope * self.random.uniform(0.1, 0.9)
        is_rising = place % 2 == 0
        slope = slope if is_rising else -slope
        return Trend(
            entity_type=entity,
            entity_name=self.name(),
            metric=metric,
            window_days=28 if place % 4 < 2 else 7,
            direction="rising" if is_rising else "falling",
            slope=slope,
            slope_low=slope - spread,
            slope_high=slope + spread,
            observations=self.random.randint(7, 28),
            adjusted_p=self.random.uniform(0.0001, 0.05),
        )

    def ranked(self, *, with_artist: bool) -> tuple[Ranked, ...]:
        days = self.days[-_RANK_DAYS:]
        order = list(range(25))
        history: list[list[int | None]] = [[] for _ in order]
        for _ in days:
            for _ in range(4):
                place = self.random.randrange(24)
                order[place], order[place + 1] = order[place + 1], order[place]
            for rank, entity in enumerate(order, 1):
                history[entity].append(rank)
        history[order[3]][: len(days) // 2] = [None] * (len(days) // 2)
        return tuple(
            Ranked(
                name=self.name(),
                artist_name=self.name() if with_artist else None,
                rank=rank,
                rank_7_days_before=history[entity][-8],
                playlists=max(len(self.playlist_names) // (rank + 1), 1),
                reach=5_000_000 // rank,
                popularity=self.random.randint(20, 95),
                ranks=tuple(history[entity]),
            )
            for rank, entity in enumerate(order, 1)
        )

    def genres(self) -> tuple[Series, ...]:
        return tuple(Series(genre, self.walk(0.3 / (place + 1), 0.02)) for place, genre in enumerate(_GENRES))

    def release_years(self) -> tuple[ReleaseYear, ...]:
        years = [
            ReleaseYear(year, placements, placements * 3 // 4)
            for year in range(1965, 2027)
            if (
                placements := int(
                    self.tracks / 12 * 0.9 ** (2025 - min(year, 2025)) * self.random.uniform(0.6, 1.2)
                )
            )
        ]
        return (*years, ReleaseYear(None, 7, 6))

    def playlist(self, name: str) -> Playlist:
        return Playlist(
            name=name,
            items=int(self.random.lognormvariate(4, 0.8)) + 1,
            average_age_years=self.random.uniform(0.5, 40),
            followers=int(self.random.lognormvariate(7, 2)),
            items_change_7d=self.random.randint(-5, 12),
            followers_change_7d=self.random.randint(-20, 90),
            days_without_contents=0 if not self.has_problems else self.random.choice((0, 0, 0, 2)),
        )

    def unavailable(self) -> tuple[Unavailable, ...]:
        reasons = ("not available in the market", "local file", "empty slot")
        return tuple(
            Unavailable(
                self.random.choice(self.playlist_names),
                self.name(),
                self.random.randint(0, 90),
                self.random.choice(reasons),
            )
            for _ in range(len(self.playlist_names))
        )

    def duplicates(self) -> tuple[Duplicate, ...]:
        return tuple(
            Duplicate(
                self.random.choice(self.playlist_names),
                self.name(),
                f"USRC{n:08d}",
                tuple(sorted(self.random.sample(range(90), 2 + n % 2))),
            )
            for n in range(len(self.playlist_names) // 2)
        )

    def failed_rules(self) -> tuple[FailedRule, ...]:
        sample = '{"playlist_id": "37i9dQZF1DX", "item_count": 51, "stored_items": 50}'
        return (
            FailedRule(
                "playlists",
                "item_count:stored_items",
                "warn",
                2,
                "2 playlists",
                (sample, sample.replace("51", "61")),
            ),
            FailedRule(
                "tracks", "artist_id:reference", "quarantine", 1, None, ('{"track_id": "<b>4uLU6h</b>"}',)
            ),
        )

    def run_figures(self) -> tuple[RunFigure, ...]:
        figures = []
        for name, unit, usual in (
            ("Calls to Spotify", "calls", len(self.playlist_names) * 4.0),
            ("Fetch", "seconds", 42.0),
            ("Normalize", "seconds", 71.0),
            ("Rows written", "rows", self.tracks * 3.0),
            ("Estimated cost", "USD", 0.21),
        ):
            digits = 0 if usual > 100 else 2
            earlier = tuple(round(usual * self.random.uniform(0.9, 1.1), digits) for _ in range(9))
            value = round(usual * (1.4 if name == "Fetch" and self.has_problems else 1), digits)
            figures.append(RunFigure(name, unit, value, min(earlier), max(earlier), earlier))
        return tuple(figures)
