from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from install_job_code.handler import handler, install


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "normalize_spotify.py").write_text("print('job')\n")
    (tmp_path / "build_marts.py").write_text("print('marts')\n")
    package = tmp_path / "spotify_lake" / "transforms"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    (package / "tracks.py").write_text("TRACKS = 1\n")
    monkeypatch.setenv("PYTHONPATH", f"/nowhere:{tmp_path}")
    return tmp_path


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="artifacts")
        client.create_bucket(Bucket="results")
        yield client


@pytest.fixture
def cloudformation() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A loopback address that receives the answer, and the received answer."""
    answers: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", answers
    server.shutdown()
    thread.join()
    server.server_close()


def request(kind: str, url: str, **properties: str) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "JobCode",
        "ResourceProperties": {
            "Bucket": "artifacts",
            "Prefix": "glue/",
            "EmptiedBuckets": ["artifacts", "results"],
            **properties,
        },
    }


def body_of(s3: Any, uri: str) -> bytes:
    body: bytes = s3.get_object(Bucket="artifacts", Key=uri.removeprefix("s3://artifacts/"))["Body"].read()
    return body


def test_the_scripts_are_installed_unchanged_and_the_package_as_a_zip(layer: Path, s3: Any) -> None:
    data = install("artifacts", "glue/")
    assert body_of(s3, data["ScriptLocation"]) == b"print('job')\n"
    assert body_of(s3, data["MartsScriptLocation"]) == b"print('marts')\n"
    with zipfile.ZipFile(io.BytesIO(body_of(s3, data["ExtraPyFiles"]))) as archive:
        assert sorted(archive.namelist()) == ["spotify_lake/__init__.py", "spotify_lake/transforms/tracks.py"]


def test_the_same_code_has_the_same_address_and_other_code_another(layer: Path, s3: Any) -> None:
    first = install("artifacts", "glue/")
    assert install("artifacts", "glue/") == first
    (layer / "spotify_lake" / "transforms" / "tracks.py").write_text("TRACKS = 2\n")
    assert install("artifacts", "glue/") != first


def test_cloudformation_gets_the_location_of_the_code(
    layer: Path, s3: Any, cloudformation: tuple[str, list[dict[str, Any]]]
) -> None:
    url, answers = cloudformation
    handler(request("Create", url), None)
    assert answers[0]["Status"] == "SUCCESS"
    assert answers[0]["Data"]["ScriptLocation"].endswith("/normalize_spotify.py")
    assert answers[0]["StackId"] == "stack"


def test_a_failure_is_answered_so_that_the_stack_does_not_wait_for_an_hour(
    layer: Path, s3: Any, cloudformation: tuple[str, list[dict[str, Any]]]
) -> None:
    url, answers = cloudformation
    handler(request("Create", url, Bucket="no-such-bucket"), None)
    assert answers[0]["Status"] == "FAILED"
    assert "NoSuchBucket" in answers[0]["Reason"]


def test_deleting_the_stack_empties_its_temporary_buckets(
    layer: Path, s3: Any, cloudformation: tuple[str, list[dict[str, Any]]]
) -> None:
    url, answers = cloudformation
    handler(request("Create", url), None)
    s3.put_object(Bucket="artifacts", Key="spark-ui/events", Body=b"")
    s3.put_object(Bucket="results", Key="results/1.csv", Body=b"")
    handler(request("Delete", url), None)
    assert answers[1]["Status"] == "SUCCESS"
    for bucket in ("artifacts", "results"):
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_missing_bucket_does_not_block_the_deletion_of_the_stack(
    layer: Path, s3: Any, cloudformation: tuple[str, list[dict[str, Any]]]
) -> None:
    url, answers = cloudformation
    s3.delete_bucket(Bucket="results")
    handler(request("Delete", url), None)
    assert answers[0]["Status"] == "SUCCESS"
