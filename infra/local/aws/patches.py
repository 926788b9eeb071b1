"""Replace parts of moto, and restore them.

Each `LocalAws` of a process installs its patches again. So a replacement is always made from moto's original,
never from an earlier replacement.
"""

import inspect
from typing import Any

_ABSENT = object()  # the original of an attribute that moto does not have

# (owner, attribute) -> moto's own value. The owner is kept alive by the entry, so its id() stays its own.
_originals: dict[tuple[int, str], tuple[Any, Any]] = {}


def original(owner: Any, name: str) -> Any:
    """Return moto's own value of an attribute, whether or not it is replaced now.

    Args:
        owner: the module or class that holds the attribute.
        name: the attribute.

    Raises:
        AttributeError: this version of moto has no such attribute: the patch no longer fits.
    """
    remembered = _originals.get((id(owner), name))
    value = remembered[1] if remembered else inspect.getattr_static(owner, name)
    return value.__func__ if isinstance(value, staticmethod | classmethod) else value


def replace(owner: Any, name: str, value: Any) -> None:
    """Replace an attribute of moto until `restore_all`.

    Raises:
        AttributeError: this version of moto has no such attribute: the patch no longer fits.
    """
    _originals.setdefault((id(owner), name), (owner, inspect.getattr_static(owner, name)))
    setattr(owner, name, value)


def add(owner: Any, name: str, value: Any) -> None:
    """Add an attribute that moto lacks, until `restore_all`.

    Raises:
        AttributeError: this version of moto has the attribute: the patch is no longer needed.
    """
    if (id(owner), name) not in _originals:
        if hasattr(owner, name):
            message = f"moto's {owner.__name__} has its own {name} now: remove the patch that adds it"
            raise AttributeError(message)
        _originals[id(owner), name] = (owner, _ABSENT)
    setattr(owner, name, value)


def restore_all() -> None:
    """Restore every replaced attribute, and remove every added one."""
    while _originals:
        (_, name), (owner, value) = _originals.popitem()
        if value is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, value)


class OwnStatus:
    """Mixin for a model of moto whose status is set by its work. Moto's own advances when it is read."""

    _status: str

    @property
    def status(self) -> str:
        """The state of the work."""
        return self._status

    @status.setter
    def status(self, value: str) -> None:
        self._status = value
