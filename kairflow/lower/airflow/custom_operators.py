"""Spark operators that a class of the project wrote: whether a DAG file may have them, and how.

This is the one place where text of the project becomes code, so it is asked for on the command
line, and each text is one call. What the calls do is the project's business.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kairflow.errors import Code, Diagnostic, LoweringError
from kairflow.ir.model import Document, Engine
from kairflow.ir.spark import CustomOperators
from kairflow.ir.validation import nearest
from kairflow.lower.airflow import execution, file_names, names, sensors
from kairflow.lower.airflow.model import Setting
from kairflow.lower.airflow.operator_texts import (
    OperatorText,
    RefusedText,
    bound_name,
    parse_imports,
    parse_operator,
)
from kairflow.lower.airflow.options import Options, Runtime
from kairflow.lower.codegen import nodes as n

_IMPORTS = "imports_statement"
_CREATE, _DELETE = "create_cluster_operator", "delete_cluster_operator"
_CLUSTER_IDS = {_CREATE: "create-spark-cluster", _DELETE: "delete-spark-cluster"}
"""The ids of the tasks around the Spark jobs, unless they name themselves."""

_FUNCTIONS = """
__import__ abs all any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile
complex delattr dict dir divmod enumerate eval exec filter float format frozenset getattr globals
hasattr hash help hex id input int isinstance issubclass iter len list locals map max memoryview min
next object oct open ord pow print property range repr reversed round set setattr slice sorted
staticmethod str sum super tuple type vars zip
"""
_BUILTINS = frozenset(_FUNCTIONS.split())
"""Functions and types that every Python of every Airflow has."""


@dataclass(frozen=True, slots=True)
class CustomJobs:
    """The operators as source nodes: calls that `task_call` completes."""

    imports: tuple[n.ImportStatement, ...]
    create: n.Call | None
    delete: n.Call | None
    submit: Mapping[str, n.Call]
    """The operator of each Spark group, by the task's id."""
    around: Mapping[str, Setting]
    """What the operators of the cluster get unless they say otherwise."""
    names: frozenset[str]
    """All that the operators mention: no variable or constant of the DAG file may be so named."""


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What could be read, by the method that wrote it, and what could not."""

    imports: tuple[n.ImportStatement, ...] | None
    operators: Mapping[str, OperatorText]
    faults: tuple[Diagnostic, ...]


def is_custom(document: Document, options: Options) -> bool:
    """Tell whether Spark groups run by operators that a class of the project wrote."""
    spark = document.deployment.run_config.spark
    jobs = any(group.engine is Engine.SPARK for group in document.groups)
    in_pods = options.runtime is Runtime.KUBERNETES
    return jobs and in_pods and spark is not None and spark.type == "custom"


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for all that keeps a document's custom operators out of a DAG file."""
    spark = document.deployment.run_config.spark
    if spark is None or not is_custom(document, options):
        return
    if document.custom_operators is None:
        message = f"the IR has no operators that {spark.operator_factory!r} wrote"
        hint = "export the project again, with this version of Kairflow"
        yield Diagnostic(Code.CUSTOM_OPERATORS, message, "run_config.spark.type", hint)
        return
    if not options.allow_custom_operators:
        yield _not_allowed(spark.operator_factory)
    parsed = _parse(document.custom_operators)
    yield from parsed.faults
    if parsed.imports is not None:
        yield from _check_imports(parsed.imports, options.line.value)
        yield from _check_names(parsed.imports, parsed.operators)
    yield from _check_task_ids(document, parsed.operators)


def read_operators(document: Document, task_ids: Mapping[str, str]) -> CustomJobs:
    """Read the operators of a document that `check` let pass; `task_ids` are those of the groups.

    Raises:
        LoweringError: one of the texts is no operator.
    """
    written = document.custom_operators or CustomOperators(imports="", submit={})
    parsed = _parse(written)
    if parsed.faults or parsed.imports is None:
        raise LoweringError(parsed.faults)
    calls = {origin: operator.call for origin, operator in parsed.operators.items()}
    free = (name.id for one in parsed.operators.values() for name in one.free_names())
    return CustomJobs(
        imports=parsed.imports,
        around=execution.of_cluster(document.deployment.run_config),
        create=calls.get(_CREATE),
        delete=calls.get(_DELETE),
        submit={task_ids[group_id]: calls[_submit(group_id)] for group_id in written.submit},
        names=frozenset((*free, *map(bound_name, parsed.imports))),
    )


def task_call(
    call: n.Call, task_id: str, defaults: Mapping[str, n.Expression | None] | None = None
) -> n.Call:
    """Complete the call of an operator: its id, and arguments that it does not have itself.

    `defaults` are for calls that are fully known: what stands behind two stars may be one of them.
    """
    present = {each.name for each in call.kwargs if isinstance(each, n.Keyword)}
    known = not any(isinstance(each, n.StarStar) for each in call.kwargs)
    first = () if "task_id" in present else (n.Keyword("task_id", n.Literal(task_id)),)
    more = tuple(
        n.Keyword(name, value)
        for name, value in (defaults or {}).items()
        if known and value is not None and name not in present
    )
    return n.Call(call.func, call.args, (*first, *call.kwargs, *more))


def _not_allowed(factory: str | None) -> Diagnostic:
    return Diagnostic(
        Code.CUSTOM_OPERATORS,
        f"the IR holds Python that the project's class {factory!r} wrote, and the DAG file would"
        " run it in Airflow",
        "run_config.spark.type",
        "read it, below `custom_operators` in the IR, and add --allow-custom-operators",
    )


def _submit(group_id: str) -> str:
    return f"submit_operator of group {group_id!r}"


