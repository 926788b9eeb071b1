"""The context of a local AWS: its address, its clients, and what ends with it."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID

from infra.local.aws.spark_jvm import Spark


def iso_time(moment: dt.datetime) -> str:
    """Format a time as Step Functions and EventBridge do: UTC, milliseconds, `Z`."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Aws:
    """The local AWS as the modules that patch moto see it.

    Args:
        lake: folder that keeps the buckets and the catalog between runs.
        wait_scale: factor on the seconds of the state machine's Wait and Retry; with 0.05 a minute takes 3 s.
        region: region that every client and every deployed resource is in.
        warm: spend time now to make runs faster: load a function's code when it is created (AWS does so then
            or at its first invocation), start the JVM of the jobs, and keep the classes that it loads.
        spark: where the jobs run, closed by who made it; None for one of its own.

    Attributes:
        endpoint_url: the API's address, `http://127.0.0.1:<port>`.
        spark: where the jobs run.
        environment: variables that direct an AWS SDK in another process to this AWS.
        account_id: moto's account.
        deployed: whether a stack is deployed and the lake restored into it.
        closing: whether the context is being closed, so that events no longer start anything.
    """

    def __init__(
        self, lake: Path, *, wait_scale: float, region: str, warm: bool, spark: Spark | None
    ) -> None:
        self.lake = lake.absolute()
        self.wait_scale = wait_scale
        self.region = region
        self.warm = warm
        self.account_id: str = DEFAULT_ACCOUNT_ID
        self.endpoint_url = ""
        self.environment: dict[str, str] = {}
        self.has_own_spark = spark is None
        self.spark = spark or Spark(keeps_classes=warm)
        self.deployed = False
        self.closing = False
        self._clients: dict[str, Any] = {}
        self._clients_lock = threading.Lock()
        self._closing = ExitStack()
        self._running_work = 0
        self._work_done = threading.Condition()

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

    @contextmanager
    def work_in_progress(self) -> Iterator[None]:
        """Mark work that continues after a service's response, such as the delivery of an event."""
        with self._work_done:
            self._running_work += 1
        try:
            yield
        finally:
            with self._work_done:
                self._running_work -= 1
                self._work_done.notify_all()

    def wait_for_work(self, *, timeout: float) -> bool:
        """Wait until no such work is in progress; return False on a timeout."""
        with self._work_done:
            return self._work_done.wait_for(lambda: not self._running_work, timeout)


# Installs one module's patches of moto. Called for every Aws.
Install = Callable[[Aws], None]
