"""The expressions that a generated program may contain, as frozen values; nothing here prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias

from kairflow.errors import InternalError
from kairflow.lower.codegen.identifiers import check_identifier, check_variable

Value: TypeAlias = "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"
"""What a `Literal` may hold: lists, tuples (printed as lists) and dicts, no other collection."""

MAX_DEPTH = 60
"""How deep lists and mappings may nest: CPython's parser gives up a little beyond that."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: the only way for text from outside to enter a program, apart from comments.

    It takes exact types only (no subclasses), and neither nan nor an infinity.
    """

    value: Value

    def __post_init__(self) -> None:
        """Check the value and keep a copy, so that nobody can change it afterwards."""
        object.__setattr__(self, "value", _checked_copy(self.value, MAX_DEPTH))


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A long string, printed as one literal per line when it does not fit on one line.

    Its value is the concatenation of `lines`; each of them keeps its own line ending. It is split
    as a positional or keyword argument, an item of a list, a value of a mapping, the right side of
    an assignment or a returned value; anywhere else it is printed as one literal.
    """

    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        """Drop empty lines, which add nothing to the value."""
        for line in self.lines:
            if type(line) is not str:
                raise InternalError(f"a text block takes strings only, not {line!r}")
        object.__setattr__(self, "lines", tuple(line for line in self.lines if line) or ("",))

    @classmethod
    def from_text(cls, text: str) -> TextBlock:
        """Split `text` after every line feed."""
        pieces = text.split("\n")
        return cls((*(f"{piece}\n" for piece in pieces[:-1]), pieces[-1]))


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    id: str

    def __post_init__(self) -> None:
        """Refuse what is no variable name."""
        check_variable(self.id)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value.name`."""

    value: Expression
    name: str

    def __post_init__(self) -> None:
        """Refuse what is no attribute name."""
        check_identifier(self.name)


@dataclass(frozen=True, slots=True)
class Starred:
    """`*value`, among positional arguments or the items of a list."""

    value: Expression


@dataclass(frozen=True, slots=True)
class StarStar:
    """`**value`, among keyword arguments or the entries of a mapping."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Keyword:
    """`name=value` in a call."""

    name: str
    value: Expression

    def __post_init__(self) -> None:
        """Refuse what is no argument name."""
        check_identifier(self.name)


@dataclass(frozen=True, slots=True)
class Call:
    """`func(*args, **kwargs)`; a keyword may be given once."""

    func: Expression
    args: tuple[Expression | Starred, ...] = ()
    kwargs: tuple[Keyword | StarStar, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a keyword that is given twice: Python does, but only when it compiles."""
        names = [item.name for item in self.kwargs if isinstance(item, Keyword)]
        if len(set(names)) != len(names):
            raise InternalError(f"a keyword argument is given twice: {sorted(names)!r}")


@dataclass(frozen=True, slots=True)
class ListDisplay:
    """`[items]`."""

    items: tuple[Expression | Starred, ...] = ()


@dataclass(frozen=True, slots=True)
class DictDisplay:
    """`{key: value}`; an entry may be a `StarStar`."""

    items: tuple[tuple[Expression, Expression] | StarStar, ...] = ()


@dataclass(frozen=True, slots=True)
class TupleDisplay:
    """`(items)`; the parentheses go where several items are returned."""

    items: tuple[Expression | Starred, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """`lower:upper`, among the indices of a subscript."""

    lower: Expression | None = None
    upper: Expression | None = None


@dataclass(frozen=True, slots=True)
class Dots:
    """`...`, as in `tuple[str, ...]`."""


@dataclass(frozen=True, slots=True)
class Subscript:
    """`value[index]`; several indices make `value[a, b]`, as in `dict[str, int]`."""

    value: Expression
    indices: tuple[Expression | Slice, ...]

    def __post_init__(self) -> None:
        """Refuse empty brackets."""
        if not self.indices:
            raise InternalError("a subscript needs an index")


@dataclass(frozen=True, slots=True)
class BinaryOp:
    """`left operator right`, for arithmetic, `|`, and the shift that Airflow uses for edges."""

    left: Expression
    operator: str
    right: Expression

    def __post_init__(self) -> None:
        """Refuse an operator that is not in the table."""
        _check_operator(self.operator, BINARY_OPERATORS)


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right`; comparisons are never chained, a nested one gets parentheses."""

    left: Expression
    operator: str
    right: Expression

    def __post_init__(self) -> None:
        """Refuse an operator that is not in the table."""
        _check_operator(self.operator, COMPARISONS)


@dataclass(frozen=True, slots=True)
class BoolOp:
    """`a or b or c`, or the same with `and`."""

    operator: str
    values: tuple[Expression, ...]

    def __post_init__(self) -> None:
        """Refuse any other operator, and fewer than two values."""
        _check_operator(self.operator, BOOLEAN_OPERATORS)
        if len(self.values) < 2:
            raise InternalError(f"{self.operator!r} needs two values")


@dataclass(frozen=True, slots=True)
class Not:
    """`not value`."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Minus:
    """`-value`; a negative number is a `Literal`."""

    value: Expression

    def __post_init__(self) -> None:
        """Refuse numbers, whose sign belongs to them: Python reads both alike."""
        if isinstance(self.value, Literal) and type(self.value.value) in (int, float):
            raise InternalError("a negative number is a literal")


