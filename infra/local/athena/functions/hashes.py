"""The hashes xxHash64 and MurmurHash3 (128 bits), of which Python's library has none."""

from __future__ import annotations

import struct
from typing import Final

_MASK: Final = 2**64 - 1
_XX: Final = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
_MURMUR: Final = (0x87C37B91114253D5, 0x4CF5AD432745937F)


def _rotated(value: int, count: int) -> int:
    value &= _MASK
    return (value << count | value >> (64 - count)) & _MASK


def _round(state: int, lane: int) -> int:
    return _rotated(state + lane * _XX[1], 31) * _XX[0] & _MASK


def xxhash64(value: bytes) -> int:
    """Return the xxHash64 with the seed 0."""
    place = len(value) // 32 * 32
    if place:
        states = [_XX[0] + _XX[1], _XX[1], 0, -_XX[0]]
        for lanes in struct.iter_unpack("<4Q", value[:place]):
            states = [_round(state, lane) for state, lane in zip(states, lanes, strict=True)]
        found = sum(_rotated(state, count) for state, count in zip(states, (1, 7, 12, 18), strict=True))
        for state in states:
            found = ((found ^ _round(0, state)) * _XX[0] + _XX[3]) & _MASK
    else:
        found = _XX[4]
    return _xx_tail((found + len(value)) & _MASK, value[place:])


def _xx_tail(found: int, rest: bytes) -> int:
    eights = len(rest) // 8 * 8
    for (lane,) in struct.iter_unpack("<Q", rest[:eights]):
        found = _rotated(found ^ _round(0, lane), 27) * _XX[0] + _XX[3]
    rest = rest[eights:]
    if len(rest) >= 4:  # noqa: PLR2004  # a half lane
        found = _rotated(found ^ int.from_bytes(rest[:4], "little") * _XX[0], 23) * _XX[1] + _XX[2]
        rest = rest[4:]
    for byte in rest:
        found = _rotated(found ^ byte * _XX[4], 11) * _XX[0]
    found &= _MASK
    found = (found ^ found >> 33) * _XX[1] & _MASK
    found = (found ^ found >> 29) * _XX[2] & _MASK
    return found ^ found >> 32


def murmur3(value: bytes) -> tuple[int, int]:
    """Return the two halves of the MurmurHash3 of 128 bits for 64-bit machines, with the seed 0."""
    first = second = 0
    place = len(value) // 16 * 16
    for one, other in struct.iter_unpack("<2Q", value[:place]):
        first = _rotated(first ^ _mixed(one, 31, *_MURMUR), 27) + second
        first = first * 5 + 0x52DCE729 & _MASK
        second = _rotated(second ^ _mixed(other, 33, *_MURMUR[::-1]), 31) + first
        second = second * 5 + 0x38495AB5 & _MASK
    rest = value[place:]
    first ^= _mixed(int.from_bytes(rest[:8], "little"), 31, *_MURMUR)
    second ^= _mixed(int.from_bytes(rest[8:], "little"), 33, *_MURMUR[::-1])
    first ^= len(value)
    second ^= len(value)
    first = first + second & _MASK
    second = second + first & _MASK
    first, second = _finished(first), _finished(second)
    first = first + second & _MASK
    return first, second + first & _MASK


def _mixed(lane: int, count: int, before: int, after: int) -> int:
    return _rotated(lane * before, count) * after & _MASK


def _finished(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & _MASK
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & _MASK
    return value ^ value >> 33
