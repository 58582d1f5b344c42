"""The imports that a generated program may contain, as frozen values; nothing here prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from kairflow.errors import InternalError
from kairflow.lower.codegen.identifiers import check_dotted, check_variable


@dataclass(frozen=True, slots=True)
class Import:
    """`import module` or `import module as asname`."""

    module: str
    asname: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no module name, and `__future__`, which is imported from."""
        check_dotted(self.module)
        if self.module == "__future__":
            raise InternalError("`__future__` is no module to import as a whole")
        if self.asname is not None:
            check_variable(self.asname)


@dataclass(frozen=True, slots=True)
class ImportFrom:
    """`from module import name` or `from module import name as asname`."""

    module: str
    name: str
    asname: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no module name or no name in it."""
        check_dotted(self.module)
        check_variable(self.name)
        if self.asname is not None:
            check_variable(self.asname)


ImportStatement: TypeAlias = Import | ImportFrom
