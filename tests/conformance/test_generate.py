from __future__ import annotations

from collections import Counter
from random import Random

from infra.local.athena.checking.signatures import signatures
from tests.conformance.generate import HELD_OUT, Generator, generated, split_held_out
from tests.conformance.generate_forms import FORMS, NOT_GENERATED
from tests.conformance.generate_values import CHOICES, LITERALS


def test_a_seed_gives_the_same_statements_each_time() -> None:
    assert generated(1, 50) == generated(1, 50)
    assert generated(1, 50) != generated(2, 50)


def test_statements_are_different() -> None:
    assert max(Counter(each.sql for each in generated(1, 300)).values()) == 1


def test_the_held_out_statements_are_not_among_the_others() -> None:
    statements = generated(1, HELD_OUT + 100)
    seen, held_out = split_held_out(statements)
    assert len(held_out) == HELD_OUT
    assert sorted(each.sql for each in (*seen, *held_out)) == sorted(each.sql for each in statements)


def test_every_function_and_form_occurs() -> None:
    generator = Generator(Random(1))
    for _ in range(3000):
        generator.statement()
    functions = {name for name, overloads in signatures().items() if overloads[0].kind == "scalar"}
    assert functions - NOT_GENERATED - generator.used.keys() == set()
    assert {form for _, form in FORMS} - generator.used.keys() == set()


def test_choices_do_not_have_the_names_of_types() -> None:
    assert CHOICES.keys() & LITERALS.keys() == set()
