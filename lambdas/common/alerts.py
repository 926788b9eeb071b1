"""Alerts: short messages to the stack's topic."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any, Final, Protocol

_LONGEST_SUBJECT: Final = 100


class SnsClient(Protocol):
    """The call of SNS that is used."""

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> Any:  # noqa: N803
        """Publish a message to a topic."""


def send_alert(sns: SnsClient, name: str, message: str) -> None:
    """Send an alert to the topic `ALERT_TOPIC_ARN`; its subject is the name of what happened."""
    sns.publish(
        TopicArn=os.environ["ALERT_TOPIC_ARN"],
        Subject=f"spotify-lake: {name}"[:_LONGEST_SUBJECT],
        Message=message,
    )


def utc_text(moment: dt.datetime) -> str:
    """Return a time in UTC, as alerts write it."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