@dataclass(frozen=True, slots=True)
class Conditional:
    """`body if test else orelse`."""

    test: Expression
    body: Expression
    orelse: Expression


@dataclass(frozen=True, slots=True)
class ForClause:
    """`for targets in iterable if condition`, the end of a comprehension."""

    targets: tuple[Name, ...]
    iterable: Expression
    conditions: tuple[Expression, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a loop without a variable."""
        check_targets(self.targets)


@dataclass(frozen=True, slots=True)
class ListComprehension:
    """`[element for ...]`."""

    element: Expression
    clause: ForClause


@dataclass(frozen=True, slots=True)
class DictComprehension:
    """`{key: value for ...}`."""

    key: Expression
    value: Expression
    clause: ForClause


@dataclass(frozen=True, slots=True)
class Generator:
    """`(element for ...)`; as the only argument of a call it shares the call's parentheses."""

    element: Expression
    clause: ForClause


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`{value}` or `{value!r}` in a formatted text; the value holds neither quotes nor braces."""

    value: Expression
    shows_repr: bool = False


@dataclass(frozen=True, slots=True)
class FormattedText:
    """An f-string, printed as one literal per line where a `TextBlock` would be."""

    lines: tuple[tuple[str | Placeholder, ...], ...]

    def __post_init__(self) -> None:
        """Drop empty lines, and refuse what a plain string can say."""
        lines = tuple(filter(any, (tuple(filter(None, line)) for line in self.lines)))
        parts = [part for line in lines for part in line]
        if not all(type(part) is str or isinstance(part, Placeholder) for part in parts):
            raise InternalError("a formatted text takes strings and placeholders only")
        if not any(isinstance(part, Placeholder) for part in parts):
            raise InternalError("a formatted text needs a placeholder")
        object.__setattr__(self, "lines", lines)


Expression: TypeAlias = (
    Literal
    | TextBlock
    | Name
    | Attribute
    | Call
    | ListDisplay
    | DictDisplay
    | Subscript
    | BinaryOp
    | Compare
    | BoolOp
    | Not
    | TupleDisplay
    | Dots
    | Minus
    | Conditional
    | ListComprehension
    | DictComprehension
    | Generator
    | FormattedText
)

BINARY_OPERATORS = frozenset({"+", "-", "*", "/", "//", "%", "|", ">>", "<<"})
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"})
BOOLEAN_OPERATORS = frozenset({"or", "and"})


def dotted(path: str) -> Name | Attribute:
    """Build `a.b.c` from its text; every part must be an identifier."""
    first, *rest = path.split(".")
    node: Name | Attribute = Name(first)
    for part in rest:
        node = Attribute(node, part)
    return node


def check_targets(targets: tuple[Name, ...]) -> None:
    """Raise `InternalError` unless a loop binds names."""
    if not targets or not all(isinstance(target, Name) for target in targets):
        raise InternalError("`for` needs names to bind")


def _check_operator(operator: object, known: frozenset[str]) -> None:
    if operator not in known:
        raise InternalError(f"unknown operator {operator!r}, expected one of {sorted(known)!r}")


def _checked_copy(value: object, depth: int) -> Value:
    if depth < 0:
        raise InternalError(f"a literal nests deeper than {MAX_DEPTH} levels")
    if value is None or type(value) in (bool, int, str):
        return value  # type: ignore[return-value]
    if type(value) is float and isfinite(value):
        return value
    if type(value) is list or type(value) is tuple:
        return [_checked_copy(item, depth - 1) for item in value]
    if type(value) is dict:
        return {_checked_key(key): _checked_copy(item, depth - 1) for key, item in value.items()}
    raise InternalError(f"no literal for a value of type {type(value).__name__}: {value!r:.80}")


def _checked_key(key: object) -> str:
    if type(key) is not str:
        raise InternalError(f"the keys of a literal mapping must be strings, not {key!r:.80}")
    return key
