"""The meaning of source nodes: the `ast` tree that their text must parse to.

It shares no code with the printer, so that the two can be compared.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.nodes import ParameterKind

_OPERATORS: dict[str, Any] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
    "|": ast.BitOr,
    ">>": ast.RShift,
    "<<": ast.LShift,
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "is": ast.Is,
    "is not": ast.IsNot,
    "in": ast.In,
    "not in": ast.NotIn,
    "or": ast.Or,
    "and": ast.And,
}
_LOAD = ast.Load()


def value(constant: Any) -> ast.expr:
    if isinstance(constant, list | tuple):
        return ast.List([value(item) for item in constant], _LOAD)
    if isinstance(constant, dict):
        return ast.Dict(
            [ast.Constant(key) for key in constant], list(map(value, constant.values()))
        )
    if type(constant) in (int, float) and repr(constant).startswith("-"):
        return ast.UnaryOp(ast.USub(), ast.Constant(-constant))
    return ast.Constant(constant)


def expression(node: Any) -> Any:
    match node:
        case nodes.Literal(constant):
            return value(constant)
        case nodes.TextBlock(lines):
            return ast.Constant("".join(lines))
        case nodes.Name(name):
            return ast.Name(name, _LOAD)
        case nodes.Attribute(owner, name):
            return ast.Attribute(expression(owner), name, _LOAD)
        case nodes.Starred(inner):
            return ast.Starred(expression(inner), _LOAD)
        case nodes.Call(func, args, kwargs):
            return ast.Call(expression(func), each(args), list(map(keyword, kwargs)))
        case nodes.ListDisplay(items):
            return ast.List(each(items), _LOAD)
        case nodes.DictDisplay(items):
            return mapping(items)
        case nodes.Subscript(owner, (index,)):
            return ast.Subscript(expression(owner), expression(index), _LOAD)
        case nodes.Slice(lower, upper):
            return ast.Slice(optional(lower), optional(upper))
        case nodes.Subscript(owner, indices):
            return ast.Subscript(expression(owner), ast.Tuple(each(indices), _LOAD), _LOAD)
        case nodes.BinaryOp(left, operator, right):
            return ast.BinOp(expression(left), _OPERATORS[operator](), expression(right))
        case nodes.Compare(left, operator, right):
            return ast.Compare(expression(left), [_OPERATORS[operator]()], [expression(right)])
        case nodes.BoolOp(operator, values):
            return ast.BoolOp(_OPERATORS[operator](), each(values))
        case nodes.Not(inner):
            return ast.UnaryOp(ast.Not(), expression(inner))
        case nodes.Minus(inner):
            return ast.UnaryOp(ast.USub(), expression(inner))
        case nodes.TupleDisplay(items):
            return ast.Tuple(each(items), _LOAD)
        case nodes.Dots():
            return ast.Constant(...)
        case nodes.Conditional(test, inner, orelse):
            return ast.IfExp(expression(test), expression(inner), expression(orelse))
        case nodes.FormattedText(lines):
            return ast.JoinedStr(list(formatted([part for line in lines for part in line])))
        case _:
            return comprehension(node)


def comprehension(node: Any) -> ast.expr:
    match node:
        case nodes.ListComprehension(element, clause):
            return ast.ListComp(expression(element), [loop(clause)])
        case nodes.DictComprehension(key, inner, clause):
            return ast.DictComp(expression(key), expression(inner), [loop(clause)])
        case nodes.Generator(element, clause):
            return ast.GeneratorExp(expression(element), [loop(clause)])
    raise AssertionError(node)


def loop(clause: Any) -> ast.comprehension:
    target = loop_target(clause.targets)
    return ast.comprehension(target, expression(clause.iterable), each(clause.conditions), 0)


def formatted(parts: list[Any]) -> Iterator[ast.expr]:
    for is_text, group in groupby(parts, key=lambda part: isinstance(part, str)):
        if is_text:
            yield ast.Constant("".join(group))
        else:
            for part in group:
                conversion = ord("r") if part.shows_repr else -1
                yield ast.FormattedValue(expression(part.value), conversion)


def each(items: Any) -> list[Any]:
    return [expression(item) for item in items]


def optional(node: Any) -> Any:
    return None if node is None else expression(node)


def keyword(node: Any) -> ast.keyword:
    name = node.name if isinstance(node, nodes.Keyword) else None
    return ast.keyword(name, expression(node.value))


def mapping(items: Any) -> ast.Dict:
    pairs = [
        (None, expression(item.value))
        if isinstance(item, nodes.StarStar)
        else (expression(item[0]), expression(item[1]))
        for item in items
    ]
    return ast.Dict([key for key, _ in pairs], [inner for _, inner in pairs])


def statement(node: Any, indent: int) -> ast.stmt:
    match node:
        case nodes.Pass():
            return ast.Pass()
        case nodes.Break():
            return ast.Break()
        case nodes.Continue():
            return ast.Continue()
        case nodes.Declare(target, annotation):
            return ast.AnnAssign(assigned(target), expression(annotation), None, 1)
        case nodes.AugAssign(target, inner):
            return ast.AugAssign(assigned(target), ast.Add(), expression(inner))
        case nodes.Assign(target, inner, None):
            return ast.Assign([assigned(target)], expression(inner))
        case nodes.Assign(target, inner, annotation):
            simple = int(isinstance(target, nodes.Name))
            return ast.AnnAssign(
                assigned(target), expression(annotation), expression(inner), simple
            )
        case nodes.ExprStatement(inner):
            return ast.Expr(expression(inner))
        case nodes.Return(inner):
            return ast.Return(optional(inner))
        case nodes.Raise(error, cause):
            return ast.Raise(optional(error), optional(cause))
        case _:
            return compound(node, indent)


def assigned(target: Any) -> Any:
    if isinstance(target, tuple):
        return loop_target(target)
    found = expression(target)
    found.ctx = ast.Store()
    return found


def compound(node: Any, indent: int) -> ast.stmt:
    deeper = indent + 4
    match node:
        case nodes.With(items, inner):
            return ast.With([context(item) for item in items], body(inner, deeper))
        case nodes.If(test, inner, orelse):
            nested = len(orelse) == 1 and isinstance(orelse[0], nodes.If)
            return ast.If(
                expression(test), body(inner, deeper), body(orelse, indent if nested else deeper)
            )
        case nodes.While(test, inner):
            return ast.While(expression(test), body(inner, deeper), [])
        case nodes.For(targets, iterable, inner):
            return ast.For(loop_target(targets), expression(iterable), body(inner, deeper), [])
        case nodes.Try(inner, handlers, orelse, final):
            caught = [handler(item, deeper) for item in handlers]
            return ast.Try(body(inner, deeper), caught, body(orelse, deeper), body(final, deeper))
        case nodes.FunctionDef():
            return function(node, deeper)
        case nodes.ClassDef():
            return class_(node, deeper)
    raise AssertionError(node)


def context(item: Any) -> ast.withitem:
    target = None if item.target is None else ast.Name(item.target.id, ast.Store())
    return ast.withitem(expression(item.context), target)


def loop_target(targets: Any) -> ast.expr:
    names: list[ast.expr] = [ast.Name(target.id, ast.Store()) for target in targets]
    return names[0] if len(names) == 1 else ast.Tuple(names, ast.Store())


def handler(item: Any, indent: int) -> ast.ExceptHandler:
    errors = each(item.errors)
    caught = errors[0] if len(errors) == 1 else ast.Tuple(errors, _LOAD) if errors else None
    return ast.ExceptHandler(caught, item.name, body(item.body, indent))


def function(node: Any, indent: int) -> ast.FunctionDef:
    kinds = {kind: [p for p in node.parameters if p.kind is kind] for kind in ParameterKind}
    positional, keywords = kinds[ParameterKind.POSITIONAL], kinds[ParameterKind.KEYWORD]
    collected = [arg(p) for p in kinds[ParameterKind.ARGS]] + [None]
    rest = [arg(p) for p in kinds[ParameterKind.KWARGS]] + [None]
    arguments = ast.arguments(
        posonlyargs=[],
        args=[arg(p) for p in positional],
        vararg=collected[0],
        kwonlyargs=[arg(p) for p in keywords],
        kw_defaults=[optional(p.default) for p in keywords],
        kwarg=rest[0],
        defaults=[expression(p.default) for p in positional if p.default is not None],
    )
    return ast.FunctionDef(
        name=node.name,
        args=arguments,
        body=documented(node, indent),
        decorator_list=each(node.decorators),
        returns=optional(node.returns),
        **type_parameters(),
    )


def arg(parameter: Any) -> ast.arg:
    return ast.arg(parameter.name, optional(parameter.annotation))


def class_(node: Any, indent: int) -> ast.ClassDef:
    return ast.ClassDef(
        name=node.name,
        bases=each(node.bases),
        keywords=list(map(keyword, node.keywords)),
        body=documented(node, indent),
        decorator_list=each(node.decorators),
        **type_parameters(),
    )


def type_parameters() -> dict[str, Any]:
    return {"type_params": []} if "type_params" in ast.ClassDef._fields else {}


def documented(node: Any, indent: int) -> list[ast.stmt]:
    if node.docstring is None:
        return body(node.body, indent)
    first, *rest = node.docstring.split("\n")
    lines = [first, *(" " * indent + line if line else "" for line in rest)]
    closing = ["\n" + " " * indent] if rest else []
    docstring = ast.Expr(ast.Constant("\n".join(lines) + "".join(closing)))
    return [docstring, *body(node.body, indent)]


def body(items: Any, indent: int) -> list[ast.stmt]:
    seen = [item for item in items if not isinstance(item, nodes.Comment | nodes.BlankLine)]
    return [statement(item, indent) for item in seen]


def module(node: nodes.Module) -> ast.Module:
    """Leave the imports out: their order is the printer's to choose."""
    return ast.Module(body(node.body, 0), [])
