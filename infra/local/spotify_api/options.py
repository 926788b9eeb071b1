"""Options of the local Spotify."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from infra.local.spotify_api.accounts import AccountsOptions
from infra.local.spotify_api.catalog import Catalog
from infra.local.spotify_api.faults import FaultPlan
from infra.local.spotify_api.fields import Names
from infra.local.spotify_api.recorded_catalog import RecordedCatalog
from infra.local.spotify_api.synthetic_catalog import DEFAULT_SEED, ScaledCatalog, SyntheticCatalog

Mode: TypeAlias = Literal["extended", "legacy_development", "development"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
ContentsPaths: TypeAlias = Literal["both", "items", "tracks"]


@dataclasses.dataclass(frozen=True)
class Scale:
    """The size of a catalog for benchmarks, generated on request."""

    playlists: int
    items: int


@dataclasses.dataclass(frozen=True)
class SpotifyApiOptions:
    """The local Spotify's options; each has a default that makes a well-behaved extended app.

    Attributes:
        mode: `extended`, `legacy_development` (an app made before 11 Feb 2026) or `development`.
        day: what the catalog looks like; None for today (UTC).
        recorded: a folder of recorded answers to serve instead of the bundled catalog.
        scale: a large catalog instead of the bundled one.
        seed: of the bundled or large catalog.
        faults: the fault plan.
        latency: minimum seconds of every response.
        names: of a playlist's contents: `stored` (old names, or what was recorded), `both` at once, `new`.
            None: `new` in development mode, else `stored`.
        contents_paths: which of /playlists/{id}/items and /tracks exist; the other is 403. None: only
            `items` in development mode, else `both`.
        user_is_registered: False: the user is not on a development app's allowlist; 403 with a user token.
        owner_has_premium: False: a development app stops: 403 for everything.
        accounts: the token host.
        port: on 127.0.0.1; 0 for a free one.
    """

    mode: Mode = "extended"
    day: dt.date | None = None
    recorded: Path | None = None
    scale: Scale | None = None
    seed: int = DEFAULT_SEED
    faults: FaultPlan = dataclasses.field(default_factory=FaultPlan)
    latency: float = 0.0
    names: Names | None = None
    contents_paths: ContentsPaths | None = None
    user_is_registered: bool = True
    owner_has_premium: bool = True
    accounts: AccountsOptions = dataclasses.field(default_factory=AccountsOptions)
    port: int = 0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(
                f"{self.mode!r} is not a mode of the local Spotify; the modes are {', '.join(MODES)}"
            )
        if self.recorded is not None and self.scale is not None:
            raise ValueError("give recorded or scale, not both")

    @property
    def is_extended(self) -> bool:
        """Whether the app has extended quota."""
        return self.mode == "extended"

    @property
    def effective_names(self) -> Names:
        """`names`, or what goes with the mode."""
        return self.names or ("new" if self.mode == "development" else "stored")

    @property
    def effective_paths(self) -> ContentsPaths:
        """`contents_paths`, or what goes with the mode."""
        return self.contents_paths or ("items" if self.mode == "development" else "both")

    def catalog(self) -> Catalog:
        """The catalog that these options name; raises RecordingUnreadableError."""
        if self.recorded is not None:
            return RecordedCatalog.read(self.recorded)
        if self.scale is not None:
            return ScaledCatalog(self.scale.playlists, self.scale.items, seed=self.seed)
        return SyntheticCatalog(self.seed)
