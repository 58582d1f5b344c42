"""What is wrong with an object, and the answers that a Kubernetes API server gives to mistakes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

Json = dict[str, Any]


class RefusalError(Exception):
    """A request that is answered with a `Status` of failure."""

    def __init__(self, code: int, reason: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.status: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "details": details,
            "code": code,
        }


def bad_request(message: str) -> RefusalError:
    return RefusalError(400, "BadRequest", message)


def not_found(resource: str, name: str) -> RefusalError:
    return RefusalError(404, "NotFound", f'{resource} "{name}" not found', name=name, kind=resource)


def already_exists(resource: str, name: str, prefix: str = "") -> RefusalError:
    message = f'{prefix}{resource} "{name}" already exists'
    return RefusalError(409, "AlreadyExists", message, name=name, kind=resource)


class Findings:
    """Collects the mistakes of one object, each with the field that it is in."""

    def __init__(self) -> None:
        self.causes: list[dict[str, str]] = []

    def _add(self, reason: str, field: str, message: str) -> None:
        self.causes.append({"reason": reason, "message": message, "field": field})

    def required(self, field: str, message: str = "") -> None:
        self._add("FieldValueRequired", field, f"Required value{message and f': {message}'}")

    def invalid(self, field: str, value: object, message: str) -> None:
        self._add("FieldValueInvalid", field, f"Invalid value: {value!r}: {message}")

    def forbidden(self, field: str, message: str) -> None:
        self._add("FieldValueForbidden", field, f"Forbidden: {message}")

    def duplicate(self, field: str, value: object) -> None:
        self._add("FieldValueDuplicate", field, f"Duplicate value: {value!r}")

    def missing(self, field: str, value: object) -> None:
        self._add("FieldValueNotFound", field, f"Not found: {value!r}")

    def one_of(self, field: str, value: object, allowed: Collection[object]) -> None:
        if value not in allowed:
            names = ", ".join(f'"{name}"' for name in allowed)
            message = f"Unsupported value: {value!r}: supported values: {names}"
            self._add("FieldValueNotSupported", field, message)

    def text(
        self, field: str, value: object, problem: Callable[[str], str], *, optional: bool = False
    ) -> None:
        """Hold a string to a syntax; an empty one is missing unless it may be."""
        if not value:
            if not optional:
                self.required(field)
        elif message := problem(str(value)):
            self.invalid(field, value, message)

    def number(self, field: str, value: int | None, low: int, high: int = 2**31 - 1) -> None:
        if value is not None and not low <= value <= high:
            self.invalid(field, value, f"must be between {low} and {high}, inclusive")

    def unique(self, field: str, values: list[Any]) -> None:
        for index, value in enumerate(values):
            if value in values[:index]:
                self.duplicate(field.format(index), value)

    def refuse(self, kind: str, name: str) -> None:
        """Answer 422, as soon as anything is wrong."""
        if self.causes:
            listed = [f"{cause['field']}: {cause['message']}" for cause in self.causes]
            all_of_them = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
            message = f'{kind} "{name}" is invalid: {all_of_them}'
            raise RefusalError(422, "Invalid", message, name=name, kind=kind, causes=self.causes)
