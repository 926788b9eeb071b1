"""A reference implementation of the Glue job in plain Python, from raw lines to the rows of every table.

It shares only the contract (`tables.py`, `raw_zone.py`) with the job, so that the two can be compared.
`day.normalised` is the entry point.
"""
