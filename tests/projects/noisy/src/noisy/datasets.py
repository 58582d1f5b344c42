"""A dataset that cannot even be built."""

from typing import Any, NoReturn

from kedro.io import AbstractDataset


class ExplosiveDataset(AbstractDataset):
    """Raises on instantiation."""

    def __init__(self, filepath: str) -> None:
        raise RuntimeError(f"built a dataset for {filepath}")

    def _load(self) -> NoReturn:
        raise NotImplementedError

    def _save(self, data: Any) -> NoReturn:
        raise NotImplementedError

    def _describe(self) -> dict[str, Any]:
        return {}
