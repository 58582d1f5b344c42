"""The last guard: a text that does not read back as its nodes never leaves the package."""

from __future__ import annotations

import pytest

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes, printer
from kairflow.lower.codegen.check import called_names, check_module

CALL = nodes.ExprStatement(nodes.Call(nodes.dotted("os.getenv"), (nodes.Literal("x"),)))
MODULE = nodes.Module((nodes.Comment("h"),), (nodes.Import("os"),), (nodes.BlankLine(), CALL))


def test_its_own_text_passes() -> None:
    check_module("# h\n\nimport os\n\nos.getenv('x')\n", MODULE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import os\nos.getenv('x'\n", "does not parse"),
        ("import os\nos.getenv('\0')\n", "does not parse"),
        ("# coding: ascii\nimport os\nos.getenv('ü')\n", "does not parse"),
        ("import os\nos.getenv('\ud800')\n", "does not parse"),
        ("[" * 300 + "]" * 300, "does not parse"),
        ("import os\nos.getenv('x')\nexit\n", "3 statements instead of 2"),
        ("import os\n", "1 statements instead of 2"),
        ("import os\nos.getenv(exit())\n", r"differ in calls: \['exit'\]"),
        ("import os\nos.getenv\n", r"differ in calls: \['os.getenv'\]"),
        ("import os\nos.getenv('x')()\n", r"differ in calls: \['\?'\]"),
    ],
)
def test_any_other_text_fails(text: str, reason: str) -> None:
    with pytest.raises(InternalError, match=reason):
        check_module(text, MODULE)


def test_called_names_are_dotted() -> None:
    inner = nodes.Call(nodes.Attribute(nodes.Call(nodes.Name("f")), "g"))
    module = nodes.Module(body=(nodes.Assign(nodes.Name("x"), inner), CALL))
    assert called_names(module) == {"f", "?.g", "os.getenv"}


def test_printing_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printer, "_text", lambda module: "exit()\n")
    with pytest.raises(InternalError, match="the printed module"):
        printer.print_module(MODULE)


def test_trees_too_deep_for_the_stack_are_an_internal_error() -> None:
    deep: nodes.Expression = nodes.Name("x")
    for _ in range(5000):
        deep = nodes.ListDisplay((deep,))
    with pytest.raises(InternalError, match="too deeply"):
        printer.print_module(nodes.Module(body=(nodes.Assign(nodes.Name("x"), deep),)))


def test_a_list_where_a_tuple_belongs_cannot_hide_a_call() -> None:
    hidden = nodes.ListDisplay([nodes.Call(nodes.Name("exit"))])  # type: ignore[arg-type]
    with pytest.raises(InternalError, match="differ in calls"):
        printer.print_module(nodes.Module(body=(nodes.Assign(nodes.Name("x"), hidden),)))
