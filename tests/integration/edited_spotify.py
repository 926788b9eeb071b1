"""The local Spotify with edited answers: for what the real one does and no fault plan can simulate."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from werkzeug.wrappers import Request, Response

from infra.local.spotify_api import SpotifyApi
from infra.local.spotify_api.faults import FaultInjector

JsonObject: TypeAlias = dict[str, Any]
Edit: TypeAlias = Callable[[Request, JsonObject], None]


def leave_alone(request: Request, body: JsonObject) -> None:
    """No edit."""


class EditedSpotify(SpotifyApi):
    """Shows each true answer's body to `edit`, which may change it in place, before it is sent."""

    edit: Edit = staticmethod(leave_alone)

    def true_response(self, request: Request, injector: FaultInjector) -> Response:
        """The true response with its body edited."""
        response = super().true_response(request, injector)
        if response.status_code == 200 and request.path.startswith("/v1/"):
            body = json.loads(response.get_data())
            self.edit(request, body)
            response.set_data(json.dumps(body))
        return response