def _parse(written: CustomOperators) -> _Parsed:
    faults = list[Diagnostic]()
    imports: tuple[n.ImportStatement, ...] | None = None
    try:
        imports = parse_imports(written.imports)
    except RefusedText as refused:
        faults.append(_refusal(_IMPORTS, refused))
    operators = dict[str, OperatorText]()
    for origin, text in _texts(written):
        try:
            operators[origin] = parse_operator(text)
        except RefusedText as refused:
            faults.append(_refusal(origin, refused))
    return _Parsed(imports, operators, tuple(faults))


def _texts(written: CustomOperators) -> Iterator[tuple[str, str]]:
    if written.create_cluster is not None:
        yield _CREATE, written.create_cluster
    if written.delete_cluster is not None:
        yield _DELETE, written.delete_cluster
    for group_id, text in written.submit.items():
        yield _submit(group_id), text


def _refusal(origin: str, refused: RefusedText) -> Diagnostic:
    where = f"{origin}, {refused.place}"
    return Diagnostic(Code.CUSTOM_OPERATOR_TEXT, refused.message, where, refused.hint)


def _check_imports(imports: Sequence[n.ImportStatement], line: str) -> Iterator[Diagnostic]:
    """Find imports that would hide what the file has, and such that hide each other."""
    of_name: dict[str, list[n.ImportStatement]] = {}
    for statement in imports:
        of_name.setdefault(bound_name(statement), []).append(statement)
    for name, statements in of_name.items():
        for one, other in pairwise(statements):
            if not _is_same(one, other):
                message = f"{name!r} is imported twice: `{_spelt(one)}` and `{_spelt(other)}`"
                hint = "import one of the two under another name, with `as`"
                yield Diagnostic(Code.CUSTOM_OPERATOR_TEXT, message, _IMPORTS, hint)
        yield from _check_import(name, statements[0], line)


def _check_import(name: str, statement: n.ImportStatement, line: str) -> Iterator[Diagnostic]:
    ours = file_names.import_of(name, line)
    if ours is None and name not in file_names.OWN | file_names.RELIED_ON:
        return
    if ours is not None and _is_same(statement, ours):
        return
    message = f"`{_spelt(statement)}` hides what the DAG file itself calls {name!r}"
    other = "import it under another name, with `as`"
    hint = other if ours is None else f"write `{_spelt(ours)}`, or {other}"
    yield Diagnostic(Code.CUSTOM_OPERATOR_TEXT, message, _IMPORTS, hint)


def _is_same(one: n.ImportStatement, other: n.ImportStatement) -> bool:
    """Say whether two imports bind one name to one thing; `import a.b` binds `a`."""
    whole = all(isinstance(each, n.Import) and each.asname is None for each in (one, other))
    return one == other or whole


def _spelt(statement: n.ImportStatement) -> str:
    alias = f" as {statement.asname}" if statement.asname is not None else ""
    if isinstance(statement, n.Import):
        return f"import {statement.module}{alias}"
    return f"from {statement.module} import {statement.name}{alias}"


def _check_names(
    imports: Sequence[n.ImportStatement], operators: Mapping[str, OperatorText]
) -> Iterator[Diagnostic]:
    """Find names that nothing defines, once for each text."""
    known = frozenset((*map(bound_name, imports), *_BUILTINS))
    for origin, operator in operators.items():
        unknown = {name.id: name for name in operator.free_names() if name.id not in known}
        for name, node in unknown.items():
            refused = operator.text.refusal(f"nothing defines {name!r}", node, _advice(name, known))
            yield _refusal(origin, refused)


def _advice(name: str, known: Collection[str]) -> str:
    if name == "dag":
        return "leave the DAG out: every operator is within it"
    advice = f"import it in {_IMPORTS}, or write its value out"
    meant = nearest(name, sorted(known))
    return f"{meant} Else {advice}" if meant else advice


def _check_task_ids(
    document: Document, operators: Mapping[str, OperatorText]
) -> Iterator[Diagnostic]:
    """Find ids of the operators' own that Airflow refuses, or that another task has."""
    given = {origin: _task_id(one) for origin, one in operators.items()}
    own = {origin: task_id for origin, task_id in given.items() if task_id is not None}
    taken = Counter((*own.values(), *_other_ids(document, own.keys())))
    for origin, task_id in own.items():
        if not task_id or names.airflow_id(task_id) != task_id:
            message = f"found {task_id!r:.80}, which is no task id"
            hint = "a task id has letters, digits, hyphens, underscores and full stops"
            yield Diagnostic(Code.TASK_ID_ILLEGAL, message, origin, hint)
        elif taken[task_id] > 1:
            message = f"found the task id {task_id!r}, which another task of the DAG has"
            hint = "take the id from `node.name`, or leave it out to get the group's"
            yield Diagnostic(Code.TASK_ID_COLLISION, message, origin, hint)


def _task_id(operator: OperatorText) -> str | None:
    given = operator.keyword("task_id")
    if not isinstance(given, ast.Constant):
        return None
    return given.value if isinstance(given.value, str) else None


def _other_ids(document: Document, own: Collection[str]) -> tuple[str, ...]:
    """Return the ids of all tasks but those that name themselves."""
    of_groups = (group.id for group in document.groups if _submit(group.id) not in own)
    groups = tuple(map(names.airflow_id, of_groups))
    cluster = (task_id for origin, task_id in _CLUSTER_IDS.items() if origin not in own)
    fixed = (*groups, *cluster, *file_names.TASK_IDS)
    return (*fixed, *sensors.task_ids(document.deployment.run_config.external_dependencies, fixed))
