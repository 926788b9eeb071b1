"""PySpark's functions are looked up once."""

from __future__ import annotations

from typing import Any

from spotify_lake.marts.session import keep_lookups


class JavaSide:
    """A Java class or package that records the names that are looked up."""

    def __init__(self, looked_up: list[str]) -> None:
        self._looked_up = looked_up

    def __getattr__(self, name: str) -> Any:
        self._looked_up.append(name)
        return JavaSide(self._looked_up)


def test_a_function_is_looked_up_once() -> None:
    looked_up: list[str] = []
    jvm = JavaSide(looked_up)
    for _ in range(2):
        keep_lookups(jvm)
        first = [jvm.functions.col, jvm.functions.lit, jvm.PythonUtils.toSeq]
        again = [jvm.functions.col, jvm.functions.lit, jvm.PythonUtils.toSeq]
        assert first == again
    assert looked_up == ["functions", "org.apache.spark.sql.functions", "PythonUtils", "col", "lit", "toSeq"]
