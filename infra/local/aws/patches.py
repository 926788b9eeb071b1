"""Replacing parts of moto, and putting them back.

A seam may be installed many times in one process (each `LocalAws` installs all of them), so a replacement is
always made from moto's own original, never from an earlier replacement.
"""

import inspect
from typing import Any

_ABSENT = object()  # the original of an attribute that moto does not have

# (owner, attribute) -> moto's own value. The owner is kept alive by the entry, so its id() stays its own.
_originals: dict[tuple[int, str], tuple[Any, Any]] = {}


def original(owner: Any, name: str) -> Any:
    """Moto's own value of an attribute, whether or not it is replaced at the moment.

    Args:
        owner: the module or class that holds the attribute.
        name: the attribute.

    Raises:
        AttributeError: this version of moto has no such attribute: the seam no longer fits.
    """
    remembered = _originals.get((id(owner), name))
    value = remembered[1] if remembered else inspect.getattr_static(owner, name)
    return value.__func__ if isinstance(value, staticmethod | classmethod) else value


def replace(owner: Any, name: str, value: Any) -> None:
    """Put `value` in the place of moto's own attribute until `restore_all`.

    Raises:
        AttributeError: this version of moto has no such attribute: the seam no longer fits.
    """
    _originals.setdefault((id(owner), name), (owner, inspect.getattr_static(owner, name)))
    setattr(owner, name, value)


def add(owner: Any, name: str, value: Any) -> None:
    """Give moto an attribute that it lacks until `restore_all`.

    Raises:
        AttributeError: this version of moto has the attribute: the seam is no longer needed.
    """
    if (id(owner), name) not in _originals:
        if hasattr(owner, name):
            message = f"moto's {owner.__name__} has its own {name} now: remove the seam that adds it"
            raise AttributeError(message)
        _originals[id(owner), name] = (owner, _ABSENT)
    setattr(owner, name, value)


def restore_all() -> None:
    """Put every replaced attribute back, and remove every added one."""
    while _originals:
        (_, name), (owner, value) = _originals.popitem()
        if value is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, value)
