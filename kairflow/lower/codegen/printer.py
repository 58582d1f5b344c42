"""Print a module: the public face of this package, together with `nodes`."""

from __future__ import annotations

from kairflow.errors import InternalError
from kairflow.lower.codegen.blank_lines import opens_definition
from kairflow.lower.codegen.check import check_module
from kairflow.lower.codegen.comments import comment_text
from kairflow.lower.codegen.imports import sections
from kairflow.lower.codegen.pieces import Canvas
from kairflow.lower.codegen.statement_nodes import Module
from kairflow.lower.codegen.statements import write_statements


def print_module(module: Module) -> str:
    """Return the source of `module`: the same bytes on every Python, as a formatter leaves it.

    Raises `InternalError` when the text does not read back as the module that it was made of.
    """
    try:
        text = _text(module)
    except RecursionError:
        raise InternalError("the source nodes nest too deeply to be printed") from None
    check_module(text, module)
    return text


def _text(module: Module) -> str:
    header = "\n".join(comment_text(comment.text) for comment in module.header)
    imports = "\n\n".join("\n".join(lines) for lines in sections(module.imports))
    opening = "\n\n".join(part for part in (header, imports) if part)
    canvas = Canvas()
    write_statements(module.body, canvas, indent=0)
    body = canvas.text()
    gap = ""
    if opening and body:
        gap = "\n\n\n" if opens_definition(module.body) else "\n\n"
    return f"{opening}{gap}{body}\n" if opening or body else ""
