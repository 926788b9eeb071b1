"""A function is null when an argument is, unless Trino says that it takes null."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from infra.local.athena.checking.signatures import Signature, signatures
from infra.local.athena.errors import QueryRefused
from infra.local.athena.types import Type
from tests.conformance.generate import TYPES, Generator
from tests.conformance.generate_forms import NOT_GENERATED, bound, is_generated
from tests.unit.infra.local.athena.lakes import Analyst

_ATTEMPTS = 12


@pytest.mark.parametrize(
    "name", sorted(name for name, found in signatures().items() if found[0].kind == "scalar")
)
def test_a_null_argument_makes_the_result_null(analyst: Analyst, name: str) -> None:
    wrong: list[str] = []
    for signature in signatures()[name]:
        if name not in NOT_GENERATED and is_generated(name, signature):
            wrong += _wrong_calls(analyst, signature)
    assert wrong == []


def _wrong_calls(analyst: Analyst, signature: Signature) -> Iterator[str]:
    """Give the calls that have a value although an argument is null."""
    generator, random = Generator(Random(1)), Random(1)
    for _ in range(_ATTEMPTS):
        types: dict[str, Type] = {}
        for variable_name, variable in signature.type_variables.items():
            types[variable_name] = random.choice([each for each in TYPES if variable.allows(each)])
        kinds = [bound(each, types) for each in signature.arguments]
        calls = generator.arguments(signature, types)
        if _value(analyst, signature.name, calls, None) is None:
            continue  # it fails, or is null anyway
        takes_null = signature.takes_null + (False,) * len(calls)
        for place, kind in enumerate(kinds):
            if not takes_null[place] and kind.base != "function":
                columns = [*calls[:place], "n", *calls[place + 1 :]]
                if _value(analyst, signature.name, columns, generator.exact(kind)) is not None:
                    yield f"{signature.name}({', '.join(columns)}) with n {kind}"
        return


def _value(analyst: Analyst, name: str, arguments: list[str], null: str | None) -> object:
    source = f" FROM (VALUES CAST(NULL AS {null})) AS t(n)" if null else ""
    try:
        return analyst.rows(f"SELECT {name}({', '.join(arguments)}){source}")[0][0]
    except QueryRefused:
        return None
