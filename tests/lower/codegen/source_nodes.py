"""Hypothesis strategies for source nodes: expressions, statements and whole modules.

They are composites that pass a depth on, not `st.recursive`: the trees stay small and cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.expression_nodes import (
    BINARY_OPERATORS,
    BOOLEAN_OPERATORS,
    COMPARISONS,
)
from kairflow.lower.codegen.nodes import ParameterKind
from kairflow.lower.codegen.printer import print_module
from tests.lower.codegen import comprehension_nodes
from tests.strategies import hostile_text, json_values

Draw = Callable[[st.SearchStrategy[Any]], Any]

SHORT = ("a", "b", "x1", "dag", "_", "task_id", "k8s", "Model", "type")
LONG = (
    "start_mlflow_run",
    "create_pipeline_storage_for_the_run",
    "a_task_whose_name_the_user_chose_without_any_thought_for_the_line",
    "extract_transform_and_load_everything_that_there_is_to_load_from_the_lake_of_data",
    "n" * 100,
)
STATEMENT_EXPRESSIONS = (
    nodes.Call,
    nodes.BinaryOp,
    nodes.Name,
    nodes.Attribute,
    nodes.Subscript,
)

_WORDS = st.sampled_from(SHORT * 3 + LONG[:3] * 2 + LONG)
_PLAIN_TEXT = st.text("abc '\"", max_size=90)
_VALUES = st.one_of(json_values(6), _PLAIN_TEXT, _PLAIN_TEXT, st.integers(-9, 9))
_HOSTILE = hostile_text()


def _some(draw: Draw, build: Callable[[], Any], low: int = 0, high: int = 3) -> tuple[Any, ...]:
    return tuple(build() for _ in range(draw(st.integers(low, high))))


def _maybe(draw: Draw, build: Callable[[], Any]) -> Any:
    return build() if draw(st.booleans()) else None


@st.composite
def expressions(draw: Draw, depth: int = 3) -> Any:
    """Yield an expression that nests at most `depth` levels deep."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return _atom(draw)
    build = draw(st.sampled_from(_COMPOSITIONS))
    return build(draw, lambda: draw(expressions(depth - 1)))


def _atom(draw: Draw) -> Any:
    kind = draw(st.integers(0, 5))
    if kind <= 2:
        return nodes.Name(draw(_WORDS))
    if kind <= 4:
        return nodes.Literal(draw(_VALUES))
    return _text_block(draw)


def _text_block(draw: Draw) -> nodes.TextBlock:
    if draw(st.booleans()):
        return nodes.TextBlock.from_text(draw(_HOSTILE))
    return nodes.TextBlock(_some(draw, lambda: draw(_PLAIN_TEXT) + "\n", high=5))


def _call(draw: Draw, inner: Callable[[], Any]) -> Any:
    func = draw(st.sampled_from([_name, _method, None]))
    keywords = _some(draw, lambda: _keyword(draw, inner), high=4)
    unique = {getattr(item, "name", id(item)): item for item in keywords}
    return nodes.Call(
        inner() if func is None else func(draw),
        _some(draw, lambda: _starred(draw, inner)),
        tuple(unique.values()),
    )


def _name(draw: Draw) -> Any:
    return nodes.Name(draw(_WORDS))


def _target(draw: Draw) -> Any:
    return _method(draw) if draw(st.integers(0, 5)) == 0 else _name(draw)


def _any_target(draw: Draw) -> Any:
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return comprehension_nodes.names(draw)
    return _place(draw) if kind == 1 else _target(draw)


def _place(draw: Draw) -> Any:
    return comprehension_nodes.place(draw, lambda: _target(draw), lambda: draw(expressions(1)))


def _method(draw: Draw) -> Any:
    return nodes.Attribute(nodes.Name(draw(_WORDS)), draw(_WORDS))


def _keyword(draw: Draw, inner: Callable[[], Any]) -> Any:
    if draw(st.integers(0, 4)) == 0:
        return nodes.StarStar(inner())
    return nodes.Keyword(draw(_WORDS), inner())


def _starred(draw: Draw, inner: Callable[[], Any]) -> Any:
    return nodes.Starred(inner()) if draw(st.integers(0, 5)) == 0 else inner()


def _chain(draw: Draw, inner: Callable[[], Any]) -> Any:
    """Build `a.b(x).c[y].d()`, in the lengths around which its layout changes."""
    node = inner() if draw(st.integers(0, 2)) == 0 else _name(draw)
    for kind in draw(st.lists(st.sampled_from("aacs"), min_size=1, max_size=4)):
        if kind == "a" or draw(st.booleans()):
            node = nodes.Attribute(node, draw(_WORDS))
        if kind == "s":
            node = nodes.Subscript(node, _some(draw, inner, 1, 2))
        elif kind == "c" or draw(st.booleans()):
            node = nodes.Call(node, _some(draw, inner, high=2))
    return node


