"""The interface between Glue and a job's script: its arguments, and the error it ends in."""

import base64
import re
import shlex
from collections.abc import Mapping

# Arguments that Glue uses itself and does not pass to the script.
_CONSUMED_ARGUMENTS = re.compile(
    r"--(?:extra-(?:py-files|jars|files)|additional-python-modules|python-modules-installer-option|conf|class"
    r"|job-language|scriptLocation|enable-.+|continuous-log-.+|custom-log(?:Group|Stream)-prefix|spark-event-logs-path|datalake-formats"
    r"|customer-driver-env-vars|customer-executor-env-vars|write-shuffle-.+)$"
)
_EXCEPTION_LINE = re.compile(r"(?:[A-Za-z_]\w*\.)*(?P<name>[A-Za-z_]\w*)(?P<message>: .*)?$")


def job_arguments(name: str, run_id: str, arguments: Mapping[str, str]) -> list[str]:
    """Return the script's `sys.argv[1:]`: Glue's own arguments and the job's.

    Glue's own include a stray value (`true` after the job's id), which a script's parser must accept. The
    arguments that Glue uses itself are not passed.
    """
    job_id = base64.b16encode(name.encode()).decode().lower()
    glues_own = ["--job-bookmark-option", "job-bookmark-disable", "--JOB_ID", f"j_{job_id}", "true"]
    passed = {key: value for key, value in arguments.items() if not _CONSUMED_ARGUMENTS.match(key)}
    passed = {key: value for key, value in passed.items() if key != "--job-bookmark-option"}
    named = {"--JOB_RUN_ID": run_id, "--JOB_NAME": name, **passed}
    return [*glues_own, *(part for pair in named.items() for part in pair)]


def spark_configuration(conf: str) -> dict[str, str]:
    """Parse Glue's `--conf`, which chains settings: `a=1 --conf b=2`.

    Raises:
        ValueError: a part is not `name=value`.
    """
    settings = {}
    for part in shlex.split(conf.replace("--conf", " ")):
        setting, separator, value = part.partition("=")
        if not separator:
            message = f"--conf has {part!r}, which is not name=value"
            raise ValueError(message)
        settings[setting] = value
    return settings


def last_exception(log: str) -> str | None:
    """Return the exception that ended a script, as Glue reports it: class name without module, and message.

    Args:
        log: what the script wrote to stdout and stderr.
    """
    _, traceback, tail = log.rpartition("Traceback (most recent call last):\n")
    if not traceback:
        return None
    lines = tail.splitlines()
    for number, line in enumerate(lines):
        found = _EXCEPTION_LINE.match(line)
        if found:
            message = found["message"] or ""
            # py4j puts the Java exception on a line of its own
            cause = lines[number + 1] if number + 1 < len(lines) else ""
            return found["name"] + message + (cause if cause.startswith(": ") else "")
    return None
