"""The statements that a generated program may contain, as frozen values; nothing here prints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from kairflow.errors import InternalError
from kairflow.lower.codegen.expression_nodes import (
    Attribute,
    BinaryOp,
    Call,
    Expression,
    Keyword,
    Literal,
    Name,
    Slice,
    StarStar,
    Subscript,
    TupleDisplay,
    check_targets,
)
from kairflow.lower.codegen.identifiers import check_variable
from kairflow.lower.codegen.import_nodes import ImportStatement

_DOCSTRING_LINE = re.compile(r"(?:[!#-\[\]-~](?:[ !#-\[\]-~]{0,70}[!#-\[\]-~])?)?\Z")


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that begins with `#`; any text is safe, and it is never wrapped."""

    text: str

    def __post_init__(self) -> None:
        """Refuse what is no text."""
        if type(self.text) is not str:
            raise InternalError(f"a comment takes a string, not {self.text!r}")


@dataclass(frozen=True, slots=True)
class BlankLine:
    """A paragraph break; it changes nothing where the layout rules ask for blank lines anyway."""


@dataclass(frozen=True, slots=True)
class Pass:
    """`pass`."""


@dataclass(frozen=True, slots=True)
class Break:
    """`break`."""


@dataclass(frozen=True, slots=True)
class Continue:
    """`continue`."""


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value` or `target: annotation = value`; a tuple of names makes `a, b = value`."""

    target: Target | tuple[Name, ...]
    value: Expression
    annotation: Expression | None = None

    def __post_init__(self) -> None:
        """Refuse a target that is no place, and an annotation of anything but a dotted name."""
        if isinstance(self.target, tuple):
            if len(self.target) < 2 or not all(isinstance(item, Name) for item in self.target):
                raise InternalError("only several names take the items of a value")
        else:
            check_target(self.target)
        if self.annotation is not None and not isinstance(self.target, Name | Attribute):
            raise InternalError("only a name, or an attribute of one, has an annotation")


@dataclass(frozen=True, slots=True)
class Declare:
    """`target: annotation`."""

    target: Name
    annotation: Expression

    def __post_init__(self) -> None:
        """Refuse a target that is no name."""
        if not isinstance(self.target, Name):
            raise InternalError("only a name is declared")


@dataclass(frozen=True, slots=True)
class AugAssign:
    """`target += value`."""

    target: Target
    value: Expression

    def __post_init__(self) -> None:
        """Refuse a target that is no place."""
        check_target(self.target)


@dataclass(frozen=True, slots=True)
class ExprStatement:
    """An expression on a line of its own: a call, or `a >> b`."""

    value: Call | BinaryOp | Name | Attribute | Subscript

    def __post_init__(self) -> None:
        """Refuse what would do nothing, above all a string: it could become a docstring."""
        if not isinstance(self.value, Call | BinaryOp | Name | Attribute | Subscript):
            raise InternalError(f"no statement by itself: {type(self.value).__name__}")


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`."""

    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Raise:
    """`raise error from cause`."""

    error: Expression | None = None
    cause: Name | Literal | None = None

    def __post_init__(self) -> None:
        """Refuse a cause without an error, and one that is neither a name nor `Literal(None)`."""
        if self.cause is None:
            return
        if self.error is None:
            raise InternalError("a cause needs an error to belong to")
        if not isinstance(self.cause, Name) and self.cause != Literal(None):
            raise InternalError("a cause is a name or the literal None")


@dataclass(frozen=True, slots=True)
class WithItem:
    """`context as target`."""

    context: Expression
    target: Name | None = None

    def __post_init__(self) -> None:
        """Refuse a target that is no name, and a tuple, which would read as several contexts."""
        if self.target is not None and not isinstance(self.target, Name):
            raise InternalError("a context is bound to a name")
        if isinstance(self.context, TupleDisplay):
            raise InternalError("a tuple is no context")


@dataclass(frozen=True, slots=True)
class With:
    """`with items:`."""

    items: tuple[WithItem, ...]
    body: Body

    def __post_init__(self) -> None:
        """Refuse an empty list of contexts."""
        check_body(self.body)
        if not self.items:
            raise InternalError("`with` needs a context")


@dataclass(frozen=True, slots=True)
class If:
    """`if test:`; an `orelse` of exactly one `If` is printed as `elif`."""

    test: Expression
    body: Body
    orelse: Body = ()

    def __post_init__(self) -> None:
        """Refuse a branch with nothing to do."""
        check_body(self.body)
        if self.orelse:
            check_body(self.orelse)


@dataclass(frozen=True, slots=True)
class For:
    """`for targets in iterable:`."""

    targets: tuple[Name, ...]
    iterable: Expression
    body: Body

    def __post_init__(self) -> None:
        """Refuse a loop without a variable."""
        check_body(self.body)
        check_targets(self.targets)


@dataclass(frozen=True, slots=True)
class While:
    """`while test:`."""

    test: Expression
    body: Body

    def __post_init__(self) -> None:
        """Refuse a loop with nothing to do."""
        check_body(self.body)


@dataclass(frozen=True, slots=True)
class Handler:
    """`except errors as name:`; no errors make a bare `except:`, which must come last."""

    errors: tuple[Name | Attribute, ...]
    body: Body
    name: str | None = None

    def __post_init__(self) -> None:
        """Refuse a name without an error to bind."""
        check_body(self.body)
        if self.name is not None:
            check_variable(self.name)
        if self.name is not None and not self.errors:
            raise InternalError("a bare `except` binds no name")


@dataclass(frozen=True, slots=True)
class Try:
    """`try:` with its handlers and clauses."""

    body: Body
    handlers: tuple[Handler, ...] = ()
    orelse: Body = ()
    finalbody: Body = ()

    def __post_init__(self) -> None:
        """Refuse what Python refuses."""
        for body in (self.body, self.orelse or self.body, self.finalbody or self.body):
            check_body(body)
        if not self.handlers and (self.orelse or not self.finalbody):
            raise InternalError("`try` needs a handler, or a `finally` and no `else`")
        if not all(handler.errors for handler in self.handlers[:-1]):
            raise InternalError("a bare `except` must come last")


class ParameterKind(Enum):
    """How a parameter takes its arguments, in the order that a signature demands."""

    POSITIONAL = 0
    ARGS = 1
    KEYWORD = 2
    KWARGS = 3


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name: annotation = default`, `*name` or `**name`."""

    name: str
    annotation: Expression | None = None
    default: Expression | None = None
    kind: ParameterKind = ParameterKind.POSITIONAL

    def __post_init__(self) -> None:
        """Refuse a default where Python has none."""
        check_variable(self.name)
        collects = self.kind in (ParameterKind.ARGS, ParameterKind.KWARGS)
        if collects and self.default is not None:
            raise InternalError(f"a collecting parameter has no default: {self.name!r}")


