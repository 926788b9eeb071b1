"""Glue jobs of the local AWS: the script really runs, over the buckets, with Glue's arguments."""

import io
import json
import re
import textwrap
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from infra.local.aws import LocalAws, glue_jobs
from infra.local.aws.glue_script import job_arguments, last_exception, spark_configuration
from infra.local.aws.spark_script import spark_environment

_FINAL_STATES = {"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", "ERROR"}

_SPARK_JOB = """
    import json, sys
    from pyspark.sql import SparkSession
    from helpers.shout import shout

    spark = SparkSession.builder.appName("test").getOrCreate()
    rows = spark.read.json("s3://lake-raw/in/")
    shouted = spark.sparkContext.parallelize(["quiet"]).map(shout).collect()
    rows.coalesce(1).write.mode("overwrite").partitionBy("day").parquet("s3://lake-curated/rows/")
    path = spark._jvm.org.apache.hadoop.fs.Path("s3://lake-curated/old/part-0.parquet")
    path.getFileSystem(spark._jsc.hadoopConfiguration()).delete(path, False)
    report = {"argv": sys.argv[1:], "rows": rows.count(), "shouted": shouted, "python": sys.executable,
              "shuffle": spark.conf.get("spark.sql.shuffle.partitions"), "said": spark.conf.get("spark.said")}
    spark.createDataFrame([(json.dumps(report),)], "value string").coalesce(1).write.text("s3://lake-curated/report")
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(lake=tmp_path_factory.mktemp("lake")) as local:
        for bucket in ("lake-raw", "lake-curated", "lake-artifacts"):
            local.client("s3").create_bucket(Bucket=bucket)
        yield local


def test_a_job_reads_and_writes_the_buckets_with_its_s3_uris(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    for number, day in enumerate(("2026-01-01", "2026-01-01", "2026-01-02")):
        line = json.dumps({"day": day, "number": number})
        s3.put_object(Bucket="lake-raw", Key=f"in/{number}.json", Body=line.encode())
    s3.put_object(Bucket="lake-curated", Key="old/part-0.parquet", Body=b"old")
    s3.put_object(
        Bucket="lake-artifacts",
        Key="lib.zip",
        Body=_zip(
            {
                "helpers/__init__.py": "",
                "helpers/shout.py": "def shout(text):\n    return text.upper()\n",
            }
        ),
    )
    run = _finished(
        aws,
        _start(
            aws,
            _SPARK_JOB,
            {
                "--extra-py-files": "s3://lake-artifacts/lib.zip",
                "--conf": "spark.said=hello",
                "--raw_uri": "s3://lake-raw/",
                "--run_id": "default",
            },
            {"--run_id": "r1"},
        ),
    )

    assert run["JobRunState"] == "SUCCEEDED", run
    keys = _keys(aws, "lake-curated")
    days = {key.split("/")[1] for key in keys if key.startswith("rows/") and key.endswith(".parquet")}
    assert days == {"day=2026-01-01", "day=2026-01-02"}
    assert "old/part-0.parquet" not in keys
    report = _report(aws)
    assert report["rows"] == 3
    assert report["shouted"] == ["QUIET"]
    assert report["said"] == "hello"
    argv = report["argv"]
    assert argv[argv.index("--run_id") + 1] == "r1"
    assert argv[argv.index("--JOB_NAME") + 1] == run["JobName"]
    assert argv[argv.index("--JOB_RUN_ID") + 1] == run["Id"]
    assert "--extra-py-files" not in argv
    assert run["GlueVersion"] == "5.1"


_JVM = """
    import pathlib, time
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    jvm = spark._jvm.java.lang.ProcessHandle.current().pid()
    said = spark.conf.get("spark.said", "nothing")
    stopped = spark.sparkContext._jsc.sc().isStopped()
    print(f"JVM {jvm}, said {said}, stopped {stopped}", flush=True)
    {then}
