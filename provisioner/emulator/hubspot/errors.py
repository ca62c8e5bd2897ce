"""How the portal says no: the vendor's error body, and a refusal of what the emulator does not model."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """One refused call. `errors` are details `{message, code?, in?, context?}`; `empty` answers without a body.

    Body shape: [docs] reference/hubspot.md 1.4.
    """

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        sub: str | None = None,
        errors: Sequence[Json] = (),
        context: Mapping[str, list[str]] | None = None,
        empty: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.sub = sub
        self.errors = list(errors)
        self.context = dict(context or {})
        self.empty = empty

    def body(self) -> Json:
        body: Json = {"status": "error", "message": self.message, "correlationId": str(uuid.uuid4())}
        if self.errors:
            body["errors"] = self.errors
        if self.context:
            body["context"] = self.context
        body["category"] = self.category
        if self.sub:
            body["subCategory"] = self.sub
        return body

    def in_batch(self) -> Json:
        """The same as one entry of a partly failed batch; all of these keys are required there. [spec]"""
        return {
            "status": "error",
            "category": self.category,
            "message": self.message,
            "context": self.context,
            "errors": self.errors,
            "links": {},
        } | ({"subCategory": {"name": self.sub}} if self.sub else {})


def invalid(message: str, *, sub: str | None = None, errors: Sequence[Json] = ()) -> ApiError:
    return ApiError(400, "VALIDATION_ERROR", message, sub=sub, errors=errors)


def missing(message: str) -> ApiError:
    return ApiError(404, "OBJECT_NOT_FOUND", message)


def unmodelled(what: str) -> ApiError:
    """The emulator's own refusal: nothing is silently ignored."""
    return ApiError(501, "NOT_IMPLEMENTED_BY_EMULATOR", f"The emulator does not model {what}.")
