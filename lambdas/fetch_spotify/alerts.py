"""Alerts of the fetch about what does not end its run."""

from __future__ import annotations

import dataclasses
import datetime as dt

from botocore.exceptions import BotoCoreError, ClientError

from common.alerts import SnsClient, send_alert, utc_text
from common.console import execution_url
from common.observability import logger
from fetch_spotify.clock import Clock
from fetch_spotify.errors import authorize_command
from fetch_spotify.storage.run_state import RunState

TOKEN_NOT_STORED = "RefreshTokenNotStored"  # noqa: S105 - an alert's name


@dataclasses.dataclass(frozen=True)
class Alerts:
    """The alerts of one run.

    Attributes:
        sns: None where there is no topic.
        execution_arn: the run's execution.
        state: the state of the run, which has the alerts that earlier invocations sent.
    """

    sns: SnsClient | None
    execution_arn: str
    state: RunState
    clock: Clock

    def token_not_stored(self, reason: str) -> None:
        """Send an alert, once per run: the next run may not be able to log in."""
        message = (
            "Spotify replaced the refresh token, and the new one could not be stored. This run goes on."
            " The next one may find the old token refused.",
            "",
            f"Reason: {reason}",
            "",
            "What to do first: Check that the function FetchSpotify may write the secret. Then run"
            f" `{authorize_command()}` before the next run.",
            "",
            f"Since: {utc_text(dt.datetime.fromtimestamp(self.clock.now(), dt.UTC))}",
            f"Console: {execution_url(self.execution_arn) if self.execution_arn else 'none'}",
        )
        self._send_once(TOKEN_NOT_STORED, "\n".join(message))

    def _send_once(self, name: str, message: str) -> None:
        if self.sns is None or name in self.state.alerts:
            return
        try:
            send_alert(self.sns, name, message)
        except (ClientError, BotoCoreError):  # the run has a valid token, and its data matters more
            logger.exception("the alert could not be sent")
        else:
            self.state.alerts.append(name)
