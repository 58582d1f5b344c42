"""Sort, merge and group imports the way isort and `ruff check --select I` expect them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from kairflow.lower.codegen.import_nodes import Import, ImportFrom, ImportStatement
from kairflow.lower.codegen.pieces import Brackets, Canvas, Run, Text, write_broken, write_flat

# Not `sys.stdlib_module_names`: that list, and so the order, would depend on the Python we run on.
_MODULES = """
abc argparse array ast asyncio atexit base64 binascii bisect builtins bz2 calendar cmath cmd
code codecs codeop collections colorsys compileall concurrent configparser contextlib
contextvars copy copyreg cProfile csv ctypes curses dataclasses datetime dbm decimal difflib
dis doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch
fractions ftplib functools gc getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac
html http idlelib imaplib importlib inspect io ipaddress itertools json keyword linecache
locale logging lzma mailbox marshal math mimetypes mmap modulefinder multiprocessing netrc
ntpath numbers operator optparse os pathlib pdb pickle pickletools pkgutil platform plistlib
poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc queue quopri
random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve
shlex shutil signal site smtplib socket socketserver sqlite3 sre_compile sre_constants
sre_parse ssl stat statistics string stringprep struct subprocess symtable sys sysconfig
syslog tabnanny tarfile tempfile termios textwrap this threading time timeit tkinter token
tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata
unittest urllib uuid venv warnings wave weakref webbrowser wsgiref xml xmlrpc zipapp zipfile
zipimport zlib zoneinfo
"""
_STANDARD_LIBRARY = frozenset(_MODULES.split())
_DIGITS = re.compile(r"(\d+)")


def sections(imports: Iterable[ImportStatement]) -> list[list[str]]:
    """Write imports as lines, in sections that a blank line separates; doubles are dropped."""
    grouped: dict[int, list[ImportStatement]] = defaultdict(list)
    for node in dict.fromkeys(imports):
        grouped[_section(node.module)].append(node)
    return [_section_lines(nodes) for _, nodes in sorted(grouped.items())]


def _section(module: str) -> int:
    package = module.partition(".")[0]
    if package == "__future__":
        return 0
    return 1 if package in _STANDARD_LIBRARY else 2


def _section_lines(nodes: list[ImportStatement]) -> list[str]:
    whole = sorted((node for node in nodes if isinstance(node, Import)), key=_import_key)
    members = [node for node in nodes if isinstance(node, ImportFrom)]
    return [*map(_import_line, whole), *_from_lines(members)]


def _import_line(node: Import) -> str:
    return f"import {node.module}{_alias(node.asname)}"


def _from_lines(nodes: list[ImportFrom]) -> list[str]:
    plain: dict[str, list[ImportFrom]] = defaultdict(list)
    statements: list[list[ImportFrom]] = []
    for node in nodes:
        if node.asname is None:
            plain[node.module].append(node)
        else:
            statements.append([node])
    statements += plain.values()
    statements = [sorted(members, key=_member_key) for members in statements]
    return [_from_line(members) for members in sorted(statements, key=_from_key)]


def _from_line(members: list[ImportFrom]) -> str:
    start = Text(f"from {members[0].module} import ")
    names = tuple(Text(f"{node.name}{_alias(node.asname)}") for node in members)
    canvas = Canvas()
    if canvas.fits(Run((start, Brackets("", names, ""))).width):
        write_flat(Run((start, Brackets("", names, ""))), canvas)
    else:
        canvas.write(start.text)
        write_broken(Brackets("(", names, ")"), canvas, indent=0)
    return canvas.text()


def _alias(asname: str | None) -> str:
    return "" if asname is None else f" as {asname}"


_Key = tuple[object, ...]


def _natural(text: str) -> tuple[tuple[bool, int, str], ...]:
    parts = (part for part in _DIGITS.split(text) if part)
    return tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def _module_key(module: str) -> _Key:
    return (_natural(module.lower()), _natural(module))


def _import_key(node: Import) -> _Key:
    return (*_module_key(node.module), node.asname or "")


def _member_key(node: ImportFrom) -> _Key:
    name = node.name
    constant = len(name) > 1 and name.isupper()
    kind = 0 if constant else 1 if name[0].isupper() else 2
    return (kind, _natural(name.lower()), _natural(name), node.asname or "")


def _from_key(members: list[ImportFrom]) -> _Key:
    first = members[0]
    return (*_module_key(first.module), *_member_key(first))
