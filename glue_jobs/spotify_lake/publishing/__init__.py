"""Staging, atomic replacement of partitions, recovery, and reports."""
