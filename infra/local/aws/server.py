"""The local AWS itself: a moto server on a loopback port, with every seam installed."""

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

from infra.local.aws import patches

_in_use = threading.Lock()

# Installs one module's corrections of moto; may be called anew for every LocalAws.
Seam = Callable[["LocalAws"], None]


class LocalAwsInUse(RuntimeError):
    """A second LocalAws was opened in this process, which has only one moto state."""

    def __init__(self) -> None:
        super().__init__("Another LocalAws is open in this process; close it first (moto keeps one state).")


class LocalAws:
    """AWS on a loopback port of this machine, for as long as the context is open.

    Args:
        lake: folder that keeps the buckets and the catalog between runs (see `save`).
        wait_scale: factor on the seconds of the state machine's Wait and Retry; 0.05 makes a minute 3 s.
        region: region that every client and every deployed resource is in.
        seams: the corrections of moto to install; all of them when none are given.

    Attributes:
        endpoint_url: where the API is, `http://127.0.0.1:<port>`.
        environment: variables that point an AWS SDK in another process here.
        account_id: moto's account.
        deployed: whether a stack is deployed and the lake restored into it.
    """

    def __init__(
        self,
        lake: Path,
        *,
        wait_scale: float = 1.0,
        region: str = "us-east-1",
        seams: Sequence[Seam] = (),
    ) -> None:
        self.lake = lake.absolute()
        self.wait_scale = wait_scale
        self.region = region
        self.account_id: str = DEFAULT_ACCOUNT_ID
        self.endpoint_url = ""
        self.environment: dict[str, str] = {}
        self._seams = seams
        self._clients: dict[str, Any] = {}
        self._clients_lock = threading.Lock()
        self._closing = ExitStack()
        self.deployed = False

    def __enter__(self) -> Self:
        if not _in_use.acquire(blocking=False):
            raise LocalAwsInUse
        self._closing.callback(_in_use.release)
        try:
            self._open()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.__exit__(kind, error, trace)

    def client(self, name: str) -> Any:
        """A boto3 client of the service; one is kept per service (clients are thread-safe)."""
        with self._clients_lock:  # boto3's default session is not thread-safe
            if name not in self._clients:
                self._clients[name] = boto3.client(
                    name,  # type: ignore[call-overload]  # boto3-stubs overloads on literal names only
                    endpoint_url=self.endpoint_url,
                    region_name=self.region,
                    aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
                    aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
                    config=Config(retries={"total_max_attempts": 1}, read_timeout=900),
                )
            return self._clients[name]

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call `callback` on closing, while the server still answers; the last added goes first."""
        self._closing.callback(callback)

    def deploy(
        self, template: Path, *, stack_name: str, parameters: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Deploy a SAM template as `sam deploy` would, then restore the lake into the stack's buckets.

        Args:
            template: the SAM template; its paths are relative to its own folder.
            stack_name: the stack's name.
            parameters: values for the template's parameters; the rest take their defaults.

        Returns:
            The stack's outputs, by name.

        Raises:
            PackagingError: the template cannot be packaged or translated.
            DeploymentFailed: a resource could not be made; names the resource and the reason.
        """
        # Imported here, because they in turn need LocalAws.
        from infra.local.aws import cloudformation, lake, packaging  # noqa: PLC0415

        given = dict(parameters or {})
        packaged = packaging.package(self, template, parameters=given)
        outputs = cloudformation.create_stack(self, packaged, stack_name=stack_name, parameters=given)
        packaging.discard_packages(self)
        lake.restore(self)
        self.deployed = True
        return outputs

    def save(self) -> None:
        """Write the buckets and the catalog to the lake folder. Done by itself on closing.

        Before a deployment this does nothing: an empty AWS must not overwrite a full lake.
        """
        if self.deployed:
            from infra.local.aws import lake  # noqa: PLC0415 (it needs LocalAws)

            lake.save(self)

    def _open(self) -> None:
        moto_api_backend.reset()
        self._closing.callback(moto_api_backend.reset)
        self._start_server()
        self.on_close(self.save)
        self._install_seams()  # after `save`: what the seams started ends before the lake is written

    def _install_seams(self) -> None:
        self._closing.callback(patches.restore_all)
        for install in self._seams or _all_seams():
            install(self)

    def _start_server(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a line for each request
        # Else each error of an execution, caught or not, with all of its state: the history tells it better.
        logging.getLogger("moto.stepfunctions.parser").setLevel(logging.CRITICAL)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        self._closing.callback(server.stop)
        _, port = server.get_host_and_port()
        self.endpoint_url = f"http://127.0.0.1:{port}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",  # moto asks for some value and checks none
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._set_moto_port(str(port))

    def _set_moto_port(self, port: str) -> None:
        before = os.environ.get("MOTO_PORT")
        os.environ["MOTO_PORT"] = port  # moto's own services call each other there
        self._closing.callback(_restore_variable, "MOTO_PORT", before)


def _all_seams() -> list[Seam]:
    from infra.local.aws import (  # noqa: PLC0415 (they need LocalAws)
        athena,
        cloudformation,
        event_rules,
        glue_crawler,
        glue_jobs,
        lambda_functions,
        step_functions,
    )

    modules = [step_functions, lambda_functions, cloudformation, event_rules, glue_jobs, glue_crawler, athena]
    return [module.install for module in modules]


def _restore_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
