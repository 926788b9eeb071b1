"""Turns a day's raw Spotify records into the lake's tables."""
