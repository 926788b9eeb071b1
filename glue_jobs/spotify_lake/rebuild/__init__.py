"""Rebuilds of days from the raw zone, and of some of their tables."""
