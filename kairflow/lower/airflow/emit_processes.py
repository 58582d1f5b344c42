"""The part of a DAG file that runs Kedro as a child of the worker: one operator, one function."""

from __future__ import annotations

from kairflow.lower.airflow.emit_task_doc import (
    NODES_ARGUMENT,
    STR_LIST,
    TASK_DOC,
    task_parameters,
)
from kairflow.lower.airflow.model import Processes
from kairflow.lower.codegen import nodes as n

_SELF = n.Name("self")
_HOOK = n.dotted("self.hook")
_KWARGS = n.Parameter("kwargs", n.Name("Any"), kind=n.ParameterKind.KWARGS)


def process_constants(processes: Processes) -> n.Body:
    """Build the constants that say where Python and the project are."""
    return (
        n.Assign(n.Name("PYTHON"), n.Literal(processes.python)),
        n.Assign(n.Name("PROJECT_DIR"), n.Literal(processes.project_dir)),
    )


def process_definitions(processes: Processes) -> n.Body:
    """Build the operator, and the function `kedro_run`, which every task calls."""
    return (_operator(), _kedro_run(processes))


def _operator() -> n.ClassDef:
    return n.ClassDef(
        name="KedroOperator",
        bases=(n.Name("BaseOperator"),),
        docstring="Run Kedro in a child process that ends when the task does.",
        body=(_init(), _hook(), _execute(), _on_kill()),
    )


def _init() -> n.FunctionDef:
    superclass = n.Call(n.Name("super"))
    init = n.Call(n.Attribute(superclass, "__init__"), (), (n.StarStar(n.Name("kwargs")),))
    return n.FunctionDef(
        name="__init__",
        parameters=(n.Parameter("self"), n.Parameter("arguments", STR_LIST), _KWARGS),
        body=(n.ExprStatement(init), _assign_attribute("arguments")),
        returns=n.Literal(None),
    )


def _assign_attribute(name: str) -> n.Assign:
    return n.Assign(n.Attribute(_SELF, name), n.Name(name))


def _hook() -> n.FunctionDef:
    return n.FunctionDef(
        name="hook",
        parameters=(n.Parameter("self"),),
        body=(n.Return(n.Call(n.Name("SubprocessHook"))),),
        returns=n.Name("SubprocessHook"),
        decorators=(n.Name("cached_property"),),
    )


def _execute() -> n.FunctionDef:
    result = n.Name("result")
    exit_code = n.Attribute(result, "exit_code")
    failure = n.BinaryOp(
        n.Literal("kedro run ended with exit code "), "+", n.Call(n.Name("str"), (exit_code,))
    )
    return n.FunctionDef(
        name="execute",
        parameters=(n.Parameter("self"), n.Parameter("context", n.Name("Context"))),
        body=(
            n.Comment(
                "COLUMNS: Kedro wraps its log lines at 80 columns where it sees no terminal."
            ),
            n.Try(body=(n.Assign(result, _run_command()),), finalbody=(_call("self.on_kill"),)),
            n.If(
                n.Compare(exit_code, "!=", n.Literal(0)),
                (n.Raise(n.Call(n.Name("RuntimeError"), (failure,))),),
            ),
        ),
        returns=n.Literal(None),
    )


def _run_command() -> n.Call:
    command = n.ListDisplay(
        (
            n.Name("PYTHON"),
            n.Literal("-m"),
            n.Literal("kedro"),
            n.Starred(n.Attribute(_SELF, "arguments")),
        )
    )
    extra = n.Literal({"COLUMNS": "200", "PYTHONUNBUFFERED": "1"})
    environment = n.BinaryOp(n.dotted("os.environ"), "|", extra)
    keywords = (n.Keyword("env", environment), n.Keyword("cwd", n.Name("PROJECT_DIR")))
    return n.Call(n.dotted("self.hook.run_command"), (command,), keywords)


def _call(path: str, *args: n.Expression) -> n.ExprStatement:
    return n.ExprStatement(n.Call(n.dotted(path), args))


def _on_kill() -> n.FunctionDef:
    process = n.Name("process")
    has_ended = n.Compare(n.Call(n.dotted("process.poll")), "is not", n.Literal(None))
    wait = n.Call(n.dotted("process.wait"), (), (n.Keyword("timeout", n.Literal(3)),))
    return n.FunctionDef(
        name="on_kill",
        parameters=(n.Parameter("self"),),
        body=(
            n.Assign(process, n.Attribute(_HOOK, "sub_process")),
            n.If(
                n.BoolOp("or", (n.Compare(process, "is", n.Literal(None)), has_ended)),
                (n.Return(),),
            ),
            _call("self.hook.send_sigterm"),
            n.Comment("Airflow kills the task itself five seconds after it asked for its end."),
            n.Try(
                body=(n.ExprStatement(wait),),
                handlers=(
                    n.Handler(
                        (n.Name("TimeoutExpired"),),
                        (_call("os.killpg", n.dotted("process.pid"), n.dotted("signal.SIGKILL")),),
                    ),
                ),
            ),
        ),
        returns=n.Literal(None),
    )


def _kedro_run(processes: Processes) -> n.FunctionDef:
    shared = tuple(n.Literal(argument) for argument in processes.arguments)
    operator = n.Name("KedroOperator")
    keywords = (
        n.Keyword("task_id", n.Name("task_id")),
        n.Keyword("arguments", n.ListDisplay((*shared, NODES_ARGUMENT))),
        n.Keyword("doc_md", TASK_DOC),
    )
    return n.FunctionDef(
        name="kedro_run",
        parameters=task_parameters(),
        docstring="Run Kedro nodes in one child of the worker.",
        body=(n.Return(n.Call(operator, (), keywords)),),
        returns=operator,
    )
