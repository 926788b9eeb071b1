"""A file of playlists: what its text may be, and how it is refused."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from common import playlist_file
from common.playlist_file import PlaylistFile, PlaylistFileUnusable, playlist_lines, read_playlist_file

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ID_A = "A" * 22
ID_B = "B" * 22
KEY = 'drop/my "best" list\'s <key>, ü.txt'
LINES = f"# mine\r\n{ID_A}\r\n\r\nhttps://open.spotify.com/playlist/{ID_B}?si=1\r\n{ID_A}\r\n"


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="raw")
        client.put_bucket_versioning(Bucket="raw", VersioningConfiguration={"Status": "Enabled"})
        yield client


def put(s3: S3Client, body: bytes) -> PlaylistFile:
    version = s3.put_object(Bucket="raw", Key=KEY, Body=body)["VersionId"]
    return PlaylistFile("raw", KEY, version)


@pytest.mark.parametrize(
    "body",
    [
        LINES.encode(),
        codecs.BOM_UTF8 + LINES.encode(),
        codecs.BOM_UTF16_LE + LINES.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + LINES.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with a mark", "utf-16-le", "utf-16-be"],
)
def test_a_file_may_be_saved_as_editors_do(s3: S3Client, body: bytes) -> None:
    ids, _ = read_playlist_file(s3, put(s3, body))
    assert ids == (ID_A, ID_B)


def test_an_earlier_version_of_a_file_can_be_read(s3: S3Client) -> None:
    earlier, later = put(s3, ID_A.encode()), put(s3, ID_B.encode())
    assert read_playlist_file(s3, earlier) == ((ID_A,), earlier)
    # Without a version it is the newest one, and the answer has its version.
    assert read_playlist_file(s3, PlaylistFile("raw", KEY)) == ((ID_B,), later)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "does not name a playlist"),
        (b"# nothing yet\n", "does not name a playlist"),
        (LINES.encode("utf-16-le"), "is not a text file in UTF-8"),
        (b"\xff\xd8\xff\xe0 a picture", "is not a text file in UTF-8"),
        (codecs.BOM_UTF16_LE + b"a", "is not a text file in UTF-8"),
        (b"nonsense", "contains 'nonsense', which is not a playlist"),
        (b"x" * 5000, f"contains '{'x' * 100}...', which is not a playlist"),
    ],
)
def test_anything_else_is_refused_with_the_file_and_the_fix(s3: S3Client, body: bytes, problem: str) -> None:
    with pytest.raises(PlaylistFileUnusable) as refusal:
        read_playlist_file(s3, put(s3, body))
    assert f"The playlist file s3://raw/{KEY} {problem}. " in str(refusal.value)
    assert len(str(refusal.value)) < 500


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playlist_file, "_MAX_BYTES", 10)
    with pytest.raises(PlaylistFileUnusable, match=r"has 22 bytes, more than 10\. Split it"):
        read_playlist_file(s3, put(s3, ID_A.encode()))


def test_a_file_that_is_missing_is_refused(s3: S3Client) -> None:
    with pytest.raises(PlaylistFileUnusable, match=r"cannot be read .*NoSuchKey.* under drop/"):
        read_playlist_file(s3, PlaylistFile("raw", "drop/gone.txt"))


def test_a_line_may_have_a_comment() -> None:
    assert playlist_lines("# mine\n\nA\n  B  # the other\n") == ["A", "B"]
