"""The local AWS: a moto server on a loopback port, with all patches installed."""

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from functools import partialmethod
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from moto import backends
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer
from werkzeug.serving import BaseWSGIServer

from infra.local import interrupts
from infra.local.aws import (
    athena,
    cloudformation,
    event_rules,
    glue_crawler,
    glue_jobs,
    lake,
    lambda_functions,
    packaging,
    patches,
    step_functions,
)
from infra.local.aws.context import Aws, Install
from infra.local.aws.spark_jvm import Spark

ALL_PATCHES: Final[tuple[Install, ...]] = (
    step_functions.install,
    lambda_functions.install,
    cloudformation.install,
    event_rules.install,
    glue_jobs.install,
    glue_crawler.install,
    athena.install,
)
_POLL_SECONDS: Final = 0.02
_in_use = threading.Lock()


class LocalAwsInUse(RuntimeError):
    """A second LocalAws was opened in this process, which has only one moto state."""

    def __init__(self) -> None:
        super().__init__("Another LocalAws is open in this process; close it first (moto keeps one state).")


class LocalAws(Aws):
    """AWS on a loopback port of this machine, while the context is open.

    Args:
        lake: folder that keeps the buckets and the catalog between runs (see `save`).
        wait_scale: factor on the seconds of the state machine's Wait and Retry; with 0.05 a minute takes 3 s.
        region: region that every client and every deployed resource is in.
        warm: spend time now to make runs faster (see `Aws`).
        spark: where the jobs run (see `Aws`).
        installs: the patches of moto to install; empty for all.
    """

    def __init__(
        self,
        lake: Path,
        *,
        wait_scale: float = 1.0,
        region: str = "us-east-1",
        warm: bool = False,
        spark: Spark | None = None,
        installs: Sequence[Install] = (),
    ) -> None:
        super().__init__(lake, wait_scale=wait_scale, region=region, warm=warm, spark=spark)
        self._installs = installs or ALL_PATCHES

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
        with interrupts.deferred():  # until the lake is saved
            self._closing.__exit__(kind, error, trace)

    def deploy(
        self, template: Path, *, stack_name: str, parameters: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Deploy a SAM template as `sam deploy` would, then restore the lake into the stack's buckets.

        Args:
            template: the SAM template; its paths are relative to its own folder.
            stack_name: the stack's name.
            parameters: values for the template's parameters; the others have their defaults.

        Returns:
            The stack's outputs, by name.

        Raises:
            PackagingError: the template cannot be packaged or translated.
            DeploymentFailed: a resource could not be created; names the resource and the reason.
        """
        given = dict(parameters or {})
        packaged = packaging.package(self, template, parameters=given)
        outputs = cloudformation.create_stack(self, packaged, stack_name=stack_name, parameters=given)
        packaging.discard_packages(self)
        lake.restore(self)
        self.deployed = True
        return outputs

    def save(self) -> None:
        """Write the buckets and the catalog to the lake folder. Closing does this too.

        Before a deployment this does nothing: an empty AWS must not overwrite a full lake.
        """
        if self.deployed:
            lake.save(self)

    def _open(self) -> None:
        moto_api_backend.reset()
        self._closing.callback(moto_api_backend.reset)
        self._start_server()
        self.on_close(self.save)
        self._install_patches()  # after `save`: what they start ends before the lake is saved

    def _install_patches(self) -> None:
        self._closing.callback(patches.restore_all)
        for install in self._installs:
            install(self)

    def _start_server(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else it logs each request
        # Else it logs each error of an execution, caught or not, with all of its state.
        logging.getLogger("moto.stepfunctions.parser").setLevel(logging.CRITICAL)
        # Else the server takes up to half a second to stop.
        serve = patches.original(BaseWSGIServer, "serve_forever")
        patches.replace(BaseWSGIServer, "serve_forever", partialmethod(serve, poll_interval=_POLL_SECONDS))
        # Else it looks through moto's folder for each request, which takes longer than most requests.
        services = tuple(patches.original(backends, "list_of_moto_modules")())
        patches.replace(backends, "list_of_moto_modules", lambda: services)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        self._closing.callback(server.stop)
        _, port = server.get_host_and_port()
        self.endpoint_url = f"http://127.0.0.1:{port}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",  # moto requires a value and checks none
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._set_moto_port(str(port))

    def _set_moto_port(self, port: str) -> None:
        before = os.environ.get("MOTO_PORT")
        os.environ["MOTO_PORT"] = port  # moto's own services call each other there
        self._closing.callback(_restore_variable, "MOTO_PORT", before)


def _restore_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
