"""Turn the statements of a parsed module of ours into source nodes, with their comments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.expression_reading import ExpressionReader, ModuleExpressions
from kairflow.lower.codegen.module_source import ModuleSource, located
from kairflow.lower.codegen.nodes import ParameterKind

_BLOCKS = ("body", "orelse", "handlers", "finalbody")


class StatementReader:
    """Reads statements and remembers which comments it met.

    A comment belongs to the block that it is indented like; `stop` is the line, always, where what
    follows the block begins.
    """

    def __init__(self, source: ModuleSource) -> None:
        """Read from this module."""
        self.source = source
        self.expressions = ModuleExpressions(source)
        self.met: set[int] = set()

    def read(self, node: ast.stmt, stop: int) -> nodes.Statement:
        """Return the source node of a statement."""
        reader = _READERS.get(type(node))
        if reader is None:
            self.expressions.refuse(node)
        try:
            return reader(self, node, stop)
        except InternalError as error:
            if str(error).startswith(f"{self.source.name}, line "):
                raise
            raise located(self.source.name, node.lineno, error) from error

    def body(self, found: Sequence[ast.stmt], start: int, stop: int, column: int) -> nodes.Body:
        """Return the source nodes of a block that begins after the line `start`."""
        read: list[nodes.Statement] = []
        ends = [*(first_line(node) for node in found[1:]), stop]
        for node, end in zip(found, ends, strict=False):
            line = first_line(node)
            read += self.comments(start, line, column)
            if read and self.source.is_blank(line - 1):
                read.append(nodes.BlankLine())
            read.append(self.read(node, end))
            start = last_line(node)
        return (*read, *self.comments(start, stop, column))

    def comments(self, start: int, stop: int, column: int) -> Iterator[nodes.Statement]:
        """Yield the comments between two lines that are indented like their block."""
        for line in range(start + 1, stop):
            comment = self.source.comments.get(line)
            if comment is not None and comment.column == column:
                self.met.add(line)
                if self.source.is_blank(line - 1):
                    yield nodes.BlankLine()
                yield nodes.Comment(comment.text)

    def block(self, node: Any, field: str, start: int, stop: int) -> nodes.Body:
        """Return one block of a compound statement."""
        found: list[ast.stmt] = getattr(node, field)
        return self.body(found, start, stop, found[0].col_offset) if found else ()

    def documented(self, node: ast.FunctionDef | ast.ClassDef, stop: int) -> nodes.Body:
        """Return the block of a function or class without its docstring."""
        column = node.body[0].col_offset
        if ast.get_docstring(node, clean=False) is None:
            return self.body(node.body, header_end(node), stop, column)
        return self.body(node.body[1:], last_line(node.body[0]), stop, column)

    def keyword_line(self, node: ast.stmt, keyword: str, found: Sequence[ast.stmt]) -> int:
        """Find the line of `else` or `finally`, of which `ast` does not know the place."""
        opening = f"{' ' * node.col_offset}{keyword}:"
        line = first_line(found[0])
        while not self.source.lines[line - 1].startswith(opening):
            line -= 1
        return line


def first_line(node: ast.stmt) -> int:
    """Return the line where a statement begins, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def last_line(node: ast.stmt) -> int:
    """Return the line where a statement ends."""
    return node.end_lineno or node.lineno


def header_end(node: ast.stmt) -> int:
    """Return the last line of what stands before the block of a compound statement."""
    fields = (value for name, value in ast.iter_fields(node) if name not in _BLOCKS)
    values = chain.from_iterable(each if isinstance(each, list) else [each] for each in fields)
    inner = (each for value in values if isinstance(value, ast.AST) for each in ast.walk(value))
    return max(chain([node.lineno], (getattr(each, "end_lineno", 0) for each in inner)))


def _simple(node: nodes.Statement) -> Callable[..., nodes.Statement]:
    return lambda reader, found, stop: node


def _assign(reader: StatementReader, node: ast.Assign, stop: int) -> nodes.Statement:
    if len(node.targets) > 1:
        reader.expressions.refuse(node, "an assignment to several targets")
    (target,) = node.targets
    if isinstance(target, ast.Tuple):
        names = reader.expressions.names(target)
        return nodes.Assign(names, reader.expressions.read(node.value))
    return nodes.Assign(_target(reader, target), reader.expressions.read(node.value))


def _annotated(reader: StatementReader, node: ast.AnnAssign, stop: int) -> nodes.Statement:
    target, annotation = _target(reader, node.target), reader.expressions.read(node.annotation)
    if node.value is not None:
        return nodes.Assign(target, reader.expressions.read(node.value), annotation)
    if not isinstance(target, nodes.Name):
        reader.expressions.refuse(node, "an annotation of an attribute")
    return nodes.Declare(target, annotation)


def _augmented(reader: StatementReader, node: ast.AugAssign, stop: int) -> nodes.Statement:
    if not isinstance(node.op, ast.Add):
        reader.expressions.refuse(node, f"the assignment of {type(node.op).__name__}")
    return nodes.AugAssign(_target(reader, node.target), reader.expressions.read(node.value))


def _target(reader: StatementReader, node: ast.expr) -> nodes.Target:
    target = reader.expressions.read(node)
    if not isinstance(target, nodes.Name | nodes.Attribute | nodes.Subscript):
        reader.expressions.refuse(node, f"an assignment to {type(node).__name__}")
    return target


def _expression(reader: StatementReader, node: ast.Expr, stop: int) -> nodes.Statement:
    return nodes.ExprStatement(reader.expressions.read(node.value))  # type: ignore[arg-type]


def _return(reader: StatementReader, node: ast.Return, stop: int) -> nodes.Statement:
    return nodes.Return(reader.expressions.maybe(node.value))


