"""`airflow-k8s.yml` as plain values, with the line of every key; it knows no key's meaning."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kairflow.errors import Code, Diagnostic
from kairflow.ir.validation import json_path

if TYPE_CHECKING:
    from yaml import Node, SafeLoader

Path = tuple[int | str, ...]
"""Keys and list positions that lead to a value."""


Fault = tuple[Path, Diagnostic]
"""A mistake and the key that it is about; whoever has the files adds the place."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file, parsed."""

    name: str
    """The file as the user would name it."""
    tree: dict[str, Any]
    lines: dict[Path, int]
    """Where each key and list item stands, counted from 1."""

    def place(self, path: Sequence[int | str]) -> tuple[int, str]:
        """Return how much of the path the file has, and the file with the line of that part."""
        known = next(n for n in range(len(path), -1, -1) if n == 0 or tuple(path[:n]) in self.lines)
        line = self.lines.get(tuple(path[:known]))
        return known, self.name if line is None else f"{self.name}:{line}"


def place_in(files: Sequence[ConfigFile], path: Sequence[int | str]) -> str:
    """Spell the place of a key: the first file that has most of the path, its line, the path."""
    known = max((file.place(path)[0] for file in files), default=0)
    places = [place for depth, place in (file.place(path) for file in files) if depth == known]
    return f"{places[0]}: {json_path(path, '')}" if places else ""


def parse_file(name: str, text: str) -> ConfigFile | Diagnostic:
    """Parse a file as YAML 1.1 without dates, and refuse a key that stands twice."""
    import yaml

    loader = _make_loader(text)
    try:
        node = loader.get_single_node()
        tree = {} if node is None else loader.construct_document(node)
        lines = {} if node is None else dict(_find_lines(node))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _syntax_error(name, error)
    finally:
        loader.dispose()
    if tree is None:
        tree = {}
    if isinstance(tree, dict):
        return ConfigFile(name, tree, lines)
    message = f"expected a mapping, found {type(tree).__name__}"
    return Diagnostic(Code.CONFIG_SYNTAX, message, name, "start the file with run_config:")


def _syntax_error(name: str, error: Exception) -> Diagnostic:
    mark = getattr(error, "problem_mark", None)
    where = name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"
    reason = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Diagnostic(Code.CONFIG_SYNTAX, f"not valid YAML: {reason}", where)


def _make_loader(text: str) -> SafeLoader:
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
            _refuse_repetition(node)
            return super().construct_mapping(node, deep=deep)

        def construct_scalar(self, node: Any) -> Any:
            """Refuse the one character that a quoted text can spell and nothing later can hold."""
            if "\0" in node.value:
                problem = "a text holds a NUL character"
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
            return super().construct_scalar(node)

    # As in OmegaConf, a date stays text: the models read it.
    Loader.yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader(text)


def _refuse_repetition(node: Any) -> None:
    import yaml

    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge"):
            continue
        if key.value in seen:
            problem = f"key {key.value!r} stands twice in one mapping"
            raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        seen.add(key.value)


def _find_lines(node: Node, path: Path = ()) -> Iterator[tuple[Path, int]]:
    import yaml

    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            yield below, key.start_mark.line + 1
            yield from _find_lines(value, below)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line + 1
            yield from _find_lines(item, (*path, index))
