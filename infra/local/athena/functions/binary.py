"""Functions of binary values: encodings, hashes, and numbers as bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import re
import struct
import zlib
from collections.abc import Mapping
from typing import Final

from infra.local.athena.functions.api import Entry, by_type, python_function
from infra.local.athena.functions.hashes import murmur3, xxhash64
from infra.local.athena.functions.text_functions import padding, refuse

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BASE32: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ADDED_BASE32: Final = {0: 0, 2: 6, 4: 4, 5: 3, 7: 1}
_CONTINUATION: Final = 0x80


@python_function("BLOB", "BIGINT", "BLOB", returns="BLOB")
def _lpad_binary(value: bytes, target: int, pad: bytes) -> bytes:
    padding(len(value), target, len(pad), "Padding bytes")
    missing = target - len(value)
    return (pad * (missing // len(pad) + 1))[:missing] + value if missing > 0 else value[:target]


@python_function("BLOB", "BIGINT", "BLOB", returns="BLOB")
def _rpad_binary(value: bytes, target: int, pad: bytes) -> bytes:
    padding(len(value), target, len(pad), "Padding bytes")
    missing = target - len(value)
    return value + (pad * (missing // len(pad) + 1))[:missing] if missing > 0 else value[:target]


@python_function("BLOB", returns="BLOB")
def _reverse_binary(value: bytes) -> bytes:
    return value[::-1]


@python_function("BLOB", "BIGINT", "BIGINT", returns="BLOB")
def _substr_binary(value: bytes, start: int, length: int) -> bytes:
    if start == 0 or -start > len(value) or length <= 0:
        return b""
    first = start - 1 if start > 0 else len(value) + start
    return value[first : first + length]


@python_function("BLOB", "VARCHAR", returns="VARCHAR")
def _from_utf8(value: bytes, replacement: str) -> str:
    if len(replacement) > 1:
        refuse("Replacement character string must empty or a single character")
    try:
        return value.decode()
    except UnicodeDecodeError:
        pass
    parts, place = [], 0
    while place < len(value):
        size = _sequence(value[place : place + 6])
        parts.append(value[place : place + size].decode() if size > 0 else replacement)
        place += abs(size)
    return "".join(parts)


def _sequence(value: bytes) -> int:
    """Return the length of the sequence at the beginning; less than 0 if it is not a character."""
    sizes = ((0x80, 1), (0xC0, -1), (0xE0, 2), (0xF0, 3), (0xF8, 4), (0xFC, 5), (0xFE, 6), (0x100, -1))
    size = next(size for limit, size in sizes if value[0] < limit)
    for place in range(1, size):
        if place >= len(value) or value[place] & 0xC0 != _CONTINUATION:
            return -place
    try:
        value[:size].decode() if size > 0 else None
    except UnicodeDecodeError:
        return -size
    return size


@python_function("BIGINT", returns="VARCHAR")
def _replacement(codepoint: int) -> str:
    if not 0 <= codepoint < 0x110000:  # noqa: PLR2004
        refuse(f"Invalid code point 0x{codepoint & 0xFFFFFFFF:X}", "GENERIC_INTERNAL_ERROR")
    return chr(codepoint)


@python_function("VARCHAR", returns="BLOB")
def _from_hex(text: str) -> bytes:
    if len(text.encode()) % 2:
        refuse(f"invalid input length {len(text.encode())}")
    if not re.fullmatch(r"[0-9a-fA-F]*", text):
        refuse(f"not a hexadecimal digit in {text!r}")
    return bytes.fromhex(text)


def _base64(text: str, others: bytes) -> bytes:
    value = text.encode()
    body = value.rstrip(b"=") if value[-2:].endswith(b"=") else value
    if wrong := body.translate(None, _BASE64 + others):
        refuse(f"Illegal base64 character {wrong[0]:x}")
    if value and len(value) < 2:  # noqa: PLR2004
        refuse("Input byte[] should at least have 2 bytes for base64 bytes")
    missing = -len(body) % 4
    if missing == 3 or len(value) - len(body) not in (0, missing):  # noqa: PLR2004
        refuse("Input byte array has incorrect ending")
    return base64.b64decode(body + b"=" * missing, altchars=others)


@python_function("VARCHAR", returns="BLOB")
def _from_base64(text: str) -> bytes:
    return _base64(text, b"+/")


@python_function("VARCHAR", returns="BLOB")
def _from_base64url(text: str) -> bytes:
    return _base64(text, b"-_")


@python_function("VARCHAR", returns="BLOB")
def _from_base32(text: str) -> bytes:
    body = text.rstrip("=").encode()
    if len(body) % 8 not in _ADDED_BASE32:
        refuse(f"Invalid input length {len(body)}")
    if wrong := body.translate(None, _BASE32):
        refuse(f"Unrecognized character: {wrong.decode()[:1]}")
    return base64.b32decode(body + b"=" * _ADDED_BASE32[len(body) % 8])


@python_function("BLOB", returns="VARCHAR")
def _to_base32(value: bytes) -> str:
    return base64.b32encode(value).decode()


@python_function("BLOB", returns="VARCHAR")
def _to_base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode()


@python_function("BLOB", returns="VARCHAR")
def _to_base64(value: bytes) -> str:
    return binascii.b2a_base64(value, newline=False).decode()


@python_function("BLOB", returns="BIGINT")
def _crc32(value: bytes) -> int:
    return zlib.crc32(value)


@python_function("VARCHAR", "BLOB", returns="BLOB")
def _digest(algorithm: str, value: bytes) -> bytes:
    return hashlib.new(algorithm, value, usedforsecurity=False).digest()


@python_function("VARCHAR", "BLOB", "BLOB", returns="BLOB")
def _hmac(algorithm: str, value: bytes, key: bytes) -> bytes:
    if not key:
        refuse("Empty key", "GENERIC_INTERNAL_ERROR")
    return hmac.new(key, value, algorithm).digest()


@python_function("BLOB", returns="BLOB")
def _xxhash64(value: bytes) -> bytes:
    return struct.pack(">Q", xxhash64(value))


@python_function("BLOB", returns="BLOB")
def _murmur3(value: bytes) -> bytes:
    return struct.pack("<QQ", *murmur3(value))


@python_function("BLOB", "BIGINT", returns="BIGINT")
def _from_big_endian(value: bytes, size: int) -> int:
    if len(value) != size:
        refuse(f"expected {size}-byte input, but got instead: {len(value)}")
    return int.from_bytes(value, signed=True)


@python_function("BIGINT", "BIGINT", returns="BLOB")
def _to_big_endian(number: int, size: int) -> bytes:
    return number.to_bytes(size, signed=True)


@python_function("BLOB", "BIGINT", returns="VARCHAR")
def _from_ieee754(value: bytes, size: int) -> str:
    """Return the number as text, since DuckDB takes NaN for null."""
    if len(value) != size:
        refuse(f"Input floating-point value must be exactly {size} bytes long")
    return repr(struct.unpack(">d" if size == 8 else ">f", value)[0])  # noqa: PLR2004


@python_function("DOUBLE", "BIGINT", returns="BLOB")
def _to_ieee754(number: float, size: int) -> bytes:
    canonical = math.nan if size == 8 and math.isnan(number) else number  # noqa: PLR2004  # Java: one NaN
    return struct.pack(">d" if size == 8 else ">f", canonical)  # noqa: PLR2004


def _of_bytes(name: str) -> Entry:
    return by_type({"varchar": f"{name}({{0}})", "varbinary": f"{name}(trino_from_utf8({{0}}, chr(65533)))"})


_DIGESTS: Final = ("md5", "sha1", "sha256", "sha512")
FUNCTIONS: Final[Mapping[str, Entry]] = {
    "to_hex": "hex({0})",
    **{
        name: _of_bytes(f"trino_{name}")
        for name in ("from_hex", "from_base64", "from_base64url", "from_base32")
    },
    **{name: f"trino_{name}({{0}})" for name in ("to_base64", "to_base64url", "to_base32", "crc32")},
    **{name: f"trino_{name}({{0}})" for name in ("xxhash64", "murmur3")},
    **{name: f"trino_digest('{name}', {{0}})" for name in _DIGESTS},
    **{f"hmac_{name}": f"trino_hmac('{name}', {{0}}, {{1}})" for name in _DIGESTS},
    **{f"to_big_endian_{8 * size}": f"trino_to_big_endian({{0}}, {size})" for size in (4, 8)},
    **{f"from_big_endian_{8 * size}": f"trino_from_big_endian({{0}}, {size})" for size in (4, 8)},
    **{f"to_ieee754_{8 * size}": f"trino_to_ieee754({{0}}, {size})" for size in (4, 8)},
    **{f"from_ieee754_{8 * size}": f"trino_from_ieee754({{0}}, {size})" for size in (4, 8)},
}
