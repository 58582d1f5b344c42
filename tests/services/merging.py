"""Merge patches into objects, and flatten objects for field selectors."""

from __future__ import annotations

from typing import Any


def merged(value: Any, patch: Any) -> Any:
    """Apply a merge patch; null removes a key."""
    if not isinstance(patch, dict) or not isinstance(value, dict):
        return patch
    result = dict(value)
    for key, item in patch.items():
        if item is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key, {} if isinstance(item, dict) else None), item)
    return result


def flat(value: Any, path: str = "") -> dict[str, str]:
    """Return an object's scalars by their dotted paths."""
    if not isinstance(value, dict):
        return {path: str(value)}
    parts: dict[str, str] = {}
    for key, item in value.items():
        parts |= flat(item, f"{path}.{key}" if path else key)
    return parts
