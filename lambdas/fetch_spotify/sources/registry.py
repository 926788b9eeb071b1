"""The sources by name."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Final

from fetch_spotify.context import SourceSpec
from fetch_spotify.errors import InvalidRequest

MODULES: Final = (
    "account",
    "saved_tracks",
)
"""The modules of this package that define a source as `SOURCE`. A further source is one more line."""


def load(modules: Iterable[str]) -> dict[str, SourceSpec]:
    """Return the sources that modules of this package define, by name."""
    specs: list[SourceSpec] = [
        importlib.import_module(f"fetch_spotify.sources.{module}").SOURCE for module in modules
    ]
    return {spec.name: spec for spec in specs}


REGISTRY: Final[Mapping[str, SourceSpec]] = load(MODULES)


def chosen(names: Iterable[str]) -> list[SourceSpec]:
    """Return the sources of these names, each once.

    Raises:
        InvalidRequest: there is no source of that name.
    """
    wanted = tuple(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in REGISTRY]
    if unknown:
        raise InvalidRequest(
            f"There is no source '{unknown[0]}' (Sources is '{','.join(wanted)}'). "
            f"Choose from {', '.join(REGISTRY)}."
        )
    return [REGISTRY[name] for name in wanted]
