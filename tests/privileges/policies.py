"""What roles may call, what they do call, and the differences between the two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar


class Call(NamedTuple):
    """A call of an API.

    Attributes:
        role: the name of the role that calls.
        action: the IAM action that the call needs, such as `s3:GetObject`.
        resource: the ARN of what the call is about; `*` if the action cannot be limited to a resource. It may
            end in `*` if the call is about everything that begins with the rest.
    """

    role: str
    action: str
    resource: str


class Grant(NamedTuple):
    """One action that a role may call on one resource; both may have the wildcards `*` and `?`."""

    role: str
    action: str
    resource: str

    def allows(self, call: Call) -> bool:
        """Return whether the call is one of those that are allowed."""
        return (
            self.role == call.role
            and _pattern(self.action.lower()).fullmatch(call.action.lower()) is not None
            and _pattern(self.resource).fullmatch(call.resource) is not None
        )


_T = TypeVar("_T", Call, Grant)


class Differences(NamedTuple):
    """Where calls and grants disagree, as sorted lines; both are empty if every role has what it needs.

    Attributes:
        not_allowed: what is called and not allowed.
        never_called: what is allowed and never called.
    """

    not_allowed: list[str]
    never_called: list[str]


def compare(calls: Iterable[Call], grants: Iterable[Grant]) -> Differences:
    """Compare what is called with what is allowed, in both directions."""
    called, granted = _by_role(calls), _by_role(grants)
    not_allowed, never_called = [], []
    for role in called.keys() | granted.keys():
        of_role, allowed = called.get(role, set()), granted.get(role, set())
        not_allowed += [call for call in of_role if not any(grant.allows(call) for grant in allowed)]
        never_called += [grant for grant in allowed if not any(grant.allows(call) for call in of_role)]
    return Differences(sorted(map(_line, not_allowed)), sorted(map(_line, never_called)))


def grants_of(role: str, policy: Mapping[str, Any]) -> Iterator[Grant]:
    """Return each pair of an action and a resource that a policy document allows.

    Pairs that exist on no service are among them, such as `s3:GetObject` on a bucket without a key: no call
    needs them, so the statement has to be split.

    Raises:
        ValueError: a statement cannot be read as a list of pairs: it denies, or has NotAction or NotResource.
    """
    for statement in _as_list(policy["Statement"]):
        if statement["Effect"] != "Allow" or not {"Action", "Resource"} <= statement.keys():
            message = (
                f"{role}: only statements that allow an Action on a Resource can be compared: {statement}"
            )
            raise ValueError(message)
        for action in _as_list(statement["Action"]):
            for resource in _as_list(statement["Resource"]):
                yield Grant(role, action, resource)


def _by_role(each: Iterable[_T]) -> dict[str, set[_T]]:
    found: dict[str, set[_T]] = {}
    for one in each:
        found.setdefault(one.role, set()).add(one)
    return found


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _line(each: Call | Grant) -> str:
    return f"{each.role}: {each.action} on {each.resource}"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """IAM's wildcards: `*` is any text, slashes and colons included, and `?` any character."""
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(letter) or re.escape(letter) for letter in text), re.DOTALL)
