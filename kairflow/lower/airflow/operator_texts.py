"""Python text that a class of the project wrote: one call, or imports, and nothing else.

The text is parsed and never run; whatever else stands in it is refused with its place. Comments are
no part of a parsed text, so they are dropped.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes as n
from kairflow.lower.codegen.foreign_expressions import RefusedExpression, read_foreign

_BLANK = " \t\r\n\f"
_LINE_END = re.compile(r"\r\n|\r|\n")
_EXCERPT = 60
_LONGEST = 100_000
"""Python 3.10 crashes on text that nests deeply enough, which takes far more characters."""

_WANTED = "expected one call of an operator, such as BashOperator(bash_command='…')"
_WANTED_IMPORTS = "expected import statements and nothing else"
_PLAIN = "write calls, names, attributes, operators, text, numbers, lists, tuples and mappings"


class RefusedText(Exception):  # noqa: N818  it is no error of this program's
    """What is wrong with a text, with the place, counted from 1, and what to do."""

    def __init__(self, message: str, line: int, column: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = f"line {line}, column {column}"
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Written:
    """A text without the blanks around it; `line` and `column` say where it begins."""

    content: str
    line: int = 0
    column: int = 0

    def refusal(self, message: str, node: ast.AST, hint: str = "") -> RefusedText:
        """Return the error that says what stands at a node, with an excerpt."""
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        shown = _LINE_END.split(self.content)[line - 1]
        # `ast` counts bytes.
        column = len(shown.encode()[:offset].decode(errors="ignore")) + 1
        return self.refusal_at(f"{message} in `{_cut(shown.strip())}`", line, column, hint)

    def refusal_at(self, message: str, line: int, column: int, hint: str = "") -> RefusedText:
        """Return the error for a place within the content."""
        shift = self.column if line == 1 else 0
        return RefusedText(message, self.line + line, shift + column, hint)


@dataclass(frozen=True, slots=True)
class OperatorText:
    """The call of an operator, parsed, and the same as a source node; `dag=dag` is left out."""

    text: Written
    tree: ast.Call
    call: n.Call

    def free_names(self) -> Iterator[ast.Name]:
        """Yield every name that somebody else must define."""
        return _free_names(self.tree, frozenset())

    def keyword(self, name: str) -> ast.expr | None:
        """Return the value of a keyword argument; None when it is not given."""
        return next((each.value for each in self.tree.keywords if each.arg == name), None)


def parse_operator(written: str) -> OperatorText:
    """Read a text that is one call.

    Raises:
        RefusedText: it is anything else, or holds what no DAG file of ours can say.
    """
    text = _stripped(written)
    tree = _expression(text)
    if not isinstance(tree, ast.Call):
        raise text.refusal(f"found no call but {_kind(tree)}", tree, _WANTED)
    if not _is_dotted(tree.func):
        hint = "call the operator itself; setups, teardowns and edges are Kairflow's business"
        raise text.refusal("found a call of something that is no name", tree, hint)
    _check_keywords(text, tree)
    tree.keywords = [each for each in tree.keywords if each.arg != "dag"]
    try:
        call = read_foreign(tree)
    except RefusedExpression as error:
        raise text.refusal(f"found {error.construct}", error.node, _PLAIN) from error
    if not isinstance(call, n.Call):
        raise InternalError(f"a call became {call!r}")
    return OperatorText(text, tree, call)


def parse_imports(written: str) -> tuple[n.ImportStatement, ...]:
    """Read a text that has import statements only.

    Raises:
        RefusedText: it has anything else, or imports that depend on the place of the file.
    """
    content = textwrap.dedent(written)
    text = Written(content, column=_margin(written) - _margin(content))
    statements = _module(text).body
    return tuple(node for statement in statements for node in _imports_of(text, statement))


def bound_name(statement: n.ImportStatement) -> str:
    """Return the name that an import defines."""
    if statement.asname is not None:
        return statement.asname
    return statement.name if isinstance(statement, n.ImportFrom) else _top(statement.module)


def _top(module: str) -> str:
    return module.partition(".")[0]


def _stripped(written: str) -> Written:
    content = written.lstrip(_BLANK)
    before = _LINE_END.split(written[: len(written) - len(content)])
    return Written(content.rstrip(_BLANK), len(before) - 1, len(before[-1]))


def _margin(text: str) -> int:
    first = next((line for line in text.split("\n") if line.strip()), "")
    return len(first) - len(first.lstrip())


def _expression(text: Written) -> ast.expr:
    try:
        tree = _parsed(text, "eval")
    except RefusedText as refusal:
        raise _better(refusal, text) from None
    if not isinstance(tree, ast.Expression):
        raise InternalError(f"an expression became {tree!r}")
    return tree.body


def _better(refusal: RefusedText, text: Written) -> RefusedText:
    """Say of text that is Python, but no expression, what it is."""
    try:
        statements = _module(text).body
    except RefusedText:
        return refusal
    if len(statements) > 1:
        return text.refusal(f"found {len(statements)} statements", statements[1], _WANTED)
    if statements and not isinstance(statements[0], ast.Expr):
        return text.refusal("found a statement", statements[0], _WANTED)
    return refusal


def _module(text: Written) -> ast.Module:
    tree = _parsed(text, "exec")
    if not isinstance(tree, ast.Module):
        raise InternalError(f"a module became {tree!r}")
    return tree


def _parsed(text: Written, mode: Literal["eval", "exec"]) -> ast.AST:
    if len(text.content) > _LONGEST:
        message = f"found {len(text.content)} characters, expected at most {_LONGEST}"
        raise text.refusal_at(message, 1, 1, "have the operator read a file")
    try:
        with warnings.catch_warnings():
            # About escapes in strings, for instance: Python says it again where the text is from.
            warnings.simplefilter("ignore")
            return ast.parse(text.content, mode=mode)
    except SyntaxError as error:
        raise _syntax_refusal(text, error) from error
    except (RecursionError, MemoryError) as error:
        message = "found more levels of nesting than can be read"
        raise text.refusal_at(message, 1, 1, "write it flatter") from error
    except ValueError as error:
        raise text.refusal_at(f"found no Python: {error}", 1, 1, _WANTED) from error


def _syntax_refusal(text: Written, error: SyntaxError) -> RefusedText:
    lines = _LINE_END.split(text.content)
    line = min(max(error.lineno or 1, 1), len(lines))
    message = f"found no Python but `{_cut(lines[line - 1].strip())}`: {error.msg}"
    return text.refusal_at(message, line, max(error.offset or 1, 1), "mend the text")


def _check_keywords(text: Written, tree: ast.Call) -> None:
    for each in tree.keywords:
        if each.arg == "dag" and not (isinstance(each.value, ast.Name) and each.value.id == "dag"):
            hint = "leave it out: every task belongs to the DAG of the file"
            raise text.refusal("found an argument `dag`", each, hint)
        if each.arg == "task_id" and not _is_text(each.value):
            hint = "write the id as plain text, or leave it out to get the group's"
            raise text.refusal("found a task_id that is no plain text", each.value, hint)
        if each.arg is None and isinstance(each.value, ast.Dict):
            keys = [key.value for key in each.value.keys if isinstance(key, ast.Constant)]
            if "task_id" in keys or "dag" in keys:
                hint = "write it as an argument of its own"
                raise text.refusal("found a task_id or dag behind two stars", each.value, hint)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _kind(node: ast.expr) -> str:
    return f"`{type(node).__name__}`"


def _imports_of(text: Written, statement: ast.stmt) -> Iterator[n.ImportStatement]:
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        raise text.refusal("found no import", statement, _WANTED_IMPORTS)
    module = "" if isinstance(statement, ast.Import) else statement.module or ""
    if isinstance(statement, ast.ImportFrom) and statement.level:
        hint = "name the whole module: a DAG file lies in no package"
        raise text.refusal("found a relative import", statement, hint)
    if module == "__future__":
        raise text.refusal("found an import from `__future__`", statement, "leave it out")
    for alias in statement.names:
        if alias.name == "*":
            raise text.refusal("found a star", statement, "name what the operators need")
        try:
            yield (
                n.ImportFrom(module, alias.name, alias.asname)
                if module
                else n.Import(alias.name, alias.asname)
            )
        except InternalError as error:
            raise text.refusal(f"found {error}", statement, _WANTED_IMPORTS) from error


def _free_names(node: ast.AST, bound: frozenset[str]) -> Iterator[ast.Name]:
    if isinstance(node, ast.Name):
        if node.id not in bound:
            yield node
        return
    if isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp):
        # The first iterable is looked up outside; the others are refused with their loops.
        yield from _free_names(node.generators[0].iter, bound)
        targets = (each for loop in node.generators for each in ast.walk(loop.target))
        bound |= {each.id for each in targets if isinstance(each, ast.Name)}
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.comprehension):
            yield from _free_names(child, bound)
            continue
        for condition in child.ifs:
            yield from _free_names(condition, bound)


def _cut(text: str) -> str:
    return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"
