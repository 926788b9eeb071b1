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
