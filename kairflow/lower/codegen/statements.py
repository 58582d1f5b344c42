"""Write statements and the blank lines between them; expressions are written by `values`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kairflow.errors import InternalError
from kairflow.lower.codegen import statement_nodes as nodes
from kairflow.lower.codegen.blank_lines import opens_definition, spaced, starts_with_definition
from kairflow.lower.codegen.comments import comment_text
from kairflow.lower.codegen.definitions import write_class_header, write_function_header
from kairflow.lower.codegen.expression_nodes import Expression, Minus, Name, Not
from kairflow.lower.codegen.expressions import expression, inline
from kairflow.lower.codegen.parentheses import Need, need
from kairflow.lower.codegen.pieces import (
    INDENT,
    Brackets,
    Canvas,
    Piece,
    Run,
    Text,
    write,
    write_flat,
)
from kairflow.lower.codegen.values import write_bare, write_returned, write_statement, write_value
from kairflow.lower.codegen.with_items import write_with_items


def write_statements(body: nodes.Body, canvas: Canvas, indent: int) -> None:
    """Write `body` where the canvas stands; there is no line break after the last statement."""
    for position, (blank_lines, statement) in enumerate(spaced(body, top_level=indent == 0)):
        if position:
            canvas.new_line(indent, blank_lines)
        _write(statement, canvas, indent)


def _write(statement: nodes.Statement, canvas: Canvas, indent: int) -> None:
    try:
        writer = _WRITERS[type(statement)]
    except KeyError:
        raise InternalError(f"not a statement node: {type(statement).__name__}") from None
    writer(statement, canvas, indent)


def _block(body: nodes.Body, canvas: Canvas, indent: int) -> None:
    canvas.write(":")
    canvas.new_line(indent + INDENT, blank_lines=int(starts_with_definition(body)))
    write_statements(body, canvas, indent + INDENT)


def _clause(keyword: str, body: nodes.Body, canvas: Canvas, indent: int) -> None:
    if body:
        canvas.new_line(indent)
        canvas.write(keyword)
        _block(body, canvas, indent)


def _comment(node: nodes.Comment, canvas: Canvas, indent: int) -> None:
    canvas.write(comment_text(node.text))


def _pass(node: nodes.Pass, canvas: Canvas, indent: int) -> None:
    canvas.write("pass")


def _break(node: nodes.Break, canvas: Canvas, indent: int) -> None:
    canvas.write("break")


def _continue(node: nodes.Continue, canvas: Canvas, indent: int) -> None:
    canvas.write("continue")


def _assign(node: nodes.Assign, canvas: Canvas, indent: int) -> None:
    if node.annotation is not None:
        write_flat(expression(node.target), canvas)  # type: ignore[arg-type]
        canvas.write(": ")
        breakable = _left_side(expression(node.annotation), node.value, canvas)
        canvas.write(" = ")
        write_value(node.value, canvas, indent, eager=breakable)
        return
    breakable = _left_side(_target(node.target), node.value, canvas)
    canvas.write(" = ")
    write_value(node.value, canvas, indent, eager=breakable)


def _declare(node: nodes.Declare, canvas: Canvas, indent: int) -> None:
    write_flat(Run((expression(node.target), Text(": "), expression(node.annotation))), canvas)
    if not canvas.fits(0):
        raise InternalError("an annotation is too wide")


def _aug_assign(node: nodes.AugAssign, canvas: Canvas, indent: int) -> None:
    breakable = _left_side(_target(node.target), node.value, canvas)
    canvas.write(" += ")
    write_value(node.value, canvas, indent, eager=breakable)


def _target(target: nodes.Target | tuple[Name, ...]) -> Piece:
    if not isinstance(target, tuple):
        return inline(expression(target))
    return Brackets("", tuple(map(expression, target)), "")


def _left_side(left: Piece, value: Expression, canvas: Canvas) -> bool:
    equals = len(" += ")
    write_flat(left, canvas)
    # A formatter would break the left side rather than such a value: that is not worth supporting.
    stubborn = isinstance(value, Not | Minus) or not canvas.fits(equals + len("("))
    if left.breaks and stubborn and not canvas.fits(equals + expression(value).width):
        raise InternalError("an annotation or a target leaves no room for its value")
    return left.breaks


def _expression(node: nodes.ExprStatement, canvas: Canvas, indent: int) -> None:
    write_statement(node.value, canvas, indent)


def _return(node: nodes.Return, canvas: Canvas, indent: int) -> None:
    canvas.write("return" if node.value is None else "return ")
    if node.value is not None:
        write_returned(node.value, canvas, indent)


def _raise(node: nodes.Raise, canvas: Canvas, indent: int) -> None:
    if node.error is None:
        canvas.write("raise")
        return
    parts = () if node.cause is None else (Text(" from "), expression(node.cause))
    cause = Run(parts)
    canvas.write("raise ")
    write_bare(node.error, canvas, indent, trailing=cause.width)
    write_flat(cause, canvas)


def _with(node: nodes.With, canvas: Canvas, indent: int) -> None:
    canvas.write("with ")
    write_with_items(node.items, canvas, indent)
    _block(node.body, canvas, indent)


def _if(node: nodes.If, canvas: Canvas, indent: int, keyword: str = "if ") -> None:
    canvas.write(keyword)
    write_value(node.test, canvas, indent, trailing=1)
    _block(node.body, canvas, indent)
    if len(node.orelse) == 1 and isinstance(node.orelse[0], nodes.If):
        canvas.new_line(indent)
        _if(node.orelse[0], canvas, indent, "elif ")
    else:
        _clause("else", node.orelse, canvas, indent)


def _for(node: nodes.For, canvas: Canvas, indent: int) -> None:
    canvas.write(f"for {', '.join(target.id for target in node.targets)} in ")
    iterable = expression(node.iterable)
    # A formatter would break the line between the variables: that is not worth supporting.
    bare = need(node.iterable) in (Need.IF_IT_HELPS, Need.NEVER)
    if bare and not canvas.fits(Run((iterable, Text(":"))).lead):
        raise InternalError("the variables of a loop leave no room for its iterable")
    write_value(node.iterable, canvas, indent, trailing=1)
    _block(node.body, canvas, indent)


def _while(node: nodes.While, canvas: Canvas, indent: int) -> None:
    canvas.write("while ")
    write_value(node.test, canvas, indent, trailing=1)
    _block(node.body, canvas, indent)


def _try(node: nodes.Try, canvas: Canvas, indent: int) -> None:
    canvas.write("try")
    _block(node.body, canvas, indent)
    for handler in node.handlers:
        canvas.new_line(indent)
        _write_handler(handler, canvas, indent)
        _block(handler.body, canvas, indent)
    _clause("else", node.orelse, canvas, indent)
    _clause("finally", node.finalbody, canvas, indent)


def _write_handler(handler: nodes.Handler, canvas: Canvas, indent: int) -> None:
    canvas.write("except")
    if not handler.errors:
        return
    name = "" if handler.name is None else f" as {handler.name}"
    canvas.write(" ")
    if len(handler.errors) == 1:
        write_value(handler.errors[0], canvas, indent, trailing=len(name) + 1)
    else:
        errors: tuple[Piece, ...] = tuple(map(expression, handler.errors))
        write(Brackets("(", errors, ")"), canvas, indent, trailing=len(name) + 1)
    canvas.write(name)


def _function(node: nodes.FunctionDef, canvas: Canvas, indent: int) -> None:
    _decorators(node.decorators, canvas, indent)
    write_function_header(node, canvas, indent)
    canvas.new_line(indent + INDENT)
    _documented_body(node, canvas, indent + INDENT)


def _class(node: nodes.ClassDef, canvas: Canvas, indent: int) -> None:
    _decorators(node.decorators, canvas, indent)
    write_class_header(node, canvas, indent)
    canvas.new_line(indent + INDENT)
    _documented_body(node, canvas, indent + INDENT)


def _decorators(decorators: tuple[Expression, ...], canvas: Canvas, indent: int) -> None:
    for decorator in decorators:
        canvas.write("@")
        write_bare(decorator, canvas, indent)
        canvas.new_line(indent)


def _documented_body(node: nodes.FunctionDef | nodes.ClassDef, canvas: Canvas, indent: int) -> None:
    if node.docstring is not None:
        _write_docstring(node.docstring, canvas, indent)
    visible = any(not isinstance(item, nodes.BlankLine) for item in node.body)
    if not visible:
        return
    if node.docstring is not None:
        opens = isinstance(node, nodes.ClassDef) or opens_definition(node.body)
        canvas.new_line(indent, blank_lines=int(opens))
    write_statements(node.body, canvas, indent)


def _write_docstring(docstring: str, canvas: Canvas, indent: int) -> None:
    first, *rest = docstring.split("\n")
    canvas.write(f'"""{first}')
    for line in rest:
        canvas.new_line(indent if line else 0)
        canvas.write(line)
    if rest:
        canvas.new_line(indent)
    canvas.write('"""')


_WRITERS: dict[type, Callable[[Any, Canvas, int], None]] = {
    nodes.Assign: _assign,
    nodes.AugAssign: _aug_assign,
    nodes.Break: _break,
    nodes.ClassDef: _class,
    nodes.Comment: _comment,
    nodes.Continue: _continue,
    nodes.Declare: _declare,
    nodes.ExprStatement: _expression,
    nodes.For: _for,
    nodes.FunctionDef: _function,
    nodes.If: _if,
    nodes.Pass: _pass,
    nodes.Raise: _raise,
    nodes.Return: _return,
    nodes.Try: _try,
    nodes.While: _while,
    nodes.With: _with,
}
