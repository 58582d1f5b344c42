"""The containment in which a project's code runs; whatever that code changes is put back.

It keeps state of this process only, so it must not be entered by two threads at once, and it
knows nothing of what runs inside.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

QUIET_LOGGING = Path(__file__).with_name("quiet_logging.yml")

_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "KEDRO_DISABLE_TELEMETRY": "1",
    # Kedro reads this when it is imported; else conf/logging.yml of the current folder counts,
    # and a file handler in there creates its file at once.
    "KEDRO_LOGGING_CONFIG": str(QUIET_LOGGING),
    "PYTHONDONTWRITEBYTECODE": "1",
}


@contextmanager
def isolated(root: Path) -> Iterator[None]:
    """Run the body in the folder `root` without lasting traces in this process or the project.

    Telemetry is off, standard output goes to standard error, no bytecode is written. Environment,
    current folder, import path, logging, OmegaConf's resolvers and Kedro's idea of the current
    project are afterwards what they were before, whatever the body raises.
    """
    with ExitStack() as stack:
        stack.enter_context(_environment())
        stack.enter_context(_working_folder(root))
        stack.enter_context(_import_state())
        stack.enter_context(_standard_output())
        stack.enter_context(_output_of_children())
        stack.enter_context(_logging_state())
        stack.enter_context(_resolvers())
        stack.enter_context(_current_project())
        yield


@contextmanager
def project_modules(package: str, source: Path) -> Iterator[None]:
    """Import `package` afresh in the body, and forget afterwards all that came from `source`.

    Else two projects that share a package's name would share its modules too.
    """
    hidden = {name: sys.modules.pop(name) for name in _modules_of(package)}
    known = set(sys.modules)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name not in known]:
            if _is_below(sys.modules[name], source):
                del sys.modules[name]
        for name in _modules_of(package):
            del sys.modules[name]
        sys.modules.update(hidden)


def _modules_of(package: str) -> list[str]:
    return [name for name in sys.modules if name == package or name.startswith(f"{package}.")]


def _is_below(module: ModuleType, source: Path) -> bool:
    names = vars(module)
    places = [names.get("__file__"), *(names.get("__path__") or ())]
    paths = [Path(place) for place in places if isinstance(place, str)]
    # A virtual environment may lie within the project: its modules are nobody's source.
    return any(source in path.parents and "site-packages" not in path.parts for path in paths)


@contextmanager
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _working_folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _import_state() -> Iterator[None]:
    path, bytecode = list(sys.path), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        sys.dont_write_bytecode = bytecode


@contextmanager
def _standard_output() -> Iterator[None]:
    """Keep what the project prints out of the product: it goes to standard error."""
    streams = (sys.stdout, sys.__stdout__)
    held = [handler for handler in _stream_handlers() if handler.stream in streams]
    outputs = [handler.stream for handler in held]
    original = sys.__stdout__
    sys.__stdout__ = sys.stderr  # type: ignore[misc, assignment]
    for handler in held:
        handler.setStream(sys.stderr)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.__stdout__ = original  # type: ignore[misc]
        for handler, output in zip(held, outputs, strict=True):
            handler.setStream(output)


@contextmanager
def _output_of_children() -> Iterator[None]:
    """Send what the project's child processes and C code print to standard error, too."""
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of the two is closed
        yield
        return
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _stream_handlers() -> list[logging.StreamHandler[Any]]:
    handlers = (reference() for reference in logging._handlerList)  # type: ignore[attr-defined]
    return [handler for handler in handlers if isinstance(handler, logging.StreamHandler)]


@contextmanager
def _logging_state() -> Iterator[None]:
    """Put back all loggers; hide the handlers meanwhile, since configuring closes them."""
    before = {logger: _logger_state(logger) for logger in _loggers()}
    disabled = logging.root.manager.disable
    handlers: list[Any] = logging._handlerList  # type: ignore[attr-defined]
    by_name: Any = logging._handlers  # type: ignore[attr-defined]
    known, named = list(handlers), dict(by_name)
    handlers.clear()
    by_name.clear()
    try:
        yield
    finally:
        for handler in [reference() for reference in handlers]:
            if handler is not None:
                handler.close()
        handlers[:] = known
        by_name.clear()
        by_name.update(named)
        logging.disable(disabled)
        for logger in _loggers():
            _restore_logger(logger, before.get(logger, (logging.NOTSET, True, False, [], [])))


_LoggerState = tuple[int, bool, bool, list[logging.Handler], list[Any]]


def _loggers() -> list[logging.Logger]:
    known = list(logging.root.manager.loggerDict.values())
    return [logging.root, *(logger for logger in known if isinstance(logger, logging.Logger))]


def _logger_state(logger: logging.Logger) -> _LoggerState:
    return (
        logger.level,
        logger.propagate,
        logger.disabled,
        list(logger.handlers),
        list(logger.filters),
    )


def _restore_logger(logger: logging.Logger, state: _LoggerState) -> None:
    level, logger.propagate, logger.disabled, handlers, filters = state
    logger.setLevel(level)
    logger.handlers[:] = handlers
    logger.filters[:] = filters


@contextmanager
def _resolvers() -> Iterator[None]:
    """Keep OmegaConf's resolvers, which all projects of a process would share."""
    from omegaconf.basecontainer import BaseContainer

    before = dict(BaseContainer._resolvers)
    try:
        yield
    finally:
        BaseContainer._resolvers.clear()
        BaseContainer._resolvers.update(before)


@contextmanager
def _current_project() -> Iterator[None]:
    """Keep Kedro's module-level notion of the project that it works for."""
    from kedro.framework import project

    settings, pipelines = dict(project.settings.__dict__), dict(project.pipelines.__dict__)
    package, logging_config = project.PACKAGE_NAME, project.LOGGING.data
    project.LOGGING.data = {"version": 1, "incremental": True, "loggers": {}}
    logging.getLogger("kedro").setLevel(logging.ERROR)
    try:
        yield
    finally:
        _replace(project.settings.__dict__, settings)
        _replace(project.pipelines.__dict__, pipelines)
        project.PACKAGE_NAME, project.LOGGING.data = package, logging_config


def _replace(mapping: dict[str, Any], content: dict[str, Any]) -> None:
    mapping.clear()
    mapping.update(content)
