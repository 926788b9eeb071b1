"""Reads and writes JSON secrets in Secrets Manager."""

from __future__ import annotations

import json
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from common.errors import LakeError


class SecretUnusable(LakeError):
    """A secret is missing, unreadable or not a JSON object. The message never contains its value."""

    def __init__(self, arn: str, problem: str) -> None:
        self.arn = arn
        super().__init__(f"The secret '{arn}' {problem}.")


class SecretsClient(Protocol):
    """The calls of Secrets Manager that are used."""

    def get_secret_value(self, *, SecretId: str) -> Any:  # noqa: N803
        """Read a secret's current value."""

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> Any:  # noqa: N803
        """Store a secret's next value."""


def read_json_secret(client: SecretsClient, arn: str) -> dict[str, Any]:
    """Return a secret's JSON object.

    Raises:
        SecretUnusable: it is missing, access is denied, or it is not a JSON object.
    """
    try:
        text = client.get_secret_value(SecretId=arn).get("SecretString")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        is_missing = code == "ResourceNotFoundException"
        problem = "does not exist or has no value yet" if is_missing else f"cannot be read ({code})"
        raise SecretUnusable(arn, problem) from error
    except BotoCoreError as error:
        raise SecretUnusable(arn, f"cannot be read ({type(error).__name__})") from error
    try:
        body = json.loads(text or "")
    except ValueError:
        raise SecretUnusable(arn, "is not JSON") from None  # the decoder's message contains the value
    if not isinstance(body, dict):
        raise SecretUnusable(arn, "is JSON but not an object")
    return body


def write_json_secret(client: SecretsClient, arn: str, body: dict[str, Any]) -> None:
    """Store a JSON object as the secret's next value.

    Raises:
        SecretUnusable: it cannot be written.
    """
    try:
        client.put_secret_value(SecretId=arn, SecretString=json.dumps(body))
    except (ClientError, BotoCoreError) as error:
        reason = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise SecretUnusable(arn, f"cannot be written ({reason})") from error
