"""Glue job runs that run the job's script on local PySpark.

Moto's job runs are SUCCEEDED when they are read twice, whatever the script is. They have no error message, an
execution time of 123 s, and cannot be stopped. Here a run starts the script in a separate process, as Glue
does, over files that mirror the buckets (see `bucket_mirror`). The run's state is the process's. All runs
use one JVM (see `spark_jvm`).
"""

import logging
import tempfile
import threading
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar
from urllib.parse import urlsplit

from moto.core.responses import ActionResult
from moto.core.utils import unix_time_millis, utcnow
from moto.glue import models as glue_models
from moto.glue.responses import GlueResponse
from moto.logs.models import logs_backends

from infra.local.aws import bucket_mirror, patches
from infra.local.aws.bucket_mirror import BucketMirror
from infra.local.aws.context import Aws
from infra.local.aws.glue_script import job_arguments, last_exception, spark_configuration
from infra.local.aws.patches import OwnStatus
from infra.local.aws.spark_drivers import Driver
from infra.local.aws.spark_script import SparkScript

_log = logging.getLogger(__name__)

_SECONDS_PER_TIMEOUT_UNIT = 60  # a job's Timeout is in minutes
_DEFAULT_TIMEOUT = 480
_LOG_GROUPS = "/aws-glue/jobs"
_MAX_ERROR_MESSAGE = 2000


def install(local: Aws) -> None:
    """Make every job run of this AWS run its script."""
    if local.has_own_spark:
        local.on_close(local.spark.close)
    if local.warm:
        local.spark.start()
    patches.replace(glue_models, "FakeJob", type("LocalJob", (LocalJob,), {"local": local}))
    patches.replace(glue_models, "FakeJobRun", LocalJobRun)
    # Moto has no BatchStopJobRun, so there is nothing to restore.
    GlueResponse.batch_stop_job_run = _batch_stop_job_run


class JobNotLaunched(RuntimeError):
    """The script or one of its libraries is not where the job says."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"LAUNCH ERROR | {uri} does not exist. Is the job's code installed in the bucket?")


class LocalJobRun(OwnStatus, glue_models.FakeJobRun):  # type: ignore[misc]  # moto is not typed here
    """One run of a job: STARTING, RUNNING, then SUCCEEDED, FAILED, TIMEOUT or STOPPED."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.error: str | None = None
        self.completed_on = None
        self.glue_version: str | None = None
        self._driver: Driver | None = None
        self._stopping = threading.Event()
        self._finished = threading.Event()

    def start(self, job: "LocalJob") -> None:
        """Run the job's script in a thread."""
        self.glue_version = job.glue_version
        # Stopped before the lake is saved on closing: half of a job's output must not be saved.
        job.local.on_close(self.stop)
        threading.Thread(target=self._work, args=(job,), name=self.job_run_id, daemon=True).start()

    def request_stop(self) -> None:
        """Kill the script if it runs; the run is STOPPED when its output is in the buckets."""
        if not self._finished.is_set():
            self.status = "STOPPING"
            self._stopping.set()
            self._kill()

    def stop(self) -> None:
        """Stop the run and wait until it has ended."""
        self.request_stop()
        self._finished.wait()

    def as_dict(self) -> dict[str, Any]:
        """Describe the run as GetJobRun does."""
        completed = self.completed_on or utcnow()
        described = {
            **super().as_dict(),
            "GlueVersion": self.glue_version,
            "LogGroupName": _LOG_GROUPS,
            "ExecutionTime": int((completed - self.started_on).total_seconds()),
            "ErrorMessage": self.error,
        }
        return {name: value for name, value in described.items() if value is not None}

    def _work(self, job: "LocalJob") -> None:
        try:
            with bucket_mirror.LOCK:
                state = "STOPPED" if self._stopping.is_set() else self._run(job)
        except JobNotLaunched as error:
            self.error, state = str(error), "FAILED"
        except Exception as error:
            _log.exception("The Glue job run %s could not be executed", self.job_run_id)
            self.error, state = f"{type(error).__name__}: {error}", "ERROR"
        self.completed_on = self.modified_on = utcnow()
        self.status = state
        self._finished.set()

    def _run(self, job: "LocalJob") -> str:
        mirror = BucketMirror(job.local)
        mirror.pull()
        logs = job.local.lake / "logs" / "glue"
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"{self.job_run_id}.log"
        with tempfile.TemporaryDirectory(prefix="glue-") as name:
            folder = Path(name)
            script = _spark_script(job, self, mirror, folder)
            self.status = "RUNNING"
            try:
                exit_code = self._execute(script, log, job.local)
                of_spark = job.local.spark.finished(exit_code)
            finally:
                mirror.push()  # the output of a failed run is kept, as on AWS
        text = log.read_text(encoding="utf-8", errors="replace")
        with log.open("a", encoding="utf-8") as output:
            output.write(of_spark)
        prefix = (self.arguments or {}).get("--custom-logGroup-prefix", _LOG_GROUPS)
        _put_log_events(job.local, f"{prefix}/output", self.job_run_id, text + of_spark)
        return self._outcome(exit_code, text)

    def _execute(self, script: SparkScript, log: Path, local: Aws) -> int | None:
        """Return the exit code; None on a timeout."""
        minutes = self.timeout or _DEFAULT_TIMEOUT
        self._driver = local.spark.run(script, local.environment, log)
        if self._stopping.is_set():
            self._kill()
        exit_code = self._driver.wait(minutes * _SECONDS_PER_TIMEOUT_UNIT)
        self._kill()  # what the script started, and itself after a timeout
        self._driver.wait(_SECONDS_PER_TIMEOUT_UNIT)
        return exit_code

    def _kill(self) -> None:
        if self._driver is not None:
            self._driver.kill()

    def _outcome(self, exit_code: int | None, log: str) -> str:
        if self._stopping.is_set():
            return "STOPPED"
        if exit_code is None:
            self.error = f"The job run exceeded its timeout of {self.timeout or _DEFAULT_TIMEOUT} minutes."
            return "TIMEOUT"
        if exit_code == 0:
            return "SUCCEEDED"
        self.error = (last_exception(log) or f"Command failed with exit code {exit_code}")[
            :_MAX_ERROR_MESSAGE
        ]
        return "FAILED"


