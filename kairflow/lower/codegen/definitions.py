"""Write the headers of functions and classes; their bodies are written by `statements`."""

from __future__ import annotations

from kairflow.errors import InternalError
from kairflow.lower.codegen.expressions import expression, item
from kairflow.lower.codegen.pieces import (
    Brackets,
    Canvas,
    Piece,
    Run,
    Text,
    write,
    write_broken,
    write_flat,
)
from kairflow.lower.codegen.statement_nodes import ClassDef, FunctionDef, Parameter, ParameterKind

_STARS = {ParameterKind.ARGS: "*", ParameterKind.KWARGS: "**"}


def write_function_header(node: FunctionDef, canvas: Canvas, indent: int) -> None:
    """Write `def name(parameters) -> returns:`; too wide, it breaks between the parameters."""
    parameters = _parameters(node.parameters)
    start = Text(f"def {node.name}")
    end = Run((Text(") -> "), expression(node.returns), Text(":"))) if node.returns else Text("):")
    brackets = Brackets("(", parameters, "")
    if canvas.fits(start.width + brackets.width + end.width) or not parameters:
        write_flat(Run((start, brackets if parameters else Text("("))), canvas)
    else:
        write_flat(start, canvas)
        write_broken(brackets, canvas, indent)
    if node.returns is not None and not canvas.fits(end.width):
        raise InternalError(f"the return annotation of {node.name!r} is too wide")
    write_flat(end, canvas)


def write_class_header(node: ClassDef, canvas: Canvas, indent: int) -> None:
    """Write `class name(bases):`; too wide, it breaks between the bases."""
    canvas.write(f"class {node.name}")
    bases = tuple(map(item, (*node.bases, *node.keywords)))
    if bases:
        write(Brackets("(", bases, ")"), canvas, indent, trailing=1)
    canvas.write(":")


def _parameters(parameters: tuple[Parameter, ...]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    marked = False
    for parameter in parameters:
        if parameter.kind is ParameterKind.KEYWORD and not marked:
            pieces.append(Text("*"))
        marked = marked or parameter.kind in (ParameterKind.ARGS, ParameterKind.KEYWORD)
        pieces.append(_parameter(parameter))
    return tuple(pieces)


def _parameter(parameter: Parameter) -> Piece:
    parts: list[Piece] = [Text(_STARS.get(parameter.kind, "") + parameter.name)]
    if parameter.annotation is not None:
        parts += (Text(": "), item(parameter.annotation))
    if parameter.default is not None:
        parts += (Text(" = " if parameter.annotation else "="), item(parameter.default))
    return Run(tuple(parts))
