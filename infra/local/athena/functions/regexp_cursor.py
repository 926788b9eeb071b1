"""A place in the text of a regular expression."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Cursor:
    """The rest of a text that is read from its beginning."""

    rest: str

    def take(self, count: int) -> str:
        """Return so many characters, and go on after them."""
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def accept(self, text: str) -> bool:
        """Go on after a text if it follows, and return whether it does."""
        if not self.rest.startswith(text):
            return False
        self.rest = self.rest[len(text) :]
        return True
