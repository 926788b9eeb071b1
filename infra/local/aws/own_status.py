"""The state of a piece of work, kept by the work itself."""


class OwnStatus:
    """Mixed into a model of moto, whose own status advances by being looked at."""

    _status: str

    @property
    def status(self) -> str:
        """The state of the work."""
        return self._status

    @status.setter
    def status(self, value: str) -> None:
        self._status = value