def _list(draw: Draw, inner: Callable[[], Any]) -> Any:
    return nodes.ListDisplay(_some(draw, lambda: _starred(draw, inner), high=4))


def _dict(draw: Draw, inner: Callable[[], Any]) -> Any:
    return nodes.DictDisplay(_some(draw, lambda: _entry(draw, inner), high=4))


def _entry(draw: Draw, inner: Callable[[], Any]) -> Any:
    if draw(st.integers(0, 4)) == 0:
        return nodes.StarStar(inner())
    key = nodes.Literal(draw(_PLAIN_TEXT)) if draw(st.booleans()) else inner()
    return (key, inner())


def _subscript(draw: Draw, inner: Callable[[], Any]) -> Any:
    return nodes.Subscript(inner(), _some(draw, inner, 1, 3))


def _binary(draw: Draw, inner: Callable[[], Any]) -> Any:
    operator = st.sampled_from([*sorted(BINARY_OPERATORS), ">>", ">>", "+"])
    return nodes.BinaryOp(inner(), draw(operator), inner())


def _compare(draw: Draw, inner: Callable[[], Any]) -> Any:
    return nodes.Compare(inner(), draw(st.sampled_from(sorted(COMPARISONS))), inner())


def _boolean(draw: Draw, inner: Callable[[], Any]) -> Any:
    operator = draw(st.sampled_from(sorted(BOOLEAN_OPERATORS)))
    return nodes.BoolOp(operator, _some(draw, inner, 2, 3))


def _not(draw: Draw, inner: Callable[[], Any]) -> Any:
    return nodes.Not(inner())


_COMPOSITIONS = (
    *(_call, _call, _call, _chain, _chain, _list, _list, _dict, _dict),
    *(_subscript, _binary, _binary, _compare, _boolean, _not),
    *comprehension_nodes.COMPOSITIONS,
)


@st.composite
def type_hints(draw: Draw) -> Any:
    simple = [nodes.Name("str"), nodes.dotted("k8s.V1Pod"), nodes.Literal(None)]
    first, second = draw(st.sampled_from(simple)), draw(st.sampled_from(simple))
    mapping = nodes.Subscript(nodes.Name("dict"), (first, second))
    return draw(st.sampled_from([first, mapping, nodes.BinaryOp(first, "|", second)]))


def comments() -> st.SearchStrategy[nodes.Comment]:
    return st.builds(nodes.Comment, _HOSTILE)


@st.composite
def simple_statements(draw: Draw) -> Any:
    kind, value = draw(st.integers(0, 8)), draw(expressions())
    if kind <= 2:
        return nodes.Assign(_any_target(draw), value)
    if kind == 3:
        return nodes.Assign(_target(draw), value, draw(type_hints()))
    if kind == 4:
        cause = draw(st.sampled_from([None, nodes.Literal(None), _name(draw)]))
        return nodes.Raise(value, cause)
    if kind == 8:
        place = _place(draw) if draw(st.booleans()) else _target(draw)
        declared = nodes.Declare(_name(draw), draw(type_hints()))
        return draw(st.sampled_from([nodes.AugAssign(place, value)] * 3 + [declared]))
    if kind <= 6 and isinstance(value, STATEMENT_EXPRESSIONS):
        return nodes.ExprStatement(value)
    return draw(st.sampled_from([nodes.Return(value)] * 6 + [nodes.Pass(), nodes.Raise()]))


@st.composite
def statements(draw: Draw, depth: int = 2) -> Any:
    """Yield a statement whose blocks nest at most `depth` levels deep."""
    if depth == 0 or draw(st.booleans()):
        return draw(simple_statements())
    build = draw(st.sampled_from(_BLOCKS))
    return build(draw, lambda: draw(bodies(depth - 1)))


@st.composite
def bodies(draw: Draw, depth: int = 2) -> Any:
    extra = st.one_of(st.just(nodes.BlankLine()), comments())
    lines = [draw(extra) for _ in range(draw(st.integers(0, 2)))]
    lines.append(draw(statements(depth)))
    for _ in range(draw(st.integers(0, 3))):
        lines.append(draw(st.one_of(statements(depth), extra)))
    return tuple(lines)


def _with(draw: Draw, body: Callable[[], Any]) -> Any:
    def item() -> Any:
        context = draw(expressions(2))
        if isinstance(context, nodes.TupleDisplay):
            context = nodes.ListDisplay(context.items)
        return nodes.WithItem(context, _maybe(draw, lambda: _name(draw)))

    return nodes.With(_some(draw, item, 1, 3), body())


def _if(draw: Draw, body: Callable[[], Any]) -> Any:
    return nodes.If(draw(expressions(2)), body(), _maybe(draw, body) or ())


def _for(draw: Draw, body: Callable[[], Any]) -> Any:
    targets = _some(draw, lambda: nodes.Name(draw(st.sampled_from(SHORT))), 1, 2)
    return nodes.For(targets, draw(expressions(2)), body())


