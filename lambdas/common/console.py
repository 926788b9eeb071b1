"""Addresses in the AWS console."""

from __future__ import annotations

from typing import Final

_HOST: Final = "console.aws.amazon.com"
# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
_OTHER_HOSTS: Final = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def console_url(region: str, path: str) -> str:
    """Return the address of a page in the console of a region; China and GovCloud have their own."""
    host = next((host for prefix, host in _OTHER_HOSTS.items() if region.startswith(prefix)), _HOST)
    return f"https://{region}.{host}/{path}"


def execution_url(execution_arn: str) -> str:
    """Return the address of an execution's page."""
    region = execution_arn.split(":")[3]
    return console_url(region, f"states/home?region={region}#/v2/executions/details/{execution_arn}")


def state_machine_url(state_machine_arn: str) -> str:
    """Return the address of the list of a state machine's executions."""
    region = state_machine_arn.split(":")[3]
    return console_url(region, f"states/home?region={region}#/statemachines/view/{state_machine_arn}")
