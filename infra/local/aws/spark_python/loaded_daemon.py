"""The process that Spark's Python workers are forked from, with what all of them need loaded.

Spark runs it as a module, so its folder is on the Python path of the JVM, and nothing else is in that folder.
"""

import numpy as np  # noqa: F401
import pandas as pd  # noqa: F401
import pyarrow.parquet  # noqa: F401
from pyspark.daemon import manager

if __name__ == "__main__":
    manager()  # type: ignore[no-untyped-call]
