"""The rules of the Glue job once more, in slow and plain Python: raw lines in, the rows of every table out.

It shares nothing with the job but the contract's names (`tables.py`, `raw_zone.py`), so that the two can be
held against each other: `day.normalised` is where to begin.
"""
