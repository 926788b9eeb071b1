"""Lambda functions: real handlers, in processes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.local.aws import LocalAws
from infra.local.aws.lambda_functions import Worker
from tests.integration.local_aws.support import ROLE, RunStates, archive


class Answer(NamedTuple):
    error: str | None
    payload: Any


MakeFunction = Callable[..., Callable[..., Answer]]


@pytest.fixture
def make_function(local_aws: LocalAws, request: pytest.FixtureRequest) -> MakeFunction:
    """Create a function with this code and return a callable that invokes it."""
    client = local_aws.client("lambda")
    name = request.node.name[:60]

    def make(code: str, **configuration: Any) -> Callable[..., Answer]:
        client.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=ROLE,
            Handler=configuration.pop("Handler", "app.handler"),
            Code={"ZipFile": archive({"app.py": code})},
            **{"Timeout": 10, **configuration},
        )

        def invoke(event: Any = None) -> Answer:
            response = client.invoke(FunctionName=name, Payload=json.dumps(event or {}))
            return Answer(response.get("FunctionError"), json.loads(response["Payload"].read()))

        return invoke

    return make


@pytest.fixture(autouse=True)
def _role(local_aws: LocalAws) -> None:
    iam = local_aws.client("iam")
    if not iam.list_roles()["Roles"]:
        iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")


def test_the_handler_runs_with_the_event_and_a_context(make_function: MakeFunction) -> None:
    invoke = make_function(
        """
        def handler(event, context):
            left = context.get_remaining_time_in_millis()
            return [event, context.function_name, context.memory_limit_in_mb, 9000 < left <= 10000,
                    context.invoked_function_arn, len(context.aws_request_id)]
        """,
        MemorySize=256,
    )
    event, name, memory, time_left_fits, arn, id_length = invoke({"a": 1}).payload
    assert event == {"a": 1}
    assert arn.endswith(f":function:{name}")
    assert (memory, time_left_fits, id_length) == ("256", True, 36)


def test_a_function_stays_warm_and_a_second_one_at_the_same_time_gets_its_own_process(
    make_function: MakeFunction,
) -> None:
    invoke = make_function(
        """
        import os, time
        count = 0
        def handler(event, context):
            global count
            count += 1
            time.sleep(event.get("sleep", 0))
            return [os.getpid(), count]
        """
    )
    first, second = invoke().payload, invoke().payload
    assert second == [first[0], 2]
    with ThreadPoolExecutor(2) as pool:
        pids = {answer.payload[0] for answer in pool.map(invoke, [{"sleep": 0.5}, {"sleep": 0.5}])}
    assert len(pids) == 2


def test_the_process_has_its_own_variables_and_the_local_aws_but_not_the_shells_variables(
    make_function: MakeFunction, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_SHELL", "secret")
    invoke = make_function(
        """
        import os, boto3
        def handler(event, context):
            boto3.client("s3").create_bucket(Bucket="made-by-a-function")
            return [dict(os.environ), os.path.expanduser("~/.aws"), sorted(os.listdir())]
        """,
        Environment={"Variables": {"OWN": "1"}},
    )
    environment, aws_folder, files = invoke().payload
    assert environment["OWN"] == "1"
    assert environment["AWS_ENDPOINT_URL"] == local_aws.endpoint_url
    assert "OF_THE_SHELL" not in environment
    assert not aws_folder.startswith(os.path.expanduser("~") + os.sep)  # noqa: PTH111 (a text)
    assert "app.py" in files
    buckets = local_aws.client("s3").list_buckets()["Buckets"]
    assert "made-by-a-function" in [bucket["Name"] for bucket in buckets]


def test_layers_are_found_where_opt_is_named(make_function: MakeFunction, local_aws: LocalAws) -> None:
    publish = local_aws.client("lambda").publish_layer_version
    below = archive({"shared/names.py": "NAME = 'first'", "python/helper.py": "HELP = 'python folder'"})
    above = archive({"shared/names.py": "NAME = 'second'", "job.py": ""})
    layers = [
        publish(LayerName=name, Content={"ZipFile": content})["LayerVersionArn"]
        for name, content in (("below", below), ("above", above))
    ]
    invoke = make_function(
        """
        import os, helper
        from shared.names import NAME
        def handler(event, context):
            return [NAME, helper.HELP, os.path.exists(os.environ["JOB"]), os.environ["ELSEWHERE"]]
        """,
        Layers=layers,
        Environment={
            "Variables": {"PYTHONPATH": "/opt:/opt/python", "JOB": "/opt/job.py", "ELSEWHERE": "/var/opt/x"}
        },
    )
    assert invoke().payload == ["second", "python folder", True, "/var/opt/x"]


@pytest.mark.parametrize(
    ("variables", "is_found"), [({}, True), ({"PYTHONPATH": "/opt"}, False)], ids=["own", "set"]
)
def test_a_layers_python_is_found_unless_a_path_is_set(
    variables: dict[str, str], is_found: bool, make_function: MakeFunction, local_aws: LocalAws
) -> None:
    layer = local_aws.client("lambda").publish_layer_version(
        LayerName="layer", Content={"ZipFile": archive({"python/helper.py": ""})}
    )
    invoke = make_function(
        """
        import importlib.util
        def handler(event, context):
            return importlib.util.find_spec("helper") is not None
        """,
        Layers=[layer["LayerVersionArn"]],
        Environment={"Variables": variables},
    )
    assert invoke().payload is is_found


def test_an_exception_is_reported_as_lambda_reports_it(make_function: MakeFunction) -> None:
    invoke = make_function(
        """
        class RateLimited(Exception):
            pass
        def handler(event, context):
            raise RateLimited("wait 3 s")
        """
    )
    answer = invoke()
    assert answer.error
    assert answer.payload["errorType"] == "RateLimited"
    assert answer.payload["errorMessage"] == "wait 3 s"
    assert len(answer.payload["requestId"]) == 36
    (frame,) = answer.payload["stackTrace"]
    assert "in handler" in frame


def test_a_function_that_takes_too_long_is_stopped_and_restarted(make_function: MakeFunction) -> None:
    invoke = make_function(
        """
        import time
        def handler(event, context):
            time.sleep(event.get("sleep", 0))
            return "in time"
        """,
        Timeout=1,
    )
    timed_out = invoke({"sleep": 30}).payload
    assert timed_out["errorType"] == "Sandbox.Timedout"
    assert timed_out["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert timed_out["errorMessage"].startswith("RequestId: ")
    assert invoke().payload == "in time"


def test_loading_the_code_does_not_count_as_running_it(make_function: MakeFunction) -> None:
    code = """
        import time
        time.sleep(1.5)
        def handler(event, context):
            return "loaded"
        """
    assert make_function(code, Timeout=1)().payload == "loaded"


@pytest.mark.parametrize(
    ("code", "handler", "error_type", "message"),
    [
        (
            "import no_such_module",
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module",
        ),
        ("", "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("import os\ndef handler(e, c): os._exit(3)", "app.handler", "Runtime.ExitError", "exit status 3"),
        (
            "def handler(e, c): return object()",
            "app.handler",
            "Runtime.MarshalError",
            "Unable to marshal",
        ),
    ],
    ids=["import", "name", "exit", "result"],
)
def test_errors_of_the_runtime_have_lambdas_own_names(
    make_function: MakeFunction, code: str, handler: str, error_type: str, message: str
) -> None:
    answer = make_function(code, Handler=handler)()
    assert answer.payload["errorType"] == error_type
    assert message in answer.payload["errorMessage"]


def test_what_a_function_prints_is_in_the_log_group_of_its_configuration(
    make_function: MakeFunction, local_aws: LocalAws
) -> None:
    invoke = make_function(
        """
        import sys
        def handler(event, context):
            print("to the log", event["n"])
            print("an error", file=sys.stderr)
        """,
        LoggingConfig={"LogGroup": "/lake/functions"},
    )
    invoke({"n": 1})
    invoke({"n": 2})
    logs = local_aws.client("logs")
    streams = logs.describe_log_streams(logGroupName="/lake/functions")["logStreams"]
    written = sorted(
        [event["message"] for event in logs.get_log_events(logGroupName="/lake/functions", **name)["events"]]
        for name in ({"logStreamName": stream["logStreamName"]} for stream in streams)
    )
    assert written == [["to the log 1", "an error"], ["to the log 2", "an error"]]


def test_new_code_gets_a_new_process(make_function: MakeFunction, local_aws: LocalAws) -> None:
    invoke = make_function("def handler(event, context): return 'old'")
    assert invoke().payload == "old"
    (name,) = [
        function["FunctionName"]
        for function in local_aws.client("lambda").list_functions()["Functions"]
        if function["FunctionName"].startswith("test_new_code")
    ]
    local_aws.client("lambda").update_function_code(
        FunctionName=name, ZipFile=archive({"app.py": "def handler(event, context): return 'new'"})
    )
    assert invoke().payload == "new"


def test_a_state_machine_catches_a_function_by_its_errors_class(
    make_function: MakeFunction, run_states: RunStates, request: pytest.FixtureRequest
) -> None:
    make_function(
        """
        import json
        class QuotaExceeded(Exception):
            pass
        def handler(event, context):
            raise QuotaExceeded(json.dumps({"retry_after_seconds": 7}))
        """
    )
    states: dict[str, Any] = {
        "Fetch": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": request.node.name[:60], "Payload.$": "$"},
            "Catch": [{"ErrorEquals": ["QuotaExceeded"], "Next": "Read"}],
            "End": True,
        },
        "Read": {
            "Type": "Pass",
            "Parameters": {"cause.$": "States.StringToJson($.Cause)"},
            "Next": "Message",
        },
        "Message": {
            "Type": "Pass",
            "Parameters": {"message.$": "States.StringToJson($.cause.errorMessage)"},
            "End": True,
        },
    }
    assert run_states(states).output == {"message": {"retry_after_seconds": 7}}


def test_a_task_ends_at_its_own_timeout_even_if_the_function_goes_on(
    make_function: MakeFunction, run_states: RunStates, request: pytest.FixtureRequest
) -> None:
    make_function("import time\ndef handler(event, context): time.sleep(3)")
    states = {
        "Slow": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": request.node.name[:60]},
            "TimeoutSeconds": 1,
            "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Pass", "Parameters": {"error.$": "$.Error"}, "End": True},
    }
    assert run_states(states).output == {"error": "States.Timeout"}


def test_a_running_invocation_ends_when_the_local_aws_closes(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import time\ndef handler(event, context): time.sleep(60)")
    names = ("NAME", "VERSION", "MEMORY_SIZE")
    environment = {f"AWS_LAMBDA_FUNCTION_{name}": "1" for name in names} | {
        "AWS_LAMBDA_LOG_GROUP_NAME": "g",
        "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        "LAMBDA_TASK_ROOT": str(tmp_path),
        "_HANDLER": "app.handler",
    }
    worker = Worker(tmp_path, environment)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(worker.invoke, {}, function_arn="arn", request_id="r", timeout=60.0)
        time.sleep(0.5)
        worker.close()
        assert json.loads(under_way.result().payload)["errorType"] == "Runtime.ExitError"
