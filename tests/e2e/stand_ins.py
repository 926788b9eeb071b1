"""A deployed stack whose functions and job return what a test specifies."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.local.aws.spark_drivers import Driver
from infra.local.aws.spark_jvm import Spark
from infra.local.aws.spark_script import SparkScript, spark_environment
from infra.local.spotify_api import SpotifyApi
from infra.local.stack import open_stack
from tests.e2e.support import DAY, Pipeline

COMPLETE = {
    "status": "COMPLETE",
    "api_mode": "extended",
    "playlists": {"fetched": 1, "unchanged": 0, "skipped": [], "skipped_total": 0},
    "calls": {"total": 1},
    "authorization": {"days_left": None},
    "drift": {},
}
PUBLISHED = {
    "snapshot_date": DAY.isoformat(),
    "rebuilt": None,
    "rows": {"tracks": 1},
    "rejected": {},
    "quality": {"rules": 1, "failed_total": 0, "failed": []},
}
# The figures of the daily summary, of which the API may leave out the latter.
KNOWN = ("playlists", "items", "tracks", "albums", "artists", "episodes", "local_files", "rejected_records")
UNKNOWN = ("hours", "explicit_percent", "most_listed_artist")
FUNCTIONS = {"fetch": "FetchSpotify", "publish": "PublishCatalog", "check": "CheckSchedule"}
STAND_IN = """
import json
import time
ANSWERS = json.loads({answers!r})
calls = 0
def handler(event, context):
    global calls
    answer = ANSWERS[min(calls, len(ANSWERS) - 1)]
    calls += 1
    time.sleep(answer.get("sleeps", 0))
    if "raises" in answer:
        raise type(answer["raises"], (Exception,), {{}})(answer["message"])
    return answer
"""


# Small enough that 180 polls of the crawler, ten seconds apart, take a few seconds.
WAIT_SCALE = 0.001


class PlainPython(Spark):
    """Runs a job's script with Python alone: it needs no JVM, and the script no Spark."""

    def run(self, script: SparkScript, base: Mapping[str, str], log: Path) -> Driver:
        """See `Spark.run`."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, str(script.script), *script.arguments],
                env=spark_environment(base),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return PlainDriver(process)


class PlainDriver:
    """A script that plain Python runs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, seconds: float) -> int | None:
        """See `Driver.wait`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode

    def kill(self) -> None:
        """See `Driver.kill`."""
        self._process.kill()


class Machine(Pipeline):
    """A deployed stack whose functions return what a test specifies."""

    def answer(self, which: str, *answers: dict[str, Any]) -> None:
        """Let a function return these answers, one per call; the last one is repeated."""
        found = self._function(which)
        module, _, function = found["Handler"].rpartition(".")
        assert function == "handler"
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr(f"{module.replace('.', '/')}.py", STAND_IN.format(answers=json.dumps(answers)))
        self.stack.aws.client("lambda").update_function_code(
            FunctionName=found["FunctionName"], ZipFile=code.getvalue()
        )

    def call(self, which: str, event: dict[str, Any]) -> Any:
        """Call a function; return its answer."""
        answer = self.stack.aws.client("lambda").invoke(
            FunctionName=self._function(which)["FunctionName"], Payload=json.dumps(event)
        )
        assert "FunctionError" not in answer
        return json.loads(answer["Payload"].read())

    def set_timeout(self, which: str, seconds: int) -> int:
        """Set a function's timeout; return the previous one."""
        found = self._function(which)
        self.stack.aws.client("lambda").update_function_configuration(
            FunctionName=found["FunctionName"], Timeout=seconds
        )
        return int(found["Timeout"])

    @contextlib.contextmanager
    def summary_of_nothing(self) -> Iterator[None]:
        """Let the daily summary have figures of the day, although nothing is published."""
        figures = ", ".join([*(f"1 AS {name}" for name in KNOWN), *(f"NULL AS {name}" for name in UNKNOWN)])
        self.query(f"CREATE OR REPLACE VIEW daily_summary AS SELECT {figures}, '{DAY}' AS snapshot_date")
        yield
        self.query("DROP VIEW daily_summary")

    def use_script(self, text: str, job_name: str = "NormalizeJobName") -> None:
        """Let a Glue job run this script; its name is an output of the template."""
        job = self.stack.aws.client("glue").get_job(JobName=self.stack.outputs[job_name])["Job"]
        bucket, _, key = job["Command"]["ScriptLocation"].removeprefix("s3://").partition("/")
        self.stack.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())

    def take_lease(self, run_id: str, expires_at: int = 9_999_999_999) -> None:
        lease = {"S": "spotify_pipeline"}
        item = {"lease_name": lease, "run_id": {"S": run_id}, "expires_at": {"N": str(expires_at)}}
        self.stack.aws.client("dynamodb").put_item(TableName=self.lease_table, Item=item)

    def drop_lease(self) -> None:
        key = {"lease_name": {"S": "spotify_pipeline"}}
        self.stack.aws.client("dynamodb").delete_item(TableName=self.lease_table, Key=key)

    def _function(self, which: str) -> Any:
        functions = self.stack.aws.client("lambda").list_functions()["Functions"]
        (found,) = (each for each in functions if FUNCTIONS[which] in each["FunctionName"])
        return found


@contextlib.contextmanager
def deploy_machine(lake: Path, parameters: Mapping[str, str]) -> Iterator[Machine]:
    """Deploy the template with these parameters into a local AWS whose jobs run plain Python."""
    with (
        SpotifyApi() as spotify,
        open_stack(lake, wait_scale=WAIT_SCALE, parameters=parameters, spark=PlainPython()) as stack,
    ):
        yield Machine(stack, spotify)
