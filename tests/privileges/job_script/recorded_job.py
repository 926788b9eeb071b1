"""Runs a Glue job's script and writes down its file operations.

A job's driver runs this file instead of the script, with the script's name and arguments as arguments. It
imports nothing of the project but the job's own package.

Each line of the file is a JSON array: the operation's name and the URIs that it is about.
"""

from __future__ import annotations

import functools
import inspect
import json
import runpy
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrameReader, DataFrameWriter


def main(operations: str, script: str, *arguments: str) -> None:
    """Run the script, and append its file operations to the file `operations`."""
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).parent)  # instead of this file's folder
    from spotify_lake.engine.storage import HadoopFiles

    for kind in (HadoopFiles, DataFrameReader, DataFrameWriter):
        for name, function in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                setattr(kind, name, _recorded(Path(operations), f"{kind.__name__}.{name}", function))
    runpy.run_path(script, run_name="__main__")


def _recorded(file: Path, name: str, function: Any) -> Any:
    @functools.wraps(function)
    def recorded(*arguments: Any, **named: Any) -> Any:
        uris = [each for each in _flat([*arguments[1:], *named.values()]) if str(each).startswith("s3://")]
        if uris:
            with file.open("a", encoding="utf-8") as output:
                output.write(json.dumps([name, *uris]) + "\n")
        return function(*arguments, **named)

    return recorded


def _flat(values: Any) -> Any:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from _flat(value)


if __name__ == "__main__":
    main(*sys.argv[1:])
