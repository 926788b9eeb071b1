"""The fetch: Spotify's records, whole, into the raw zone; resumable, and sparing with calls."""
