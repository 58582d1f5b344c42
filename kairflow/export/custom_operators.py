"""Has the project's own class write the Airflow operators of its Spark groups.

What the class returns is text that nobody looks into here: lowering reads it, and only with the
user's consent.
"""

from __future__ import annotations

import copy
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kairflow.errors import Code, Diagnostic, ProjectError, Severity
from kairflow.export import user_code
from kairflow.export.config import Config
from kairflow.export.operator_factory import SparkGroup
from kairflow.export.project import Project
from kairflow.ir.artefacts import Artefacts, name_artefacts
from kairflow.ir.model import Document, Engine, Group
from kairflow.ir.spark import CustomOperators, Spark
from kairflow.ir.validation import nearest

_KEY = ("run_config", "spark", "operator_factory")
_IMPORTS, _SUBMIT = "imports_statement", "submit_operator"
_CREATE, _DELETE = "create_cluster_operator", "delete_cluster_operator"
_MEMBERS = (_IMPORTS, _CREATE, _DELETE, _SUBMIT)
_MAY_BE_EMPTY = (_IMPORTS, _CREATE, _DELETE)
_PREDECESSOR = "kedro_airflow_k8s"
_DERIVE = "derive it from kairflow.export.SparkOperatorFactoryBase, whose documentation says all"


@dataclass(frozen=True, slots=True)
class _Order:
    """All that the class is told, and where to complain about it."""

    project: Project
    document: Document
    spark: Spark
    jobs: tuple[Group, ...]
    artefacts: Artefacts | None
    where: str

    def fault(self, code: Code, message: str, hint: str = "") -> Diagnostic:
        """Return an error about the class."""
        return Diagnostic(code, message, self.where, hint)


class _UnusableError(Exception):
    """Why the class, or what it returned, cannot be used."""

    def __init__(self, *faults: Diagnostic) -> None:
        super().__init__()
        self.faults = faults


def write_operators(
    project: Project, config: Config, document: Document
) -> tuple[CustomOperators | None, tuple[Diagnostic, ...]]:
    """Return what the class wrote for a document, if it is asked, and what is wrong with it.

    The project must be open; whatever its code raises is a diagnostic.
    """
    spark = document.deployment.run_config.spark
    jobs = tuple(group for group in document.groups if group.engine is Engine.SPARK)
    if spark is None or spark.operator_factory is None or not jobs:
        return None, ()
    where = config.where(_KEY)
    if spark.type != "custom":
        return None, (_unused(spark, where),)
    if spark.has_artefacts and document.archive is None:
        return None, (_no_archive(config),)
    order = _Order(project, document, spark, jobs, name_artefacts(document), where)
    try:
        return _written(_open_factory(order, spark.operator_factory), order), ()
    except _UnusableError as unusable:
        return None, unusable.faults


def _unused(spark: Spark, where: str) -> Diagnostic:
    message = f"type {spark.type} has operators of its own, so the class is not asked"
    hint = "leave operator_factory out, or set type to custom"
    return Diagnostic(Code.OPERATOR_FACTORY_UNUSED, message, where, hint, Severity.WARNING)


def _no_archive(config: Config) -> Diagnostic:
    return Diagnostic(
        Code.OPERATOR_FACTORY_ARCHIVE,
        "the operators are told where the project's files are uploaded, which takes an archive",
        config.where(("run_config", "spark", "artifacts_path")),
        "add --archive DIR, or --artifacts DIR with compile; "
        "or leave artifacts_path out when nothing is uploaded",
    )


def _open_factory(order: _Order, path: str) -> Any:
    """Import the class and make an object of it."""
    found = _find(order, path)
    if not isinstance(found, type):
        message = f"found {path!r} of type {type(found).__name__}, expected a class"
        raise _UnusableError(order.fault(Code.OPERATOR_FACTORY, message, _DERIVE))
    _refuse_missing(order, path, getattr(found, "__abstractmethods__", ()))
    factory = _run(order, f"making a {found.__name__}", found, code=Code.OPERATOR_FACTORY)
    _refuse_missing(order, path, {*_MEMBERS} - {*dir(factory)})
    return factory


def _refuse_missing(order: _Order, path: str, missing: Sequence[str] | set[str]) -> None:
    lacks = ", ".join(name for name in _MEMBERS if name in missing)
    if lacks:
        message = f"class {path!r} lacks {lacks}"
        raise _UnusableError(order.fault(Code.OPERATOR_FACTORY, message, _DERIVE))


def _find(order: _Order, path: str) -> object:
    module_name, _, name = path.rpartition(".")
    if not module_name or not all(part.isidentifier() for part in path.split(".")):
        message = f"found {path!r}, expected a class as package.module.Class"
        raise _UnusableError(order.fault(Code.OPERATOR_FACTORY, message))
    module = _import(order, module_name)
    if not hasattr(module, name):
        classes = sorted(key for key, value in vars(module).items() if isinstance(value, type))
        message = f"module {module_name!r} has no class {name!r}"
        raise _UnusableError(order.fault(Code.OPERATOR_FACTORY, message, nearest(name, classes)))
    found: object = getattr(module, name)
    return found