def _raise(reader: StatementReader, node: ast.Raise, stop: int) -> nodes.Statement:
    error, cause = reader.expressions.maybe(node.exc), reader.expressions.maybe(node.cause)
    return nodes.Raise(error, cause)  # type: ignore[arg-type]


def _with(reader: StatementReader, node: ast.With, stop: int) -> nodes.Statement:
    items = tuple(
        nodes.WithItem(
            reader.expressions.read(item.context_expr),
            reader.expressions.maybe(item.optional_vars),  # type: ignore[arg-type]
        )
        for item in node.items
    )
    return nodes.With(items, reader.block(node, "body", header_end(node), stop))


def _if(reader: StatementReader, node: ast.If, stop: int) -> nodes.Statement:
    test = reader.expressions.read(node.test)
    orelse: nodes.Body = ()
    end = stop
    if _is_elif(reader, node):
        end = node.orelse[0].lineno
        orelse = (reader.read(node.orelse[0], stop),)
    elif node.orelse:
        end = reader.keyword_line(node, "else", node.orelse)
        orelse = reader.block(node, "orelse", end, stop)
    return nodes.If(test, reader.block(node, "body", header_end(node), end), orelse)


def _is_elif(reader: StatementReader, node: ast.If) -> bool:
    if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
        return False
    inner = node.orelse[0]
    return reader.source.lines[inner.lineno - 1][inner.col_offset :].startswith("elif")


def _for(reader: StatementReader, node: ast.For, stop: int) -> nodes.Statement:
    if node.orelse:
        reader.expressions.refuse(node.orelse[0], "the else of a loop")
    names, iterable = reader.expressions.names(node.target), reader.expressions.read(node.iter)
    return nodes.For(names, iterable, reader.block(node, "body", header_end(node), stop))


def _while(reader: StatementReader, node: ast.While, stop: int) -> nodes.Statement:
    if node.orelse:
        reader.expressions.refuse(node.orelse[0], "the else of a loop")
    test = reader.expressions.read(node.test)
    return nodes.While(test, reader.block(node, "body", header_end(node), stop))


def _try(reader: StatementReader, node: ast.Try, stop: int) -> nodes.Statement:
    final = reader.keyword_line(node, "finally", node.finalbody) if node.finalbody else stop
    orelse = reader.keyword_line(node, "else", node.orelse) if node.orelse else final
    lines = [*(each.lineno for each in node.handlers), orelse]
    caught = tuple(map(_handler, repeat(reader), node.handlers, lines[1:]))
    return nodes.Try(
        reader.block(node, "body", node.lineno, lines[0]),
        caught,
        reader.block(node, "orelse", orelse, final),
        reader.block(node, "finalbody", final, stop),
    )


def _handler(reader: StatementReader, node: ast.ExceptHandler, stop: int) -> nodes.Handler:
    found = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    errors = reader.expressions.each(each for each in found if each is not None)
    if not all(isinstance(error, nodes.Name | nodes.Attribute) for error in errors):
        reader.expressions.refuse(node, "an error that is no dotted name")
    start = node.lineno if node.type is None else node.type.end_lineno or node.lineno
    body = reader.block(node, "body", start, stop)
    return nodes.Handler(errors, body, node.name)  # type: ignore[arg-type]


def _function(reader: StatementReader, node: ast.FunctionDef, stop: int) -> nodes.Statement:
    _refuse_type_parameters(reader, node)
    return nodes.FunctionDef(
        node.name,
        tuple(_parameters(reader.expressions, node.args)),
        reader.documented(node, stop),
        reader.expressions.maybe(node.returns),
        ast.get_docstring(node),
        reader.expressions.each(node.decorator_list),
    )


def _parameters(reader: ExpressionReader, node: ast.arguments) -> Iterator[nodes.Parameter]:
    if node.posonlyargs:
        reader.refuse(node.posonlyargs[0], "a parameter that is positional only")
    required = len(node.args) - len(node.defaults)
    defaults = [*repeat(None, required), *node.defaults]
    groups: list[tuple[ParameterKind, list[ast.arg | None], list[ast.expr | None]]] = [
        (ParameterKind.POSITIONAL, [*node.args], [*defaults]),
        (ParameterKind.ARGS, [node.vararg], [None]),
        (ParameterKind.KEYWORD, [*node.kwonlyargs], [*node.kw_defaults]),
        (ParameterKind.KWARGS, [node.kwarg], [None]),
    ]
    for kind, found, values in groups:
        for each, value in zip(found, values, strict=True):
            if each is not None:
                annotation = reader.maybe(each.annotation)
                yield nodes.Parameter(each.arg, annotation, reader.maybe(value), kind)


def _class(reader: StatementReader, node: ast.ClassDef, stop: int) -> nodes.Statement:
    _refuse_type_parameters(reader, node)
    return nodes.ClassDef(
        node.name,
        reader.expressions.each(node.bases),
        reader.documented(node, stop),
        reader.expressions.keywords(node.keywords),
        ast.get_docstring(node),
        reader.expressions.each(node.decorator_list),
    )


def _refuse_type_parameters(reader: StatementReader, node: ast.stmt) -> None:
    if getattr(node, "type_params", None):
        reader.expressions.refuse(node, "type parameters")


_READERS: dict[type, Callable[[StatementReader, Any, int], nodes.Statement]] = {
    ast.AnnAssign: _annotated,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Break: _simple(nodes.Break()),
    ast.ClassDef: _class,
    ast.Continue: _simple(nodes.Continue()),
    ast.Expr: _expression,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.If: _if,
    ast.Pass: _simple(nodes.Pass()),
    ast.Raise: _raise,
    ast.Return: _return,
    ast.Try: _try,
    ast.While: _while,
    ast.With: _with,
}
