"""The sources: where playlists, and lists that are read like playlists, come from.

A further source is one module here and one line in `registry`; docs/develop.md has an example.
"""