class LocalJob(glue_models.FakeJob):  # type: ignore[misc]  # moto is not typed here
    """A job whose runs are `LocalJobRun`s."""

    local: ClassVar[Aws]

    def start_job_run(self, **settings: Any) -> str:
        """Start a run; see StartJobRun."""
        run_id = super().start_job_run(**settings)
        self.job_runs[-1].start(self)
        return str(run_id)


def _spark_script(job: LocalJob, run: LocalJobRun, mirror: BucketMirror, folder: Path) -> SparkScript:
    arguments = run.arguments or {}
    libraries = [uri for uri in arguments.get("--extra-py-files", "").split(",") if uri.strip()]
    buckets = {bucket: mirror.folder / bucket for bucket in mirror.buckets()}
    return SparkScript(
        script=_fetch(job.command["ScriptLocation"], mirror, folder),
        arguments=job_arguments(job.name, run.job_run_id, arguments),
        folder=folder / "spark",
        buckets=buckets,
        py_files=[_fetch(uri.strip(), mirror, folder / "libraries") for uri in libraries],
        configuration=spark_configuration(arguments.get("--conf", "")),
    )


def _fetch(uri: str, mirror: BucketMirror, folder: Path) -> Path:
    """Copy an object to the run's own folder: the script may overwrite the object."""
    parts = urlsplit(uri)
    source = mirror.folder / parts.netloc / parts.path.lstrip("/")
    if parts.scheme != "s3" or not source.is_file():
        raise JobNotLaunched(uri)
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / PurePosixPath(parts.path).name
    copy.write_bytes(source.read_bytes())
    return copy


def _put_log_events(local: Aws, group: str, run_id: str, text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    logs = logs_backends[local.account_id][local.region]
    logs.ensure_log_group(group)
    logs.create_log_stream(group, run_id)
    events = [{"timestamp": int(unix_time_millis()), "message": line} for line in lines[-10_000:]]
    if events:
        logs.put_log_events(group, run_id, events)


def _batch_stop_job_run(self: Any) -> ActionResult:
    """Answer BatchStopJobRun: the runs go through STOPPING to STOPPED."""
    job_name, run_ids = self._get_param("JobName"), self._get_param("JobRunIds")
    runs = {run.job_run_id: run for run in self.glue_backend.get_job(job_name).job_runs}
    errors = []
    for run_id in run_ids:
        if run_id in runs:
            runs[run_id].request_stop()
        else:
            detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": f"Job run {run_id} not found"}
            errors.append({"JobName": job_name, "JobRunId": run_id, "ErrorDetail": detail})
    stopped = [{"JobName": job_name, "JobRunId": run_id} for run_id in run_ids if run_id in runs]
    return ActionResult({"SuccessfulSubmissions": stopped, "Errors": errors})
