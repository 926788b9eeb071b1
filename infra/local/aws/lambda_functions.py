"""Lambda: the functions' own handlers, run in processes on this machine.

Moto runs a function in a Docker container. Here its process stays warm between invocations, as on AWS, and
sees what it would see there: its own variables, its code as working directory, its layers, the credentials of
the local AWS, and nothing else.
"""

import io
import json
import os
import re
import shutil
import tempfile
import threading
import uuid
import zipfile
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

from infra.local.aws.context import Aws
from infra.local.aws.lambda_worker import Invocation, Worker
from infra.local.aws.patches import original, replace

# How a machine reaches the internet is the machine's matter: Lambda has its own way there.
_FROM_THIS_MACHINE = (
    "PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
)
_LAYERS_FOLDER = re.compile(r"(?<![\w./-])/opt(?=[/:]|$)")


def install(local: Aws) -> None:
    """Run a function's handler for real, and log to the group that its LoggingConfig names."""
    functions = _Functions(local)
    local.on_close(functions.close)

    def invoke_lambda(self: Any, event: Any = None) -> tuple[str, bool, str]:
        # Moto hands on the text "{}" when the invocation has no payload.
        result = functions.invoke(self, json.loads(event) if isinstance(event, str) else event or {})
        self.logs_backend.ensure_log_group(self.logs_group_name)
        self.save_logs(result.logs)
        return result

    stock = original(LambdaFunction, "__init__")

    def init(self: Any, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        stock(self, account_id, spec, *args, **kwargs)
        # Moto logs to /aws/lambda/<function> whatever LoggingConfig says.
        self.logs_group_name = spec.get("LoggingConfig", {}).get("LogGroup", self.logs_group_name)
        if local.warm:
            functions.prepare(self)

    replace(LambdaFunction, "__init__", init)
    replace(LambdaFunction, "_invoke_lambda", invoke_lambda)


class _Functions:
    """The warm processes of all functions, and the folders that their code lies in."""

    def __init__(self, local: Aws) -> None:
        self._local = local
        self._root = Path(tempfile.mkdtemp(prefix="spotify-lake-lambda-"))
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, ...], list[Worker]] = {}
        self._workers: list[Worker] = []

    def prepare(self, function: Any) -> None:
        """Start a process that loads the function's code; its first invocation finds it ready."""
        self._give_back(_identity(function), self._start(function))

    def invoke(self, function: Any, event: Any) -> Invocation:
        identity = _identity(function)
        worker = self._take(identity) or self._start(function)
        try:
            return worker.invoke(
                event,
                function_arn=function.function_arn,
                request_id=str(uuid.uuid4()),
                timeout=float(function.timeout),
            )
        finally:
            self._give_back(identity, worker)

    def close(self) -> None:
        with self._lock:
            for worker in self._workers:
                worker.close()
            self._workers.clear()
            self._idle.clear()
        shutil.rmtree(self._root, ignore_errors=True)

    def _take(self, identity: tuple[str, ...]) -> Worker | None:
        with self._lock:
            idle = self._idle.get(identity)
            return idle.pop() if idle else None

    def _give_back(self, identity: tuple[str, ...], worker: Worker) -> None:
        with self._lock:
            if worker.alive and worker in self._workers:
                self._idle.setdefault(identity, []).append(worker)

    def _start(self, function: Any) -> Worker:
        code = self._unzipped(function.code_sha_256, [function.code_bytes])
        layers = self._layers(function)
        worker = Worker(code, self._environment(function, code, layers))
        with self._lock:
            self._workers.append(worker)
        return worker

    def _layers(self, function: Any) -> Path:
        """The folder that stands for /opt: all layers unzipped over each other, the last one on top."""
        arns = [layer["Arn"] for layer in function.layers]
        backend = get_backend(function.account_id, function.region)
        contents = [backend.layers_versions_by_arn(arn).code_bytes for arn in arns]
        return self._unzipped("opt-" + "+".join(arns), contents)

    def _unzipped(self, name: str, archives: list[bytes]) -> Path:
        with self._lock:  # two first invocations at a time must not both unzip
            folder = self._root / re.sub(r"[^\w.-]", "_", name)
            if not folder.exists():
                folder.mkdir()
                for archive in archives:
                    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                        opened.extractall(folder)
            return folder

    def _environment(self, function: Any, code: Path, layers: Path) -> dict[str, str]:
        own = {
            name: _LAYERS_FOLDER.sub(str(layers), str(value))
            for name, value in function.environment_vars.items()
        }
        inherited = {name: os.environ[name] for name in _FROM_THIS_MACHINE if name in os.environ}
        return {
            **inherited,
            "NO_PROXY": "127.0.0.1,localhost",
            **self._local.environment,
            "HOME": str(self._root),  # no ~/.aws of the person who runs this
            "LANG": "en_US.UTF-8",
            "TZ": "UTC",
            "LAMBDA_TASK_ROOT": str(code),
            "AWS_SAM_LOCAL": "true",  # Powertools then traces nothing: there is no X-Ray daemon here
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
            "AWS_LAMBDA_LOG_STREAM_NAME": f"local/[$LATEST]{uuid.uuid4().hex}",
            # The runtime adds the layers' python/ only where a function sets no path of its own. The code
            # itself it puts first.
            "PYTHONPATH": str(layers / "python"),
            **own,
            "_HANDLER": function.handler,
        }


def _identity(function: Any) -> tuple[str, ...]:
    """What a process was started with; after an update of code or configuration a new one is started."""
    return (
        function.function_arn,
        function.code_sha_256,
        str(function.handler),
        json.dumps(function.environment_vars, sort_keys=True),
        *(layer["Arn"] for layer in function.layers),
    )
