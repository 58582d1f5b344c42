"""Find one of our own modules and read it without running it: its tree, comments and strings."""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.abc import InspectLoader

from kairflow.errors import InternalError
from kairflow.lower.codegen.comments import comment_text
from kairflow.lower.codegen.identifiers import check_dotted

Place = tuple[int, int]
"""A line, counted from 1, and a column in characters, counted from 0."""

_ORDER = re.compile(r"#\s*(?:noqa|nosec|type:|ruff:|mypy:|pylint:|pyright:|pragma:|fmt:)")
_FORMAT_START = getattr(tokenize, "FSTRING_START", None)
_FORMAT_END = getattr(tokenize, "FSTRING_END", None)


@dataclass(frozen=True, slots=True)
class StringPiece:
    """One string literal as it was written; several of them may make one constant."""

    start: Place
    end: Place
    text: str


@dataclass(frozen=True, slots=True)
class LineComment:
    """A comment that has a line to itself."""

    column: int
    text: str


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """What a module says; comments are found by their line."""

    name: str
    tree: ast.Module
    lines: tuple[str, ...]
    comments: Mapping[int, LineComment]
    strings: tuple[StringPiece, ...]

    def strings_of(self, node: ast.expr) -> list[StringPiece]:
        """List the literals that `node`, a constant or an f-string, was written as."""
        start = self._place(node.lineno, node.col_offset)
        end = self._place(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return [piece for piece in self.strings if start <= piece.start and piece.end <= end]

    def is_blank(self, line: int) -> bool:
        """Say whether nothing stands on a line, counted from 1."""
        return not self.lines[line - 1].strip()

    def _place(self, line: int, offset: int) -> Place:
        # `ast` counts bytes where `tokenize` counts characters.
        return (line, len(self.lines[line - 1].encode()[:offset].decode()))


def located(module: str, line: int, problem: object) -> InternalError:
    """Say where in a module something stands that has no place in a DAG file."""
    return InternalError(f"{module}, line {line}: {problem}")


def read_module(name: str) -> ModuleSource:
    """Read an installed module; only the packages above it are imported."""
    text = _text_of(name)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    return ModuleSource(
        name,
        ast.parse(text),
        tuple(text.split("\n")),
        dict(_comments(name, tokens)),
        tuple(_strings(text.split("\n"), tokens)),
    )


def _text_of(name: str) -> str:
    check_dotted(name)
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        spec = None
    loader = spec.loader if spec is not None else None
    text = loader.get_source(name) if isinstance(loader, InspectLoader) else None
    if text is None:
        raise InternalError(f"the source of the module {name} is not installed")
    return text


def _comments(
    module: str, tokens: Iterable[tokenize.TokenInfo]
) -> Iterator[tuple[int, LineComment]]:
    for token in tokens:
        if token.type != tokenize.COMMENT or _ORDER.match(token.string):
            continue
        line, column = token.start
        if token.line[:column].strip():
            raise located(module, line, "a comment needs a line of its own")
        text = token.string.removeprefix("#").removeprefix(" ")
        if comment_text(text) != f"# {text}".rstrip(" "):
            raise located(module, line, f"a comment that cannot be kept as it is: {text}")
        yield line, LineComment(column, text)


def _strings(lines: list[str], tokens: Iterable[tokenize.TokenInfo]) -> Iterator[StringPiece]:
    # Before Python 3.12 an f-string is one token, from then on it is many.
    starts: list[Place] = []
    for token in tokens:
        if token.type == tokenize.STRING and not starts:
            yield StringPiece(token.start, token.end, token.string)
        elif token.type == _FORMAT_START:
            starts.append(token.start)
        elif token.type == _FORMAT_END:
            start = starts.pop()
            if not starts:
                yield StringPiece(start, token.end, _between(lines, start, token.end))


def _between(lines: list[str], start: Place, end: Place) -> str:
    taken = lines[start[0] - 1 : end[0]]
    taken[-1] = taken[-1][: end[1]]
    taken[0] = taken[0][start[1] :]
    return "\n".join(taken)
