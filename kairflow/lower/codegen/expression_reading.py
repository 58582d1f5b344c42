"""Turn parsed expressions into source nodes, or refuse them; whose they are is for subclasses."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.module_source import ModuleSource, located

_BINARY: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitOr: "|",
    ast.RShift: ">>",
    ast.LShift: "<<",
}
_COMPARISONS: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_NO_CONVERSION, _REPR = -1, ord("r")

_Part = str | nodes.Placeholder


class ExpressionReader(ABC):
    """Reads expressions; a subclass knows how strings are split, and what a refusal is."""

    @abstractmethod
    def refuse(self, node: ast.AST, construct: str = "") -> NoReturn:
        """Raise an error that says where something stands that no source node can say."""

    @abstractmethod
    def text_lines(self, node: ast.Constant) -> Sequence[str]:
        """Return the literals that a string was written as."""

    @abstractmethod
    def format_lines(self, node: ast.JoinedStr) -> Sequence[Sequence[ast.expr]]:
        """Return the parts of the literals that an f-string was written as."""

    def read(self, node: ast.expr) -> nodes.Expression:
        """Return the source node of an expression."""
        reader = _READERS.get(type(node))
        if reader is None:
            self.refuse(node)
        return reader(self, node)

    def maybe(self, node: ast.expr | None) -> nodes.Expression | None:
        """Return the source node of an expression that may be missing."""
        return None if node is None else self.read(node)

    def each(self, found: Iterable[ast.expr]) -> tuple[nodes.Expression, ...]:
        """Return the source nodes of several expressions."""
        return tuple(map(self.read, found))

    def items(self, found: Iterable[ast.expr]) -> tuple[nodes.Expression | nodes.Starred, ...]:
        """Return the source nodes of expressions that may have a star before them."""
        return tuple(
            nodes.Starred(self.read(each.value))
            if isinstance(each, ast.Starred)
            else self.read(each)
            for each in found
        )

    def keywords(self, found: list[ast.keyword]) -> tuple[nodes.Keyword | nodes.StarStar, ...]:
        """Return the source nodes of the keyword arguments of a call or a class."""
        return tuple(
            nodes.StarStar(self.read(each.value))
            if each.arg is None
            else nodes.Keyword(each.arg, self.read(each.value))
            for each in found
        )

    def names(self, target: ast.expr) -> tuple[nodes.Name, ...]:
        """Return the names that a loop binds."""
        found = target.elts if isinstance(target, ast.Tuple) else [target]
        names = [self.read(each) for each in found]
        lone = isinstance(target, ast.Tuple) and len(names) < 2
        if lone or not all(isinstance(name, nodes.Name) for name in names):
            self.refuse(target, "a target that is neither a name nor a tuple of names")
        return tuple(name for name in names if isinstance(name, nodes.Name))


class ModuleExpressions(ExpressionReader):
    """Reads a module of ours: its strings stay split as they are, and a refusal is a bug."""

    def __init__(self, source: ModuleSource) -> None:
        """Read from this module."""
        self.source = source

    def refuse(self, node: ast.AST, construct: str = "") -> NoReturn:
        """Raise an `InternalError` that names the module, the line and what stands there."""
        what = construct or type(node).__name__
        line = getattr(node, "lineno", 1)
        raise located(self.source.name, line, f"no source node for {what}")

    def text_lines(self, node: ast.Constant) -> Sequence[str]:
        """Return the value of each literal."""
        return [ast.literal_eval(piece.text) for piece in self.source.strings_of(node)]

    def format_lines(self, node: ast.JoinedStr) -> Sequence[Sequence[ast.expr]]:
        """Parse each literal by itself: the tree of them all does not tell them apart."""
        lines = list[Sequence[ast.expr]]()
        for piece in self.source.strings_of(node):
            parsed = ast.parse(piece.text, mode="eval").body
            ast.increment_lineno(parsed, piece.start[0] - 1)
            lines.append(parsed.values if isinstance(parsed, ast.JoinedStr) else [parsed])
        return lines


def _constant(reader: ExpressionReader, node: ast.Constant) -> nodes.Expression:
    if node.value is ...:
        return nodes.Dots()
    if isinstance(node.value, bytes | complex):
        reader.refuse(node, f"a constant of type {type(node.value).__name__}")
    if isinstance(node.value, str):
        lines = reader.text_lines(node)
        if len(lines) > 1:
            return nodes.TextBlock(tuple(lines))
        if "\n" in node.value[:-1]:
            return nodes.TextBlock.from_text(node.value)
    return nodes.Literal(node.value)


def _formatted(reader: ExpressionReader, node: ast.JoinedStr) -> nodes.Expression:
    return nodes.FormattedText(
        tuple(tuple(_part(reader, part) for part in line) for line in reader.format_lines(node))
    )


def _part(reader: ExpressionReader, node: ast.expr) -> _Part:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.FormattedValue) or node.format_spec is not None:
        reader.refuse(node, "a format specification")
    if node.conversion not in (_NO_CONVERSION, _REPR):
        reader.refuse(node, f"the conversion !{chr(node.conversion)}")
    if any(isinstance(each, ast.JoinedStr) or _is_text(each) for each in ast.walk(node.value)):
        reader.refuse(node, "a string within an f-string")
    if any(isinstance(each, ast.Dict | ast.DictComp) for each in ast.walk(node.value)):
        reader.refuse(node, "a mapping within an f-string")
    return nodes.Placeholder(reader.read(node.value), node.conversion == _REPR)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _name(reader: ExpressionReader, node: ast.Name) -> nodes.Expression:
    return nodes.Name(node.id)


def _attribute(reader: ExpressionReader, node: ast.Attribute) -> nodes.Expression:
    return nodes.Attribute(reader.read(node.value), node.attr)


def _call(reader: ExpressionReader, node: ast.Call) -> nodes.Expression:
    func, args = reader.read(node.func), reader.items(node.args)
    return nodes.Call(func, args, reader.keywords(node.keywords))


def _list(reader: ExpressionReader, node: ast.List) -> nodes.Expression:
    return nodes.ListDisplay(reader.items(node.elts))


def _tuple(reader: ExpressionReader, node: ast.Tuple) -> nodes.Expression:
    return nodes.TupleDisplay(reader.items(node.elts))


def _dict(reader: ExpressionReader, node: ast.Dict) -> nodes.Expression:
    return nodes.DictDisplay(
        tuple(
            nodes.StarStar(reader.read(value))
            if key is None
            else (reader.read(key), reader.read(value))
            for key, value in zip(node.keys, node.values, strict=True)
        )
    )


def _subscript(reader: ExpressionReader, node: ast.Subscript) -> nodes.Expression:
    index = node.slice
    several = isinstance(index, ast.Tuple) and len(index.elts) > 1
    indices = index.elts if several and isinstance(index, ast.Tuple) else [index]
    return nodes.Subscript(reader.read(node.value), tuple(_index(reader, each) for each in indices))


def _index(reader: ExpressionReader, node: ast.expr) -> nodes.Expression | nodes.Slice:
    if not isinstance(node, ast.Slice):
        return reader.read(node)
    if node.step is not None:
        reader.refuse(node, "a slice with a step")
    return nodes.Slice(reader.maybe(node.lower), reader.maybe(node.upper))


def _binary(reader: ExpressionReader, node: ast.BinOp) -> nodes.Expression:
    operator = _BINARY.get(type(node.op))
    if operator is None:
        reader.refuse(node, f"the operator {type(node.op).__name__}")
    return nodes.BinaryOp(reader.read(node.left), operator, reader.read(node.right))


def _compare(reader: ExpressionReader, node: ast.Compare) -> nodes.Expression:
    if len(node.ops) > 1:
        reader.refuse(node, "a chain of comparisons")
    operator = _COMPARISONS[type(node.ops[0])]
    return nodes.Compare(reader.read(node.left), operator, reader.read(node.comparators[0]))


def _boolean(reader: ExpressionReader, node: ast.BoolOp) -> nodes.Expression:
    operator = "or" if isinstance(node.op, ast.Or) else "and"
    return nodes.BoolOp(operator, reader.each(node.values))


def _unary(reader: ExpressionReader, node: ast.UnaryOp) -> nodes.Expression:
    value = reader.read(node.operand)
    if isinstance(node.op, ast.Not):
        return nodes.Not(value)
    if not isinstance(node.op, ast.USub):
        reader.refuse(node, f"the operator {type(node.op).__name__}")
    number = node.operand.value if isinstance(node.operand, ast.Constant) else None
    if isinstance(number, int | float) and not isinstance(number, bool):
        return nodes.Literal(-number)
    return nodes.Minus(value)


def _conditional(reader: ExpressionReader, node: ast.IfExp) -> nodes.Expression:
    return nodes.Conditional(*reader.each((node.test, node.body, node.orelse)))


def _list_comprehension(reader: ExpressionReader, node: ast.ListComp) -> nodes.Expression:
    return nodes.ListComprehension(reader.read(node.elt), _clause(reader, node))


def _dict_comprehension(reader: ExpressionReader, node: ast.DictComp) -> nodes.Expression:
    key, value = reader.each((node.key, node.value))
    return nodes.DictComprehension(key, value, _clause(reader, node))


def _generator(reader: ExpressionReader, node: ast.GeneratorExp) -> nodes.Expression:
    return nodes.Generator(reader.read(node.elt), _clause(reader, node))


def _clause(
    reader: ExpressionReader, node: ast.ListComp | ast.DictComp | ast.GeneratorExp
) -> nodes.ForClause:
    if len(node.generators) > 1 or node.generators[0].is_async:
        reader.refuse(node, "a comprehension of several loops, or an asynchronous one")
    (loop,) = node.generators
    return nodes.ForClause(reader.names(loop.target), reader.read(loop.iter), reader.each(loop.ifs))


_READERS: dict[type, Callable[[ExpressionReader, Any], nodes.Expression]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _dict_comprehension,
    ast.GeneratorExp: _generator,
    ast.IfExp: _conditional,
    ast.JoinedStr: _formatted,
    ast.List: _list,
    ast.ListComp: _list_comprehension,
    ast.Name: _name,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
}
