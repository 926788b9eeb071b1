"""Parts of URLs, read as Java's URI does, and the encoding of HTML forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Final
from urllib.parse import quote_plus, unquote

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.functions.api import Entry, python_function
from infra.local.athena.functions.text_functions import refuse

# RFC 2396, and any other character that is neither a control character nor a space.
_OTHER: Final = r"[^\x00-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_ESCAPED: Final = "%[0-9A-Fa-f]{2}"
_UNRESERVED: Final = r"A-Za-z0-9\-_.!~*'()"
_URIC: Final = rf"(?:[{_UNRESERVED};/?:@&=+$,\[\]]|{_ESCAPED}|{_OTHER})"
_PCHAR: Final = rf"(?:[{_UNRESERVED}:@&=+$,;/]|{_ESCAPED}|{_OTHER})"
_USER: Final = rf"(?:[{_UNRESERVED};:&=+$,]|{_ESCAPED}|{_OTHER})"
_REGISTRY: Final = rf"(?:[{_UNRESERVED}$,;:@&=+]|{_ESCAPED}|{_OTHER})+"
_URL: Final = re.compile(
    rf"(?:([A-Za-z][A-Za-z0-9+.\-]*):)?(?://([^/?#]*))?({_PCHAR}*)(?:\?({_URIC}*))?(?:#({_URIC}*))?"
)
_OPAQUE: Final = re.compile(rf"([A-Za-z][A-Za-z0-9+.\-]*):(?!/){_URIC}+(?:#({_URIC}*))?")
_BYTE: Final = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})"
_NAME: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.?"
_SERVER: Final = re.compile(
    rf"(?:{_USER}*@)?({_BYTE}(?:\.{_BYTE}){{3}}|{_NAME}|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?\])(?::([0-9]*))?"
)
_COLON: Final = re.compile("[^/?#]*:")
_LARGEST_PORT: Final = 2**31 - 1


@dataclass(frozen=True)
class _Url:
    protocol: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""
    query: str = ""
    fragment: str = ""
    raw_query: str | None = None


@lru_cache(maxsize=1024)
def _parsed(url: str) -> _Url | None:
    if opaque := _OPAQUE.fullmatch(url):
        return _Url(opaque[1], fragment=_unquoted(opaque[2] or ""))
    found = _URL.fullmatch(url)
    if not found:
        return None
    protocol, authority, path, query, fragment = found.groups()
    if authority is None and (not path.startswith("/") if protocol else _COLON.match(url)):
        return None  # a wrong protocol, or nothing but a query after it
    if authority == "" and not (path or query or fragment):
        return None
    host, port = "", None
    if authority:
        server = _SERVER.fullmatch(authority)
        if server and _is_address(server[1]) and int(server[2] or 0) <= _LARGEST_PORT:
            host, port = server[1], int(server[2]) if server[2] else None
        elif not re.fullmatch(_REGISTRY, authority):
            return None
    return _Url(
        protocol or "", host, port, _unquoted(path), _unquoted(query or ""), _unquoted(fragment or ""), query
    )


def _is_address(host: str) -> bool:
    """Whether a host is a name, or a valid address in brackets."""
    if not host.startswith("["):
        return True
    try:
        IPv6Address(host[1:-1])
    except AddressValueError:
        return False
    return True


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR")
def _url_part(url: str, part: str) -> str | None:
    found = _parsed(url)
    return getattr(found, part) if found else None


@python_function("VARCHAR", returns="BIGINT")
def _url_port(url: str) -> int | None:
    found = _parsed(url)
    return found.port if found else None


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR")
def _url_parameter(url: str, name: str) -> str | None:
    found = _parsed(url)
    if not found or found.raw_query is None:
        return None
    for argument in found.raw_query.split("&"):
        key, _, value = argument.partition("=")
        if key == name:
            return _decoded(value)
    return None


@python_function("VARCHAR", returns="VARCHAR")
def _url_encode(text: str) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")


@python_function("VARCHAR", returns="VARCHAR")
def _url_decode(text: str) -> str:
    for escape in re.findall("%.{0,2}", text, re.DOTALL):
        if len(escape) < 3:  # noqa: PLR2004
            refuse("URLDecoder: Incomplete trailing escape (%) pattern")
        if not re.fullmatch("%[0-9A-Fa-f+][0-9A-Fa-f]", escape):
            refuse(f'URLDecoder: Illegal hex characters in escape (%) pattern: "{escape[1:]}"')
    return _decoded(text.replace("%+", "%0"))


def _decoded(text: str) -> str:
    return _unquoted(text.replace("+", " "))


def _unquoted(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise NotSupportedHere("escapes in URLs that are not UTF-8") from error


FUNCTIONS: Final[Mapping[str, Entry]] = {
    **{
        f"url_extract_{part}": f"trino_url_part({{0}}, '{part}')"
        for part in ("protocol", "host", "path", "query", "fragment")
    },
    "url_extract_port": "trino_url_port({0})",
    "url_extract_parameter": "trino_url_parameter({0}, {1})",
    "url_encode": "trino_url_encode({0})",
    "url_decode": "trino_url_decode({0})",
}
