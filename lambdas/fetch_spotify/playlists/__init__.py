"""Playlists, lists that are read like playlists, and the sources that name them.

To add a source, add a module here and a line in `registry`; docs/develop.md has an example.
"""
