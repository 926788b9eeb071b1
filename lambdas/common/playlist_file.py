"""Reads the playlist ids of a text file in S3: one id, link or URI per line."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from common.errors import LakeError
from common.playlist_refs import InvalidPlaylistReference, playlist_id_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MAX_BYTES: Final = 16 * 1024 * 1024
"""About 200,000 links. The file is read into the memory of a function."""
_SHOWN_CHARACTERS: Final = 100
# UTF-16 is what Windows calls Unicode text. Such files begin with a byte order mark.
_ENCODINGS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class PlaylistFile(msgspec.Struct, frozen=True):
    """An object in S3.

    Attributes:
        version: the version of the object; None for the newest one.
    """

    bucket: str
    key: str
    version: str | None = None

    @property
    def uri(self) -> str:
        """The s3:// URI."""
        return f"s3://{self.bucket}/{self.key}"


class PlaylistFileUnusable(LakeError):
    """A playlist file is missing, is not text, or has a line that is not a playlist.

    Attributes:
        problem: what is wrong; it continues a sentence that begins with what names the file.
        remedy: how to fix it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"The playlist file {problem}. {remedy}")


def read_playlist_file(s3: S3Client, file: PlaylistFile) -> tuple[tuple[str, ...], PlaylistFile]:
    """Return the ids of a file without repeats, in their order, and the file with the version that was read.

    Raises:
        PlaylistFileUnusable: it cannot be read, or has no playlist or anything else in a line.
    """
    version: dict[str, Any] = {"VersionId": file.version} if file.version else {}
    try:
        found = s3.get_object(Bucket=file.bucket, Key=file.key, **version)
        size = found["ContentLength"]
        if size > _MAX_BYTES:
            raise PlaylistFileUnusable(
                f"{file.uri} has {size:,} bytes, more than {_MAX_BYTES:,}", "Split it into several files."
            )
        body = found["Body"].read()
    except (ClientError, BotoCoreError) as error:
        remedy = "Give a text file that exists and that this stack may read: under drop/ in the raw bucket."
        raise PlaylistFileUnusable(f"{file.uri} cannot be read ({error})", remedy) from error
    ids = _ids(file, playlist_lines(_text(file, body)))
    if not ids:
        raise PlaylistFileUnusable(f"{file.uri} does not name a playlist", "Write one id or URL per line.")
    return ids, PlaylistFile(file.bucket, file.key, found.get("VersionId"))


def playlist_lines(text: str) -> list[str]:
    """Return the lines of a playlist file without blank lines and `# comments`."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _text(file: PlaylistFile, body: bytes) -> str:
    encoding = next((name for mark, name in _ENCODINGS if body.startswith(mark)), "utf-8")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # of UTF-16 without a byte order mark, or of no text
        raise PlaylistFileUnusable(f"{file.uri} is not a text file in UTF-8", "Save it as UTF-8.")
    return text


def _ids(file: PlaylistFile, lines: Iterable[str]) -> tuple[str, ...]:
    ids: dict[str, None] = {}
    for line in lines:
        try:
            ids[playlist_id_of(line)] = None
        except InvalidPlaylistReference as error:
            shown = line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}..."
            raise PlaylistFileUnusable(
                f"{file.uri} contains {shown!r}, which is not a playlist", error.remedy
            ) from error
    return tuple(ids)
