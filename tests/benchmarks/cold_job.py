"""A job in a JVM of its own, as on Glue. Those of `make run` share one."""

from __future__ import annotations

from infra.local.aws.spark_jvm import java_command, spark_classpath
from infra.local.aws.spark_script import DAEMON, SparkScript, spark_environment

Process = tuple[list[str], dict[str, str]]


def cold_job(script: SparkScript) -> Process:
    """Return the command and the variables of the script's process."""
    script.folder.mkdir(parents=True)
    properties = [f"--conf={name}={value}" for name, value in script.properties().items()]
    submit = ["org.apache.spark.deploy.SparkSubmit", *properties, str(script.script), *script.arguments]
    environment = {**spark_environment({}), "CLASSPATH": spark_classpath(), "PYTHONPATH": str(DAEMON.parent)}
    return [*java_command(script.folder), *submit], environment
