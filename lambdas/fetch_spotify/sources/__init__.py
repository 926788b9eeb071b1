"""Where playlists come from. A further source is one module here and one line in `registry`."""
