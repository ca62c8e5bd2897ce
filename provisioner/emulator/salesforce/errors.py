"""What the emulated org answers when it refuses, and what it answers to a save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


class ApiError(Exception):
    """One refusal in the vendor's shape: `[{"message", "errorCode", "fields"}]` with an HTTP status. [docs] 8.3"""

    def __init__(self, code: str, message: str, fields: Sequence[str] = (), status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = tuple(fields)
        self.status = status

    def to_json(self) -> dict[str, Any]:
        """The entry of a REST error list."""
        answer: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        return answer | {"fields": list(self.fields)} if self.fields else answer

    def to_save_error(self) -> dict[str, Any]:
        """The entry of `errors` in a save result, where the code is called statusCode."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}


def not_modelled(what: str) -> ApiError:
    """The emulator's own refusal: whatever it does not model, it names."""
    return ApiError("NOT_IMPLEMENTED_BY_EMULATOR", f"The emulator does not model {what}.", status=501)


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    return ApiError("NOT_FOUND", message, status=404)


@dataclass(frozen=True)
class SaveResult:
    """The outcome of one row of a save. `id` is None when an insert failed."""

    id: str | None
    success: bool
    created: bool = False
    errors: list[ApiError] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As in collections: `{"id", "success", "errors"}`."""
        errors = [error.to_save_error() for error in self.errors]
        return ({"id": self.id} if self.id else {}) | {"success": self.success, "errors": errors}
