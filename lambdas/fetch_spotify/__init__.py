"""The fetch: reads playlists from Spotify into the raw zone, resumable and within a budget of calls."""
