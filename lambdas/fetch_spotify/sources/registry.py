"""The sources by name. A further source is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fetch_spotify.context import FetchContext, Source
from fetch_spotify.errors import InvalidRequest
from fetch_spotify.sources.account import AccountPlaylists
from fetch_spotify.sources.by_id import NamedPlaylists
from fetch_spotify.sources.saved_tracks import SavedTracks


def _playlists(context: FetchContext) -> Source:
    named = context.request.playlists or context.config.default_playlists
    return NamedPlaylists(context, named) if named else AccountPlaylists(context)


REGISTRY: Final[Mapping[str, Callable[[FetchContext], Source]]] = {
    "playlists": _playlists,
    "saved_tracks": SavedTracks,
}


def build_sources(context: FetchContext) -> list[Source]:
    """The sources that the configuration names.

    Raises:
        InvalidRequest: it names one that is not registered.
    """
    unknown = [name for name in context.config.sources if name not in REGISTRY]
    if unknown:
        raise InvalidRequest(f"SOURCES names '{unknown[0]}'; there are {', '.join(REGISTRY)}.")
    return [REGISTRY[name](context) for name in context.config.sources]
