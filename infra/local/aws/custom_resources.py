"""Custom resources of CloudFormation: a function creates them, and PUTs its response to a URL.

Moto passes a URL that only its Docker container could reach, does not wait for the response before it creates
dependent resources, and treats FAILED as a success.
"""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.local.aws.cloudformation_resources import Created, Request

_DEFAULT_TIMEOUT_SECONDS = 3600


class CustomResourceFailed(RuntimeError):
    """The function answered FAILED, or did not answer."""


def create_custom_resource(request: Request) -> Created:
    """Create the resource by calling the function in `ServiceToken`.

    Raises:
        CustomResourceFailed: the function answered FAILED, failed itself, or gave no answer in time.
    """
    with _answers() as (address, answer):
        event = {
            "RequestType": "Create",
            "ServiceToken": request.properties["ServiceToken"],
            "ResponseURL": address,
            "StackId": request.stack_id,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": request.logical_id,
            "ResourceType": request.type,
            "ResourceProperties": _as_text(request.properties),
        }
        _invoke(request, event)
        timeout = float(request.properties.get("ServiceTimeout", _DEFAULT_TIMEOUT_SECONDS))
        return _created(answer.wait(timeout), request)


def _invoke(request: Request, event: dict[str, Any]) -> None:
    response = request.local.client("lambda").invoke(
        FunctionName=request.properties["ServiceToken"], Payload=json.dumps(event)
    )
    if "FunctionError" in response:  # AWS would wait until the timeout
        error = response["Payload"].read().decode()
        raise CustomResourceFailed(f"Its function failed without an answer: {error}")


def _created(answer: dict[str, Any] | None, request: Request) -> Created:
    if answer is None:
        raise CustomResourceFailed("Its function ended without an answer to the ResponseURL in time.")
    if answer.get("Status") != "SUCCESS":
        reason = answer.get("Reason", "no reason given")
        # CloudFormation's wording
        raise CustomResourceFailed(
            f"Received response status [FAILED] from custom resource. Message returned: {reason}"
        )
    physical_id = answer.get("PhysicalResourceId")
    if not physical_id:
        raise CustomResourceFailed(f"The answer for {request.logical_id} has no PhysicalResourceId.")
    return Created(physical_id, {name: str(value) for name, value in answer.get("Data", {}).items()})


def _as_text(value: Any) -> Any:
    """CloudFormation passes all scalars to a function as text."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


class _Answer:
    """The response, once it has arrived."""

    def __init__(self) -> None:
        self._arrived = threading.Event()
        self._document: dict[str, Any] | None = None

    def arrive(self, document: dict[str, Any]) -> None:
        self._document = document
        self._arrived.set()

    def wait(self, timeout: float) -> dict[str, Any] | None:
        self._arrived.wait(timeout)
        return self._document


@contextmanager
def _answers() -> Iterator[tuple[str, _Answer]]:
    """A URL that accepts one response by PUT."""
    answer = _Answer()

    class Receiver(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answer.arrive(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass  # do not log requests to standard error

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/{uuid.uuid4()}", answer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
