"""JSONata as Step Functions evaluates it.

Step Functions ends a state with `States.QueryEvaluationError` when an expression fails or yields nothing. The
library returns None for nothing as well as for null, so they are distinguished here.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from jsonata import Jsonata
from jsonata.utils import Utils

_EXPRESSION: Final = re.compile(r"\{%(.*)%\}", re.DOTALL)


class ExpressionFailed(ValueError):
    """An expression fails, or yields nothing.

    Attributes:
        expression: the JSONata, without its `{% %}`.
        reason: what is wrong.
    """

    def __init__(self, expression: str, reason: str) -> None:
        self.expression = expression
        self.reason = reason
        super().__init__(f"The JSONata expression '{expression}' {reason}")


def expression_in(value: Any) -> str | None:
    """Return the JSONata of a text such as `{% $a %}`; None for any other value."""
    match = _EXPRESSION.fullmatch(value) if isinstance(value, str) else None
    return match[1].strip() if match else None


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """Evaluate an expression.

    Args:
        expression: the JSONata, without its `{% %}`.
        variables: values by name, without the `$`; `states` among them.

    Returns:
        Plain JSON; None is JSON's null.

    Raises:
        ExpressionFailed: it cannot be parsed, fails, or yields nothing.
    """
    try:
        compiled = Jsonata(expression)
        compiled.set_output_convert_nulls(False)
        result = compiled.evaluate(None, {name: _bound(value) for name, value in variables.items()})
    except Exception as error:  # the library's own errors, and Python's where a function gets a wrong type
        raise ExpressionFailed(expression, f"failed: {error}") from error
    if result is None:
        raise ExpressionFailed(expression, "returned nothing (undefined).")
    try:
        return json.loads(json.dumps(result, default=_plain, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ExpressionFailed(expression, f"returned no JSON: {error}") from error


def _bound(value: Any) -> Any:
    return Utils.NULL_VALUE if value is None else value


def _plain(value: Any) -> None:
    if value is not Utils.NULL_VALUE:
        raise TypeError(f"{type(value).__name__} is not a JSON type")
