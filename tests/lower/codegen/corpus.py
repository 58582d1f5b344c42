"""A corpus of modules that needs the standard library only, to be printed on every Python.

Run as a program it prints the digest of all the texts.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.module_source import read_module
from kairflow.lower.codegen.printer import print_module
from kairflow.lower.codegen.translation import passages

_CHUNK = 64


def texts() -> Iterator[str]:
    """Print every kind of node, and every character of the planes that people write in."""
    yield print_module(_translated())
    yield print_module(_characters(_every_script()))
    chance = random.Random(5)
    for _ in range(60):
        yield print_module(_module(chance))


def _translated() -> nodes.Module:
    """Read a real module: the tokens of an f-string differ from one Python to the next."""
    found = passages(read_module("tests.lower.codegen.sample_module"))
    return nodes.Module(body=tuple(item for body in found.values() for item in body))


def digest() -> str:
    whole = hashlib.sha256()
    for text in texts():
        whole.update(text.encode())
    return whole.hexdigest()


def _every_script() -> str:
    """Return every character of the small scripts, and some of the large ones."""
    small = (range(0x3400), range(0xF900, 0x10000), range(0x1F000, 0x1FB00))
    codes = [code for script in small for code in script] + list(range(0, 0x110000, 101))
    return "".join(map(chr, codes))


def _characters(text: str) -> nodes.Module:
    chunks = [text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK)]
    return nodes.Module(
        tuple(map(nodes.Comment, chunks)),
        body=tuple(
            nodes.Assign(nodes.Name("x"), nodes.Literal([text, "y" * 9])) for text in chunks
        ),
    )


def _module(chance: random.Random) -> nodes.Module:
    body = tuple(nodes.Assign(nodes.Name("x"), _expression(chance, 4)) for _ in range(9))
    item = nodes.WithItem(nodes.Call(nodes.Name("DAG"), (_expression(chance, 2),)), nodes.Name("d"))
    function = nodes.FunctionDef(
        "helper",
        (nodes.Parameter("a", nodes.Name("str")), nodes.Parameter("b", None, _literal(chance))),
        (nodes.Return(_expression(chance, 3)),),
        docstring="Help.",
    )
    imports = (nodes.Import("tomllib"), nodes.Import("imp"), nodes.ImportFrom("airflow", "DAG"))
    return nodes.Module((), imports, (*body, function, nodes.With((item,), body)))


def _pick(chance: random.Random, count: int) -> int:
    # `random()` is the one method whose results no release of Python may change.
    return int(chance.random() * count)


def _literal(chance: random.Random) -> nodes.Literal:
    value = (chance.random() - 0.5) * 10 ** (_pick(chance, 40) - 20)
    length = _pick(chance, 90)
    return (nodes.Literal(value), nodes.Literal("a'\" " * (length // 4)), nodes.Literal(length))[
        _pick(chance, 3)
    ]


def _expression(chance: random.Random, depth: int) -> nodes.Expression:
    if depth == 0:
        return _literal(chance)
    parts = tuple(_expression(chance, depth - 1) for _ in range(1 + _pick(chance, 3)))
    first, last, name = parts[0], parts[-1], nodes.Name("task_number_" + "n" * _pick(chance, 30))
    return (
        nodes.Call(name, parts, (nodes.Keyword("key", last),)),
        nodes.ListDisplay(parts),
        nodes.DictDisplay(((first, last),)),
        nodes.BinaryOp(name, ">>", nodes.BinaryOp(first, "+", last)),
        nodes.BoolOp("or", (name, nodes.Not(nodes.Compare(first, "is not", last)))),
        nodes.Subscript(nodes.Call(nodes.Attribute(first, "get")), parts),
        nodes.TextBlock(("line of text\n",) * (1 + _pick(chance, 9))),
    )[_pick(chance, 7)]


if __name__ == "__main__":
    print(digest())
