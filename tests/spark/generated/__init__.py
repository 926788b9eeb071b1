"""Generated days for the Glue job: catalogs with all of Spotify's oddities, many of them in one run.

`catalogs` draws them, `layout` lays them out as runs and objects, `comparison` runs the job on them and
compares the tables with `tests.spark.reference`, and `simplify` reduces a failing one.
"""