def _import(order: _Order, name: str) -> Any:
    try:
        with user_code.running(f"importing {name!r}", order.project.root):
            return importlib.import_module(name)
    except ProjectError as error:
        cause = error.__cause__
        lost = cause.name or "" if isinstance(cause, ModuleNotFoundError) else ""
        if lost and f"{name}.".startswith(f"{lost}."):
            message = f"there is no module {lost!r}"
            hint = _meant(lost, order.project.package)
            raise _UnusableError(order.fault(Code.OPERATOR_FACTORY, message, hint)) from error
        hint = _OLD_BASE if lost.partition(".")[0] == _PREDECESSOR else ""
        faults = (_raised(order, found, Code.OPERATOR_FACTORY, hint) for found in error.diagnostics)
        raise _UnusableError(*faults) from error


_OLD_BASE = (
    "import SparkOperatorFactoryBase from kairflow.export, and for the type of `config` Deployment"
    " from kairflow.ir.deployment"
)


def _meant(lost: str, package: str) -> str:
    """Suggest a module for one that is missing; the package above it was imported already."""
    parent, _, _ = lost.rpartition(".")
    if not parent:
        return f"the project's package is {package!r}"
    folders = getattr(importlib.import_module(parent), "__path__", ())
    return nearest(lost, [f"{parent}.{found.name}" for found in pkgutil.iter_modules(folders)])


def _run(
    order: _Order, action: str, call: Callable[[], Any], code: Code = Code.OPERATOR_FACTORY_FAILED
) -> Any:
    try:
        with user_code.running(action, order.project.root):
            return call()
    except ProjectError as error:
        raise _UnusableError(
            *(_raised(order, found, code) for found in error.diagnostics)
        ) from error


def _raised(order: _Order, found: Diagnostic, code: Code, hint: str = "") -> Diagnostic:
    """Tell a mistake of the class's code where the configuration names the class."""
    place = f", at {found.where}" if found.where else ""
    return order.fault(code, f"{found.message}{place}", hint or found.hint)


def _written(factory: Any, order: _Order) -> CustomOperators:
    """Ask for every text; all that goes wrong is told at once."""
    texts, faults = dict[str, str](), list[Diagnostic]()
    for name, ask in _questions(factory, order):
        try:
            texts[name] = _text(order, name, _run(order, name, ask))
        except _UnusableError as unusable:
            faults += unusable.faults
    if faults:
        raise _UnusableError(*faults)
    created, deleted = texts[_CREATE], texts[_DELETE]
    if bool(created) is not bool(deleted):
        raise _UnusableError(_half_a_cluster(order, created=bool(created)))
    return CustomOperators(
        imports=texts[_IMPORTS],
        create_cluster=created or None,
        delete_cluster=deleted or None,
        submit={group.id: texts[_submit(group.id)] for group in order.jobs},
    )


def _submit(group_id: str) -> str:
    return f"{_SUBMIT} of group {group_id!r}"


def _questions(factory: Any, order: _Order) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield all that the class is asked, by what to call the answer."""
    files = order.artefacts
    yield _IMPORTS, lambda: _called(factory.imports_statement)
    yield (
        _CREATE,
        lambda: factory.create_cluster_operator(
            init_script_path="" if files is None else files.init_script,
            cluster_config=copy.deepcopy(order.spark.dataproc_config),
            **_common(order),
        ),
    )
    yield _DELETE, lambda: factory.delete_cluster_operator(**_common(order))
    for group in order.jobs:
        yield _submit(group.id), partial(_job, factory, order, group)


def _job(factory: Any, order: _Order, group: Group) -> Any:
    files = order.artefacts
    return factory.submit_operator(
        node=SparkGroup(group.id, group.nodes, group.resource_class),
        pipeline=order.document.source.pipeline,
        main_python_file_path="" if files is None else files.runners[group.id],
        **_common(order),
    )


def _common(order: _Order) -> dict[str, Any]:
    """Return what every method gets; each a copy, so that a change of it reaches nobody else."""
    config = order.document.deployment.model_copy(deep=True)
    return {"project_name": order.document.source.project, "config": config}


def _called(value: Any) -> Any:
    """Take a method where a property is expected."""
    return value() if callable(value) else value


def _text(order: _Order, name: str, value: object) -> str:
    if value is None and name in (_CREATE, _DELETE):
        return ""
    if not isinstance(value, str):
        message = f"{name} returned {type(value).__name__}, expected text"
        hint = "return the operator as Python source, such as \"BashOperator(bash_command='true')\""
        raise _UnusableError(order.fault(Code.OPERATOR_FACTORY_FAILED, message, hint))
    if not value.strip() and name not in _MAY_BE_EMPTY:
        message = f"{name} returned empty text, expected an operator"
        raise _UnusableError(order.fault(Code.OPERATOR_FACTORY_FAILED, message))
    return str.__str__(value) if value.strip() else ""


def _half_a_cluster(order: _Order, *, created: bool) -> Diagnostic:
    has, lacks = (_CREATE, _DELETE) if created else (_DELETE, _CREATE)
    message = f"{has} returned an operator and {lacks} none, expected both or neither"
    hint = "return empty text from both when there is no cluster to create"
    return order.fault(Code.OPERATOR_FACTORY_FAILED, message, hint)