@dataclass(frozen=True, slots=True)
class FunctionDef:
    """`def name(parameters) -> returns:`; the docstring is ours, never a user's text."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    body: Body = ()
    returns: Expression | None = None
    docstring: str | None = None
    decorators: tuple[Expression, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an unsafe docstring and a signature that Python refuses."""
        check_variable(self.name)
        check_parameters(self.parameters)
        check_documented_body(self.body, self.docstring)


@dataclass(frozen=True, slots=True)
class ClassDef:
    """`class name(bases):`; the docstring is ours, never a user's text."""

    name: str
    bases: tuple[Expression, ...] = ()
    body: Body = ()
    keywords: tuple[Keyword | StarStar, ...] = ()
    docstring: str | None = None
    decorators: tuple[Expression, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an unsafe docstring."""
        check_variable(self.name)
        check_documented_body(self.body, self.docstring)


Statement: TypeAlias = (
    Comment
    | BlankLine
    | Pass
    | Break
    | Continue
    | Assign
    | Declare
    | AugAssign
    | ExprStatement
    | Return
    | Raise
    | With
    | If
    | For
    | While
    | Try
    | FunctionDef
    | ClassDef
)
Body: TypeAlias = tuple[Statement, ...]
Target: TypeAlias = Name | Attribute | Subscript


@dataclass(frozen=True, slots=True)
class Module:
    """A whole file; imports are sorted, merged and grouped when it is printed."""

    header: tuple[Comment, ...] = ()
    imports: tuple[ImportStatement, ...] = ()
    body: Body = ()


def check_target(target: object) -> None:
    """Raise `InternalError` unless a value can be put there: a name, and what hangs on one."""
    while isinstance(target, Attribute | Subscript):
        if isinstance(target, Subscript) and any(isinstance(i, Slice) for i in target.indices):
            raise InternalError("a slice takes no value")
        target = target.value
    if not isinstance(target, Name):
        raise InternalError("only a name, or an attribute or item of one, takes a value")


def check_body(body: Body) -> None:
    """Raise `InternalError` unless `body` holds a statement that Python would see."""
    if all(isinstance(item, Comment | BlankLine) for item in body):
        raise InternalError("a block needs a statement")


def check_documented_body(body: Body, docstring: str | None) -> None:
    """Raise `InternalError` for an empty block, or for a docstring that is not plain ASCII text."""
    if docstring is None:
        check_body(body)
        return
    lines = docstring.split("\n")
    safe = all(_DOCSTRING_LINE.match(line.lstrip(" ")) for line in lines)
    if not safe or not lines[0] or not lines[-1] or lines[0].startswith(" "):
        raise InternalError(f"not a plain docstring: {docstring!r}")


def check_parameters(parameters: tuple[Parameter, ...]) -> None:
    """Raise `InternalError` for a signature that Python refuses."""
    names = [parameter.name for parameter in parameters]
    kinds = [parameter.kind.value for parameter in parameters]
    if len(set(names)) != len(names):
        raise InternalError(f"two parameters share a name: {names!r}")
    if kinds != sorted(kinds) or kinds.count(1) > 1 or kinds.count(3) > 1:
        raise InternalError(f"the parameters are out of order: {names!r}")
    positional = [item for item in parameters if item.kind is ParameterKind.POSITIONAL]
    defaults = [item.default is not None for item in positional]
    if defaults != sorted(defaults):
        raise InternalError(f"a parameter without a default follows one with: {names!r}")
