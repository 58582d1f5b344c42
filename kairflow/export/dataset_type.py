"""Whether a dataset's class keeps its data in memory, told from the type's name where possible.

Only a class that neither Kedro nor kedro-datasets has is imported; no dataset is ever built.
"""

from __future__ import annotations

import importlib
import importlib.util
from enum import Enum
from functools import cache
from pathlib import Path


class Keeper(str, Enum):
    """What a dataset's class does with the data."""

    MEMORY = "memory"
    CACHE = "cache"
    """It keeps a copy in memory, and passes everything on to the dataset that it wraps."""
    STORE = "store"
    UNKNOWN = "unknown"
    """The class cannot be imported here."""


_IN_KEDRO_IO = {
    "MemoryDataset": ("kedro.io.memory_dataset", Keeper.MEMORY),
    "SharedMemoryDataset": ("kedro.io.shared_memory_dataset", Keeper.MEMORY),
    "CachedDataset": ("kedro.io.cached_dataset", Keeper.CACHE),
}
_KNOWN = {
    f"{prefix}{name}": keeper
    for name, (module, keeper) in _IN_KEDRO_IO.items()
    for prefix in ("", "kedro.io.", f"{module}.", f"{module.removeprefix('kedro.io.')}.")
}
_OFFICIAL = ("kedro", "kedro_datasets", "kedro_datasets_experimental")


def find_keeper(dataset_type: str) -> Keeper:
    """Classify a type as the catalog spells it."""
    known = _KNOWN.get(dataset_type)
    if known is not None:
        return known
    if _is_official(dataset_type):
        return Keeper.STORE
    return _classify(_import_class(dataset_type))


def name_of(dataset_type: object) -> str | None:
    """Spell a type, which a resolver may give as the class itself; None when it is neither."""
    if isinstance(dataset_type, type):
        return f"{dataset_type.__module__}.{dataset_type.__qualname__}"
    return dataset_type if isinstance(dataset_type, str) and dataset_type else None


def _is_official(dataset_type: str) -> bool:
    first, *rest = dataset_type.split(".")
    return first in _OFFICIAL or not rest or first in _kedro_datasets()


@cache
def _kedro_datasets() -> frozenset[str]:
    """List kedro-datasets' packages by folder, since importing them may take seconds."""
    found = importlib.util.find_spec("kedro_datasets")
    folders = found.submodule_search_locations if found is not None else None
    return frozenset(path.name for folder in folders or () for path in Path(folder).iterdir())


def _import_class(dataset_type: str) -> type | None:
    module, _, name = dataset_type.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except (Exception, SystemExit):  # noqa: BLE001  it may be anybody's code
        return None
    return found if isinstance(found, type) else None


def _classify(found: type | None) -> Keeper:
    if found is None:
        return Keeper.UNKNOWN
    ancestors = [_KNOWN.get(f"{a.__module__}.{a.__qualname__}") for a in found.__mro__]
    if Keeper.MEMORY in ancestors or getattr(found, "_EPHEMERAL", False) is True:
        return Keeper.MEMORY
    return Keeper.CACHE if Keeper.CACHE in ancestors else Keeper.STORE
