"""The pipeline on this machine: the project's template, deployed to the local AWS."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from common.secrets import read_json_secret
from infra.local.aws import LocalAws
from infra.local.aws.spark_jvm import Spark
from infra.local.execution import Execution
from infra.local.lake_folder import only_user_of

ROOT: Final = Path(__file__).resolve().parents[2]
TEMPLATE: Final = ROOT / "infra" / "template.yaml"
STACK_NAME: Final = "spotify-lake"
SALT_FILE: Final = ".privacy-salt.json"


@dataclasses.dataclass(frozen=True)
class Spotify:
    """The Spotify a stack talks to: its addresses and the credentials for it."""

    api_url: str
    accounts_url: str
    secret: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Stack:
    """A deployed stack.

    Attributes:
        aws: the local AWS it is deployed in.
        outputs: the template's outputs.
    """

    aws: LocalAws
    outputs: Mapping[str, str]

    def start(self, run_input: Mapping[str, Any] | None = None) -> Execution:
        """Start an execution of the state machine, with the input `{}` by default."""
        started_at = dt.datetime.now(dt.UTC)
        name = f"run-{started_at:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
        return Execution.start(
            self.aws.client("stepfunctions"),
            self.outputs["StateMachineArn"],
            dict(run_input or {}),
            name=name,
        )

    def secret(self) -> dict[str, str]:
        """The Spotify app's credentials as they are now."""
        return read_json_secret(self.aws.client("secretsmanager"), self.outputs["SpotifySecretArn"])

    def last_traceback(self) -> str:
        """Return the last traceback that a function logged; "" if there is none."""
        events = self.aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{STACK_NAME}")["events"]
        lines = [line for event in events for line in event["message"].splitlines()]
        records = [json.loads(line) for line in lines if line.startswith("{") and '"exception":' in line]
        return str(records[-1]["exception"]) if records else ""

    def put_secret(self, secret: Mapping[str, str]) -> None:
        """Store the Spotify app's credentials, as the operator does after the first deployment."""
        self.aws.client("secretsmanager").put_secret_value(
            SecretId=self.outputs["SpotifySecretArn"], SecretString=json.dumps(dict(secret))
        )


@contextlib.contextmanager
def open_stack(
    lake: Path,
    spotify: Spotify | None = None,
    *,
    wait_scale: float = 1.0,
    parameters: Mapping[str, str] | None = None,
    warm: bool = False,
    spark: Spark | None = None,
) -> Iterator[Stack]:
    """Deploy the template into a local AWS over the lake folder.

    Args:
        lake: the folder that keeps buckets and catalog.
        spotify: where the fetch goes; None for a stack that is only queried.
        wait_scale: factor on the state machine's waits.
        parameters: more parameters of the template.
        warm: runs follow, so spend time now to make them faster (see `infra.local.aws.context.Aws`).
        spark: where the jobs run (see there).

    Raises:
        LakeInUse: another command has the folder open.
        LakeUnusable: it is not a folder, or cannot be written.
    """
    with only_user_of(lake), LocalAws(lake, wait_scale=wait_scale, warm=warm, spark=spark) as aws:
        addresses = (
            {"SpotifyApiUrl": spotify.api_url, "SpotifyAccountsUrl": spotify.accounts_url} if spotify else {}
        )
        outputs = aws.deploy(
            TEMPLATE,
            stack_name=STACK_NAME,
            parameters={
                "AlertEmail": "none",
                "ScheduleState": "DISABLED",
                **addresses,
                **(parameters or {}),
            },
        )
        _keep_salt(aws, lake / SALT_FILE)
        stack = Stack(aws, outputs)
        if spotify:
            stack.put_secret(spotify.secret)
        yield stack


def _keep_salt(aws: LocalAws, path: Path) -> None:
    """Keep the salt with the lake, as AWS keeps its secret: another salt would change every user's hash."""
    secrets = aws.client("secretsmanager")
    resource = aws.client("cloudformation").describe_stack_resource(
        StackName=STACK_NAME, LogicalResourceId="PrivacySalt"
    )
    arn = resource["StackResourceDetail"]["PhysicalResourceId"]
    if path.exists():
        secrets.put_secret_value(SecretId=arn, SecretString=path.read_text(encoding="utf-8"))
        return
    unfinished = path.with_suffix(".tmp")
    unfinished.touch(mode=0o600)
    unfinished.write_text(secrets.get_secret_value(SecretId=arn)["SecretString"], encoding="utf-8")
    unfinished.replace(path)
