from __future__ import annotations

import pytest

from common.console import console_url


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "eu-central-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_china_and_govcloud_have_consoles_of_their_own(region: str, host: str) -> None:
    assert console_url(region, "s3/home") == f"https://{host}/s3/home"
