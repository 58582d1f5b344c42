"""The catalog's configuration as `Dataset`s: kinds, addresses, patterns; no dataset is built.

Credentials are moved out of the way first, so none are needed; only their names are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.export.dataset_type import Keeper, find_keeper, name_of
from kairflow.export.uri import find_uri
from kairflow.ir.graph import base_name
from kairflow.ir.model import Dataset, DatasetKind

_CREDENTIALS = "credentials"
_TYPE_HINT = "if the entry only serves as a YAML anchor, let its name start with an underscore"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalog says of one dataset."""

    config: Mapping[str, Any]
    pattern: str | None
    credentials: tuple[str, ...]


class Catalog:
    """The catalog's entries and patterns, matched by Kedro's own resolver."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = {str(name): entry for name, entry in config.items()}
        sound = {name: entry for name, entry in self._config.items() if isinstance(entry, dict)}
        self._credentials = {
            name: tuple(sorted(set(_credential_names(entry)))) for name, entry in sound.items()
        }
        self._entries = {name: _without_credentials(entry) for name, entry in sound.items()}
        self._patterns = {name: entry for name, entry in self._entries.items() if "{" in name}
        self.faults = tuple(self._find_faults())
        """Why Kedro would refuse the whole catalog, whichever datasets a run uses."""
        self._resolver = None if self.faults else _make_resolver(self._entries)

    def find(self, name: str) -> Entry | None:
        """Return what the catalog says of a dataset, or None when it neither names nor matches it.

        What only Kedro's runtime default would match is not in the catalog.
        """
        if name in self._entries and name not in self._patterns:
            return Entry(self._entries[name], None, self._credentials[name])
        if self._resolver is None:
            return None
        pattern = _match(self._resolver, name)
        if pattern not in self._patterns:
            return None
        resolved = self._resolver.resolve_pattern(name)
        return Entry(resolved, pattern, self._credentials[pattern])

    def _find_faults(self) -> Iterator[Diagnostic]:
        for name, entry in self._config.items():
            if not isinstance(entry, dict):
                message = f"expected a mapping, found {type(entry).__name__}"
                yield _fault(name, message, _TYPE_HINT)
            elif name in self._patterns:
                yield from _resolver_faults({name: self._patterns[name]}, name)
            elif name_of(entry.get("type")) is None:
                yield _fault(name, "the entry has no type", _TYPE_HINT)
        yield from _resolver_faults({name: {} for name in self._patterns}, "")


def describe_datasets(
    names: Iterable[str], catalog: Catalog
) -> tuple[dict[str, Dataset], tuple[Diagnostic, ...]]:
    """Return every named dataset, and what is wrong with the catalog or strange about a type.

    Parameters are datasets too. With a fault in the diagnostics the datasets are incomplete.
    """
    datasets, diagnostics = {}, list(catalog.faults)
    for name in sorted(set(names)):
        if is_parameter(name):
            datasets[name] = Dataset(kind=DatasetKind.PARAMETERS, base=name)
            continue
        entry = catalog.find(name)
        if entry is None:
            datasets[name] = Dataset(kind=DatasetKind.MEMORY, base=base_name(name))
            continue
        diagnostics += _check_type(name, entry)
        datasets[name] = _describe(name, entry)
    return datasets, tuple(dict.fromkeys(diagnostics))


def is_parameter(name: str) -> bool:
    """Tell whether a dataset is a parameter, as Kedro does: by its name."""
    return name == "parameters" or name.startswith("params:")


def holds_data(entry: Entry | None) -> bool:
    """Tell whether a dataset in memory has its content in the catalog, so that nobody makes it."""
    return entry is not None and entry.config.get("data") is not None


def _describe(name: str, entry: Entry) -> Dataset:
    config, versioned = entry.config, bool(entry.config.get("versioned", False))
    dataset_type = name_of(config.get("type"))
    kept = config
    while (keeper := _keeper_of(kept)) is Keeper.CACHE:
        kept = _wrapped(kept)
        versioned = versioned or bool(kept.get("versioned", False))
    kind = DatasetKind.MEMORY if keeper is Keeper.MEMORY else DatasetKind.PERSISTENT
    return Dataset(
        kind=kind,
        base=base_name(name),
        type=dataset_type,
        uri=find_uri(kept),
        versioned=versioned,
        pattern=entry.pattern,
        credentials=entry.credentials,
    )


def _keeper_of(config: Mapping[str, Any]) -> Keeper:
    dataset_type = name_of(config.get("type"))
    return Keeper.UNKNOWN if dataset_type is None else find_keeper(dataset_type)


def _wrapped(config: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = config.get("dataset")
    if isinstance(inner, dict):
        return inner
    return {"type": inner}


def _check_type(name: str, entry: Entry) -> Iterator[Diagnostic]:
    dataset_type = name_of(entry.config.get("type"))
    if dataset_type is None:
        yield _fault(entry.pattern or name, "the entry has no type", _TYPE_HINT)
    elif find_keeper(dataset_type) is Keeper.UNKNOWN:
        message = f"type {dataset_type!r} cannot be imported here; taken for one that stores data"
        hint = "install what the project needs where it is exported, or mend the type"
        where = f"catalog > dataset {name!r}"
        yield Diagnostic(Code.DATASET_TYPE_UNKNOWN, message, where, hint, Severity.WARNING)


def _fault(name: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(Code.CATALOG_INVALID, message, f"catalog > dataset {name!r}", hint)


def _credential_names(config: Any) -> Iterator[str]:
    """Yield the names of credentials at any depth; credentials written out have no name."""
    if isinstance(config, dict):
        for key, value in config.items():
            if key == _CREDENTIALS and isinstance(value, str):
                yield value
            elif key != _CREDENTIALS:
                yield from _credential_names(value)
    elif isinstance(config, list):
        for item in config:
            yield from _credential_names(item)


def _without_credentials(config: Any) -> Any:
    if isinstance(config, dict):
        kept = {key: value for key, value in config.items() if key != _CREDENTIALS}
        return {key: _without_credentials(value) for key, value in kept.items()}
    if isinstance(config, list):
        return [_without_credentials(item) for item in config]
    return config


def _make_resolver(config: Mapping[str, Any]) -> Any:
    from kedro.io.catalog_config_resolver import CatalogConfigResolver

    return CatalogConfigResolver(dict(config), {})


def _resolver_faults(config: Mapping[str, Any], name: str) -> Iterator[Diagnostic]:
    from kedro.io import DatasetError

    try:
        _make_resolver(config)
    except DatasetError as error:
        message = " ".join(str(error).split()).rstrip(".")
        where = f"catalog > dataset {name!r}" if name else "catalog"
        yield Diagnostic(Code.CATALOG_INVALID, message, where)


def _match(resolver: Any, name: str) -> str | None:
    """Find the user's pattern that matches; Kedro's two lines ask for it in two ways."""
    matchers: tuple[Callable[[str], str | None], ...] = (
        (resolver.match_dataset_pattern, resolver.match_user_catch_all_pattern)
        if hasattr(resolver, "match_dataset_pattern")
        else (resolver.match_pattern,)
    )
    return next((found for matches in matchers if (found := matches(name)) is not None), None)