def _while(draw: Draw, body: Callable[[], Any]) -> Any:
    ending = draw(st.sampled_from([nodes.Break(), nodes.Continue()]))
    return nodes.While(draw(expressions(2)), (*body(), ending))


def _try(draw: Draw, body: Callable[[], Any]) -> Any:
    handlers = _some(draw, lambda: _handler(draw, body), 0, 2)
    orelse = (_maybe(draw, body) or ()) if handlers else ()
    final = body() if not handlers else _maybe(draw, body) or ()
    return nodes.Try(body(), handlers, orelse, final)


def _handler(draw: Draw, body: Callable[[], Any]) -> Any:
    errors = [nodes.Name("KeyError"), nodes.dotted("httpx.HTTPError")]
    caught = _some(draw, lambda: draw(st.sampled_from(errors)), 1, 6)
    return nodes.Handler(caught, body(), _maybe(draw, lambda: draw(st.sampled_from(SHORT))))


def _docstring(draw: Draw) -> Any:
    line = st.sampled_from(["Do it.", "Don't (ever) do {this}: it's 100 %.", "x" * 72])
    long = f"{draw(line)}\n\n{draw(line)}\n  indented"
    return draw(st.sampled_from([None, draw(line), long]))


def _function(draw: Draw, body: Callable[[], Any]) -> Any:
    return nodes.FunctionDef(
        draw(st.sampled_from(SHORT + LONG[:3])),
        draw(parameters()),
        body(),
        _maybe(draw, lambda: draw(type_hints())),
        _docstring(draw),
        _some(draw, lambda: draw(expressions(1)), high=1),
    )


def _class(draw: Draw, body: Callable[[], Any]) -> Any:
    return nodes.ClassDef(
        draw(_WORDS),
        _some(draw, lambda: draw(expressions(1)), high=2),
        body(),
        docstring=_docstring(draw),
        decorators=_some(draw, lambda: draw(expressions(1)), high=1),
    )


_BLOCKS = (_with, _with, _if, _if, _for, _while, _try, _function, _function, _class)
_COLLECTING = (ParameterKind.ARGS, ParameterKind.KWARGS)


@st.composite
def parameters(draw: Draw) -> tuple[nodes.Parameter, ...]:
    drawn = draw(st.lists(st.sampled_from(list(ParameterKind)), max_size=5))
    kinds = sorted(drawn, key=lambda kind: int(kind.value))
    found = draw(st.lists(_WORDS, min_size=len(kinds), max_size=len(kinds), unique=True))
    result: list[nodes.Parameter] = []
    defaults = False
    for name, kind in zip(found, kinds, strict=True):
        if result and result[-1].kind is kind and kind in _COLLECTING:
            continue
        required = defaults and kind is ParameterKind.POSITIONAL
        default = None
        if kind not in _COLLECTING and (required or draw(st.booleans())):
            default, defaults = draw(expressions(1)), True
        annotation = _maybe(draw, lambda: draw(type_hints()))
        result.append(nodes.Parameter(name, annotation, default, kind))
    return tuple(result)


_MODULES = (
    *("__future__", "os", "os.path", "datetime", "airflow", "airflow.sdk", "kubernetes.client"),
    *("httpx", "a1", "a01", "a10", "a2", "Zebra", "zebra", "b_c", "b.c", "bc", "B"),
    "airflow.providers.cncf.kubernetes.operators.pod",
)
_MEMBERS = (
    *("DAG", "literal", "KubernetesPodOperator", "models", "X", "x", "V1", "A_B", "task2"),
    *("task10", "KubernetesInstallKueueOperator", "annotations", "_private", "_A", "__x"),
    *("Ab", "aB", "A1", "A10", "A2", "ABc", "a_b", "_"),
)


@st.composite
def imports(draw: Draw) -> Any:
    alias = draw(st.sampled_from([None, None, None, "k8s", "X", "other"]))
    if draw(st.integers(0, 2)) == 0:
        return nodes.Import(draw(st.sampled_from(_MODULES[1:])), alias)
    return nodes.ImportFrom(draw(st.sampled_from(_MODULES)), draw(st.sampled_from(_MEMBERS)), alias)


@st.composite
def modules(draw: Draw) -> nodes.Module:
    return nodes.Module(
        _some(draw, lambda: draw(comments()), high=2),
        tuple(draw(st.lists(imports(), max_size=8))),
        draw(bodies()),
    )


_BY_DESIGN = ("annotation", "variables of a loop", "holds neither")


def printed(module: nodes.Module) -> str | None:
    """Print `module`; None for the few layouts that the printer refuses by design."""
    try:
        return print_module(module)
    except InternalError as error:
        if not any(reason in str(error) for reason in _BY_DESIGN):
            raise
        return None
