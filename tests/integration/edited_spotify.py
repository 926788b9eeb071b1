"""The local Spotify with its answers edited: for what the real one does and no fault plan can play."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any, TypeAlias

from infra.local.spotify_api import SpotifyApi
from infra.local.spotify_api.http import Answer, Request

JsonObject: TypeAlias = dict[str, Any]
Edit: TypeAlias = Callable[[Request, JsonObject], None]


def leave_alone(request: Request, body: JsonObject) -> None:
    """No edit."""


class EditedSpotify(SpotifyApi):
    """Shows each true answer's body to `edit`, which may change it in place, before it is sent."""

    edit: Edit = staticmethod(leave_alone)

    def _true_answer(self, request: Request, *others: Any) -> Answer:
        answer = super()._true_answer(request, *others)
        if answer.status != 200 or not request.path.startswith("/v1/"):
            return answer
        body = json.loads(answer.body)
        self.edit(request, body)
        return dataclasses.replace(answer, body=json.dumps(body).encode())
