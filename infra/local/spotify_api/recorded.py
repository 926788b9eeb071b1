"""A folder of recorded answers as content."""

from __future__ import annotations

from pathlib import Path

from infra.local.spotify_api.catalog import SyntheticCatalog


class RecordingUnreadableError(ValueError):
    """A file of the folder cannot be read."""


class RecordedContent(SyntheticCatalog):
    """Placeholder."""

    @classmethod
    def read(cls, folder: Path) -> RecordedContent:
        """Read a folder."""
        raise RecordingUnreadableError(f"not yet: {folder}")
