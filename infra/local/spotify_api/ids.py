"""Ids in Spotify's form that carry their own number, so that a catalog of any size needs no index."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH: Final = 22
_PAIRS: Final = [a + b for a in ALPHABET for b in ALPHABET]  # two digits at a time: half the divisions
_LOW_BITS: Final = 64
_MODULUS: Final = 1 << _LOW_BITS
_FACTOR: Final = 0x9E3779B97F4A7C15  # odd, so that it has an inverse
_INVERSE: Final = pow(_FACTOR, -1, _MODULUS)


def digest(*parts: object) -> int:
    """A stable 64-bit number for the parts (Python's own hash differs from process to process)."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def encode(seed: int, kind: str, number: int) -> str:
    """The 22-character base62 id of the `number`-th `kind` of this seed."""
    low = number * _FACTOR % _MODULUS
    value = digest(seed, kind, number) << _LOW_BITS | low
    pairs = []
    for _ in range(LENGTH // 2):
        value, index = divmod(value, len(_PAIRS))
        pairs.append(_PAIRS[index])
    return "".join(reversed(pairs))


def decode(seed: int, kind: str, text: str) -> int | None:
    """The number in an id; None when the id is not of this seed and kind."""
    if not is_id(text):
        return None
    value = 0
    for letter in text:
        value = value * len(ALPHABET) + ALPHABET.index(letter)
    number = value % _MODULUS * _INVERSE % _MODULUS
    return number if encode(seed, kind, number) == text else None


def is_id(text: str) -> bool:
    """Whether the text has the form of an id of a track, album, artist or playlist."""
    return len(text) == LENGTH and all(letter in ALPHABET for letter in text)


def snapshot_id(*parts: object) -> str:
    """An opaque version in the looks of Spotify's: base64 of 24 bytes."""
    text = "\x1f".join(map(str, parts)).encode()
    return base64.b64encode(hashlib.blake2b(text, digest_size=24).digest()).decode()
