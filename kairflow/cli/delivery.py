"""Hand a product over: to standard output, to a file or into a folder; and say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kairflow.cli import report
from kairflow.deploy.local_files import place_text
from kairflow.errors import Code, Diagnostic, UsageError


@dataclass(frozen=True, slots=True)
class Product:
    """A text, the name that its file has in a folder, what it is, and what to do with it next.

    `next_step` is said once a file is written; `{file}` in it stands for the file.
    """

    name: str
    text: str
    summary: str
    next_step: str


def deliver(
    products: Sequence[tuple[Product, Mapping[str, Any]]],
    output: Path | None,
    warnings: Sequence[Diagnostic],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write every product and report; the facts about each go into the JSON answer.

    Raises:
        UsageError: a JSON answer was asked for, but the product needs standard output.
        FileError: a file cannot be written.
    """
    check_output(output, as_json=as_json)
    files = [_place(product, output) for product, _ in products]
    if as_json:
        answers = [{**facts, **file} for (_, facts), file in zip(products, files, strict=True)]
        report.print_json({"ok": True, "files": answers, "diagnostics": warnings})
        return
    if quiet:
        return
    if warnings:
        report.print_diagnostics(warnings)
    for (product, _), file in zip(products, files, strict=True):
        report.print_line(_sentence(product, file))
    (product, _), file = products[0], files[0]
    if file:
        report.print_line("next: " + product.next_step.replace("{file}", file["file"]))


def check_output(output: Path | None, *, as_json: bool) -> None:
    """Refuse to put a product and an answer into one stream.

    Raises:
        UsageError: a JSON answer was asked for, but the product needs standard output.
    """
    if output is None and as_json:
        hint = "add -o FILE, so that standard output is free for the answer"
        raise UsageError([Diagnostic(Code.FILE_UNWRITABLE, "--json needs -o", "--json", hint)])


def _place(product: Product, output: Path | None) -> dict[str, Any]:
    if output is None:
        report.print_product(product.text)
        return {}
    path = output / product.name if is_folder(output, product.name) else output
    return {"file": str(path), "changed": place_text(path, product.text)}


def is_folder(output: Path, name: str) -> bool:
    """Tell whether `-o` names a folder: one that exists, or a path without the file's ending."""
    return output.is_dir() or (not output.exists() and output.suffix != Path(name).suffix)


def _sentence(product: Product, file: Mapping[str, Any]) -> str:
    if not file:
        return product.summary
    verb = "wrote" if file["changed"] else "unchanged:"
    return f"{product.summary}: {verb} {file['file']}"
