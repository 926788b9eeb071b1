"""The sources by name."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Final

from fetch_spotify.errors import InvalidRequest
from fetch_spotify.playlists.source import SourceSpec

MODULES: Final = (
    "account",
    "saved_tracks",
)
"""The modules of this package that define a source as `SOURCE`. To add a source, add a line."""


def load(modules: Iterable[str]) -> dict[str, SourceSpec]:
    """Return the sources in modules of this package, by name."""
    specs: list[SourceSpec] = [
        importlib.import_module(f"fetch_spotify.playlists.{module}").SOURCE for module in modules
    ]
    return {spec.name: spec for spec in specs}


REGISTRY: Final[Mapping[str, SourceSpec]] = load(MODULES)


def chosen(names: Iterable[str]) -> list[SourceSpec]:
    """Return the sources of these names, each once; spaces around a name are ignored.

    Raises:
        InvalidRequest: no source is named, or one does not exist.
    """
    wanted = dict.fromkeys(name.strip() for name in names if name.strip())
    unknown = [name for name in wanted if name not in REGISTRY]
    if unknown or not wanted:
        problem = f"There is no source '{unknown[0]}'." if unknown else "No source is named."
        raise InvalidRequest(
            f"{problem} Set Sources (SOURCES of make) to one or more of {', '.join(REGISTRY)}, "
            "separated by commas."
        )
    return [REGISTRY[name] for name in wanted]
