"""Spotify's side of the fetch: HTTP transport, authorization, client, and the shapes of its answers."""
