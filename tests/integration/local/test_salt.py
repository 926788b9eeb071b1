"""The salt of a local lake is the lake's: every stack over it gives a user the same hash."""

from __future__ import annotations

import stat
from pathlib import Path

from infra.local.stack import SALT_FILE, Stack, open_stack


def salt_of(stack: Stack) -> str:
    secrets = stack.aws.client("secretsmanager")
    (arn,) = [
        secret["ARN"] for secret in secrets.list_secrets()["SecretList"] if "PrivacySalt" in secret["Name"]
    ]
    return str(secrets.get_secret_value(SecretId=arn)["SecretString"])


def test_two_stacks_over_one_lake_have_one_salt_that_only_its_owner_can_read(tmp_path: Path) -> None:
    lake, other = tmp_path / "lake", tmp_path / "other"
    with open_stack(lake) as stack:
        first = salt_of(stack)
    with open_stack(lake) as stack:
        assert salt_of(stack) == first
    with open_stack(other) as stack:
        assert salt_of(stack) != first
    assert stat.S_IMODE((lake / SALT_FILE).stat().st_mode) == 0o600
