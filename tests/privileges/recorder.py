"""Records the requests that reach the local AWS, by the component that sent them."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from urllib.parse import parse_qs

import pytest
from moto.athena.models import athena_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from tests.privileges.resources import Needed, needed
from tests.privileges.s3_requests import S3Request, s3_needed

# Authorization: AWS4-HMAC-SHA256 Credential=<access key>/<day>/<region>/<service>/aws4_request, ...
_CREDENTIAL: Final = re.compile(r"Credential=(?P<key>[^/]+)/[^/]+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_OF_THE_TEST: Final = "testing"  # the access key of LocalAws's own clients
_LAMBDA_INVOKE: Final = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)/invocations$")


class Recorder:
    """The requests of the components of a stack, as permissions that they need.

    A component is the name of a function or Glue job: the local AWS gives each an access key of that name.

    Attributes:
        problems: why requests could not be understood.
    """

    def __init__(self) -> None:
        self._needed: set[tuple[str, Needed]] = set()
        self.problems: list[str] = []

    def needed_by(self, component: str) -> set[Needed]:
        """Return what a component needs for its requests so far."""
        return {permission for each, permission in self._needed if each == component}

    def record(self, environ: dict[str, Any], body: bytes, status: int) -> None:
        """Record a WSGI request, after its response."""
        credential = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if credential is None or credential["key"] == _OF_THE_TEST:
            return
        try:
            found = _permissions(credential["service"], credential["region"], environ, body, status)
            self._needed |= {(credential["key"], permission) for permission in found}
        except Exception as error:  # it would only be a failed request of the component
            self.problems.append(f"{credential['key']}: {type(error).__name__}: {error}")


@contextlib.contextmanager
def recording() -> Iterator[Recorder]:
    """Record all requests to a local AWS in this process."""
    recorder = Recorder()
    stock = DomainDispatcherApplication.__call__

    def call(self: Any, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = _read_body(environ)
        status = [0]

        def start(line: str, *arguments: Any) -> Any:
            status[0] = int(line.split(maxsplit=1)[0])
            return start_response(line, *arguments)

        answer: Iterable[bytes] = stock(self, environ, start)
        recorder.record(environ, body, status[0])
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DomainDispatcherApplication, "__call__", call)
        yield recorder


def _read_body(environ: dict[str, Any]) -> bytes:
    """Return the request's body, which stays readable. Objects are not read: nobody asks for them."""
    is_an_object = environ["REQUEST_METHOD"] == "PUT"
    if is_an_object or not environ.get("CONTENT_LENGTH"):
        return b""
    body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _permissions(
    service: str, region: str, environ: dict[str, Any], body: bytes, status: int
) -> list[Needed]:
    if service == "s3":
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        where = environ["PATH_INFO"], environ["QUERY_STRING"]
        return s3_needed(S3Request(environ["REQUEST_METHOD"], *where, headers, body), status)
    queries = athena_backends[DEFAULT_ACCOUNT_ID][region].executions

    def work_group(query_id: str) -> str:
        return str(queries[query_id].workgroup.name)

    operation, parameters = _operation(environ, body)
    return needed(service, operation, parameters, work_group)


def _operation(environ: dict[str, Any], body: bytes) -> tuple[str, dict[str, Any]]:
    """Return a request's operation and parameters, in either of the protocols JSON and Query."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.rpartition(".")[2], json.loads(body or b"{}")
    if invoked := _LAMBDA_INVOKE.match(environ["PATH_INFO"]):
        return "Invoke", {"FunctionName": invoked["name"]}
    fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    return fields.pop("Action"), fields
