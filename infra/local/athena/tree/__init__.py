"""The typed tree of a query: names are resolved, expressions have types, and every conversion is a `Cast`.

Relations have aliases that are unique in the statement (`r1`), and their columns are called `c0`, `c1`, ...
So an expression of any depth names a column without regard to scopes. Two expressions are equal when they
mean the same, wherever they stand in the statement.
"""

from __future__ import annotations

from infra.local.athena.tree.expressions import (
    TRUE,
    Aggregate,
    Bound,
    Call,
    Cast,
    Column,
    Constant,
    Exists,
    Expression,
    Grouping,
    Lambda,
    Parameter,
    Quantified,
    ScalarQuery,
    SortKey,
    Window,
)
from infra.local.athena.tree.queries import (
    CommonTable,
    Derived,
    Grouped,
    Join,
    Query,
    Relation,
    Select,
    SetOperation,
    TableScan,
    Unnest,
    Values,
    With,
)
from infra.local.athena.tree.walking import (
    rewrite,
    walk,
)

__all__ = [
    "TRUE",
    "Aggregate",
    "Bound",
    "Call",
    "Cast",
    "Column",
    "CommonTable",
    "Constant",
    "Derived",
    "Exists",
    "Expression",
    "Grouped",
    "Grouping",
    "Join",
    "Lambda",
    "Parameter",
    "Quantified",
    "Query",
    "Relation",
    "ScalarQuery",
    "Select",
    "SetOperation",
    "SortKey",
    "TableScan",
    "Unnest",
    "Values",
    "Window",
    "With",
    "rewrite",
    "walk",
]
