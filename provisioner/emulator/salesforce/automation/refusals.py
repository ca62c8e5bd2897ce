"""How one row of a save is refused."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.emulator.salesforce.errors import ApiError


class SaveRefused(Exception):
    """One row cannot be saved; `errors` say why."""

    def __init__(self, errors: Sequence[ApiError]) -> None:
        super().__init__("; ".join(f"{error.code}: {error.message}" for error in errors))
        self.errors = list(errors)