"""


def test_jobs_share_a_jvm_but_not_their_settings(aws: LocalAws) -> None:
    job = _JVM.replace("{then}", "")
    first = _log_of(aws, _finished(aws, _start(aws, job, {"--conf": "spark.said=hello"})))
    second = _log_of(aws, _finished(aws, _start(aws, _JVM.replace("{then}", "raise SystemExit(1)"))))
    third = _log_of(aws, _finished(aws, _start(aws, job)))
    assert "said hello, stopped False" in first
    assert "said nothing, stopped False" in second
    assert _jvm(first) == _jvm(second) == _jvm(third)


def test_a_job_that_is_stopped_leaves_no_jvm_to_the_next(aws: LocalAws) -> None:
    name, run_id = _start(aws, _JVM.replace("{then}", "time.sleep(600)"))
    log = aws.lake / "logs" / "glue" / f"{run_id}.log"
    _wait_until(lambda: log.exists() and "JVM" in log.read_text())
    aws.client("glue").batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    stopped = _finished(aws, (name, run_id))
    assert stopped["JobRunState"] == "STOPPED"
    ended = _jvm(_log_of(aws, stopped))
    assert not psutil.pid_exists(ended)
    following = _finished(aws, _start(aws, _JVM.replace("{then}", "")))
    assert following["JobRunState"] == "SUCCEEDED", following
    assert _jvm(_log_of(aws, following)) != ended


def test_a_jvm_that_dies_fails_its_job_only(aws: LocalAws) -> None:
    dies = "import os; os.kill(jvm, 9); time.sleep(0.5); spark.range(3).count()"
    failed = _finished(aws, _start(aws, _JVM.replace("{then}", dies)))
    assert failed["JobRunState"] == "FAILED"
    following = _finished(aws, _start(aws, _JVM.replace("{then}", "")))
    assert following["JobRunState"] == "SUCCEEDED", following
    assert _jvm(_log_of(aws, following)) != _jvm(_log_of(aws, failed))


def test_what_spark_logs_is_in_the_log_of_its_job(aws: LocalAws) -> None:
    warn = "spark._jvm.org.apache.log4j.LogManager.getLogger('x').warn('beware of {}')"
    first = _finished(aws, _start(aws, _JVM.replace("{then}", warn.format("one"))))
    second = _finished(aws, _start(aws, _JVM.replace("{then}", warn.format("two"))))
    assert "beware of one" in _log_of(aws, first)
    assert "beware of one" not in _log_of(aws, second)
    assert "beware of two" in _log_of(aws, second)


def test_a_failed_job_says_why_and_leaves_what_it_wrote(aws: LocalAws) -> None:
    # Written before the failure, without Spark, because the script fails and not the session.
    run = _finished(
        aws,
        _start(
            aws,
            """
        import pathlib

        class ReconciliationError(Exception):
            pass

        print("half way")
        mirror = pathlib.Path({mirror!r})
        (mirror / "partial.txt").write_text("half")
        raise ReconciliationError("tracks: read 3, written 2")
    """.replace("{mirror!r}", repr(str(aws.lake / "s3" / "lake-curated"))),
        ),
    )

    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "ReconciliationError: tracks: read 3, written 2"
    assert "partial.txt" in _keys(aws, "lake-curated")
    log = (aws.lake / "logs" / "glue" / f"{run['Id']}.log").read_text()
    assert "half way" in log
    events = aws.client("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run["Id"])
    assert "half way" in [event["message"] for event in events["events"]]


def test_a_job_that_exceeds_its_timeout_is_stopped(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glue_jobs, "_SECONDS_PER_TIMEOUT_UNIT", 3)
    run = _finished(aws, _start(aws, "import time; time.sleep(600)", timeout=1))

    assert run["JobRunState"] == "TIMEOUT"
    assert "1 minutes" in run["ErrorMessage"]


def test_a_running_job_can_be_stopped(aws: LocalAws) -> None:
    name, run_id = _start(
        aws,
        """
        import pathlib, time
        print("started", flush=True)
        time.sleep(600)
    """,
    )
    log = aws.lake / "logs" / "glue" / f"{run_id}.log"
    _wait_until(lambda: log.exists() and "started" in log.read_text())
    answer = aws.client("glue").batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_unknown"])

    assert [stopped["JobRunId"] for stopped in answer["SuccessfulSubmissions"]] == [run_id]
    assert [error["JobRunId"] for error in answer["Errors"]] == ["jr_unknown"]
    assert _finished(aws, (name, run_id))["JobRunState"] == "STOPPED"


def test_a_job_whose_script_is_not_in_the_bucket_fails_to_launch(aws: LocalAws) -> None:
    name = _create(aws, "s3://lake-artifacts/nowhere.py", {}, 10)
    run = _finished(aws, (name, aws.client("glue").start_job_run(JobName=name)["JobRunId"]))

    assert run["JobRunState"] == "FAILED"
    assert "s3://lake-artifacts/nowhere.py does not exist" in run["ErrorMessage"]


def test_glue_does_not_pass_its_own_arguments_to_the_script() -> None:
    arguments = {
        "--extra-py-files": "s3://b/x.zip",
        "--enable-metrics": "true",
        "--job-language": "python",
        "--job-bookmark-option": "job-bookmark-disable",
        "--raw_uri": "s3://b/",
    }
    argv = job_arguments("normalize", "jr_1", arguments)
    assert argv[-2:] == ["--raw_uri", "s3://b/"]
    assert argv.count("--job-bookmark-option") == 1
    assert not {"--extra-py-files", "--enable-metrics", "--job-language", "s3://b/x.zip"} & set(argv)


def test_the_last_exception_is_named_without_its_module() -> None:
    log = textwrap.dedent("""\
        Traceback (most recent call last):
          File "x.py", line 1, in <module>
        KeyError: 'a'

        During handling of the above exception, another exception occurred:

        Traceback (most recent call last):
          File "x.py", line 3, in <module>
            raise spotify_lake.errors.ReconciliationError("no")
        spotify_lake.errors.ReconciliationError: read = 3: written = 2
        21:00:00 WARN Something: else
    """)
    assert last_exception(log) == "ReconciliationError: read = 3: written = 2"


def test_a_java_exception_keeps_its_cause() -> None:
    log = (
        "Traceback (most recent call last):\n  File ...\n"
        "py4j.protocol.Py4JJavaError: An error occurred while calling o58.parquet.\n"
        ": org.apache.spark.SparkException: Job aborted\n\tat x\n"
    )
    expected = "Py4JJavaError: An error occurred while calling o58.parquet.: org.apache.spark.SparkException"
    assert str(last_exception(log)).startswith(expected)


def test_a_log_without_an_exception_has_none() -> None:
    assert last_exception("all is well\n") is None


def test_chained_conf_settings_are_separated() -> None:
    assert spark_configuration("a=1 --conf b=x=y") == {"a": "1", "b": "x=y"}
    with pytest.raises(ValueError, match="'broken'"):
        spark_configuration("broken")


def test_the_jobs_python_path_does_not_have_this_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/checkout")
    monkeypatch.setenv("AWS_PROFILE", "private")
    environment = spark_environment({"AWS_REGION": "us-east-1"})
    assert "PYTHONPATH" not in environment
    assert "AWS_PROFILE" not in environment
    assert environment["AWS_REGION"] == "us-east-1"


def _log_of(aws: LocalAws, run: dict[str, Any]) -> str:
    return (aws.lake / "logs" / "glue" / f"{run['Id']}.log").read_text()


def _jvm(log: str) -> int:
    found = re.search(r"JVM (\d+)", log)
    assert found, log
    return int(found.group(1))


def _start(
    aws: LocalAws,
    script: str,
    defaults: dict[str, str] | None = None,
    arguments: dict[str, str] | None = None,
    timeout: int = 10,
) -> tuple[str, str]:
    key = f"job-{time.monotonic_ns()}.py"
    aws.client("s3").put_object(Bucket="lake-artifacts", Key=key, Body=textwrap.dedent(script).encode())
    name = _create(aws, f"s3://lake-artifacts/{key}", defaults or {}, timeout)
    return name, aws.client("glue").start_job_run(JobName=name, Arguments=arguments or {})["JobRunId"]


def _create(aws: LocalAws, script: str, defaults: dict[str, str], timeout: int) -> str:
    name = f"job-{time.monotonic_ns()}"
    aws.client("glue").create_job(
        Name=name,
        Role="glue",
        Command={"Name": "glueetl", "ScriptLocation": script, "PythonVersion": "3"},
        DefaultArguments=defaults,
        GlueVersion="5.1",
        Timeout=timeout,
    )
    return name


def _finished(aws: LocalAws, run: tuple[str, str]) -> dict[str, Any]:
    name, run_id = run

    def described() -> dict[str, Any]:
        found: dict[str, Any] = aws.client("glue").get_job_run(JobName=name, RunId=run_id)["JobRun"]
        return found

    _wait_until(lambda: described()["JobRunState"] in _FINAL_STATES)
    return described()


def _wait_until(condition: Any, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def _keys(aws: LocalAws, bucket: str) -> set[str]:
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {found["Key"] for page in pages for found in page.get("Contents", [])}


def _report(aws: LocalAws) -> dict[str, Any]:
    (key,) = (key for key in _keys(aws, "lake-curated") if key.startswith("report/part-"))
    body = aws.client("s3").get_object(Bucket="lake-curated", Key=key)["Body"].read()
    report: dict[str, Any] = json.loads(body)
    return report


def _zip(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()
