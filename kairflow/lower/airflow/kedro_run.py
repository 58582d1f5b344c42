"""The `kedro run` that a task executes, as an argument list in which every value arrives as typed.

Parameters travel in one `--params` argument. Kedro splits it at every comma, so no comma may stand
in it but between parameters: lists and mappings are written as block-style YAML, and scalars as
JSON with the commas of strings escaped. Kedro 0.19 and 1.x read both back without loss.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic
from kairflow.ir.json_types import texts_in
from kairflow.ir.model import DEFAULT_PIPELINE, Document, Source
from kairflow.ir.name_lists import split_names

MAX_ARGUMENT_BYTES = 128 * 1024 - 1
"""Linux takes no longer argument (MAX_ARG_STRLEN, less the final NUL)."""

MAX_DEPTH = 40
"""How deep lists and mappings may nest: Kedro's own recursion ends at some sixty levels."""

_KEY = re.compile(r"(?!\s)[^\0,=.\[\]\\]+(?<!\s)")
_PLAIN = re.compile(r"[ !#-+\--\[\]-~]*\Z")


def shared_arguments(document: Document) -> tuple[str, ...]:
    """Return what `kedro run` is told by every task alike: environment, pipeline, parameters."""
    given = document.source.runtime_params
    params = (f"--params={params_text(given)}",) if given else ()
    return (*place_arguments(document), *params)


def place_arguments(document: Document) -> tuple[str, ...]:
    """Return what tells `kedro run` what to run, and where its configuration is."""
    source = document.source
    arguments = ["run"]
    if source.env is not None:
        arguments.append(f"--env={source.env}")
    if source.pipeline != DEFAULT_PIPELINE:
        # Every Kedro of both lines knows this spelling; `--pipelines` came with 1.2.
        arguments.append(f"--pipeline={source.pipeline}")
    if (conf_source := document.deployment.run_config.conf_source) is not None:
        arguments.append(f"--conf-source={conf_source}")
    return tuple(arguments)


def nodes_argument(nodes: tuple[str, ...]) -> str:
    """Return the argument that names the nodes of one task."""
    return f"--nodes={','.join(nodes)}"


def params_text(params: Mapping[str, JsonValue]) -> str:
    """Write parameters in the spelling of `kedro run --params`."""
    return ",".join(f"{key}={_value_text(value)}" for key, value in params.items())


def _value_text(value: JsonValue) -> str:
    if isinstance(value, (dict, list)) and value:
        return "\n" + "\n".join(_block_lines(value))
    return _scalar_text(value)


def _block_lines(value: JsonValue) -> Iterator[str]:
    """Yield the lines of a mapping or list, each item on lines of its own and indented by one."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _item_lines(f"? {_quoted(key)}\n:", item)
    elif isinstance(value, list):
        for item in value:
            yield from _item_lines("-", item)


def _item_lines(mark: str, item: JsonValue) -> Iterator[str]:
    if not isinstance(item, (dict, list)) or not item:
        yield f"{mark} {_scalar_text(item)}"
        return
    yield mark
    for line in _block_lines(item):
        yield from (f" {part}" for part in line.split("\n"))


def _scalar_text(value: JsonValue) -> str:
    if isinstance(value, str):
        return _string_text(value)
    if isinstance(value, float):
        # YAML 1.1 reads an exponent only after a full stop.
        mantissa, mark, exponent = json.dumps(value).partition("e")
        return f"{mantissa}{'' if '.' in mantissa else '.0'}{mark}{exponent}"
    return json.dumps(value)


def _string_text(text: str) -> str:
    r"""Write a string; OmegaConf would fill in a `${` unless a backslash stands before it."""
    return _quoted(re.sub(r"(\\*)\$\{", lambda found: rf"{found[1] * 2}\${{", text))


def _quoted(text: str) -> str:
    """Write a YAML double-quoted string in printable ASCII without a comma."""
    if _PLAIN.match(text):
        return f'"{text}"'
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(character: str) -> str:
    code = ord(character)
    if character in '\\"':
        return f"\\{character}"
    if " " <= character <= "~" and character != ",":
        return character
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def check_params(source: Source) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each parameter that no argument can carry to Kedro unchanged."""
    for key, value in source.runtime_params.items():
        where = f"$.source.runtime_params[{key!r}]"
        yield from check_name(key, where)
        yield from check_value(value, where, source.kedro_line)


def check_name(key: str, where: str) -> Iterator[Diagnostic]:
    """Yield a diagnostic for a parameter's name that `kedro run --params` cannot spell."""
    if not _KEY.fullmatch(key):
        message = f"parameter name {key!r} has characters that `kedro run --params` interprets"
        hint = "name it with letters, digits, hyphens and underscores"
        yield Diagnostic(Code.PARAMETER_UNTRANSPORTABLE, message, where, hint)


def check_path(path: str, where: str) -> Iterator[Diagnostic]:
    """Yield a diagnostic for a name that dots lead into mappings with, unless each step is fine."""
    if not all(map(_KEY.fullmatch, path.split("."))):
        yield from check_name(path, where)


def check_value(value: JsonValue, where: str, kedro_line: str) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each part of a value that Kedro would not read back as it is."""
    if _is_deeper(value, MAX_DEPTH):
        message = f"lists and mappings nest deeper than the {MAX_DEPTH} levels that Kedro reads"
        hint = "put the value into the project's configuration"
        yield Diagnostic(Code.PARAMETER_UNTRANSPORTABLE, message, where, hint)
    for text in texts_in(value):
        if text == "???":
            message = "'???' means a missing value to Kedro's configuration loader"
            yield Diagnostic(Code.PARAMETER_UNTRANSPORTABLE, message, where, "use other text")
        elif "${" in text and kedro_line == "0.19":
            message = f"Kedro 0.19 fills in the '${{' of {text!r}, and has no escape for it"
            hint = "upgrade to Kedro 1, or put the value into the project's configuration"
            yield Diagnostic(Code.PARAMETER_UNTRANSPORTABLE, message, where, hint)


def _is_deeper(value: JsonValue, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in items)


def check_arguments(document: Document) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each shared argument that no process can be given."""
    for argument in shared_arguments(document):
        option = argument.partition("=")[0]
        where = f"kedro run {option}"
        if "\0" in argument:
            message = "a NUL character ends an argument, so none can be in it"
            yield Diagnostic(Code.PARAMETER_UNTRANSPORTABLE, message, where, "leave it out")
        if _is_too_long(argument):
            message = f"the argument is longer than the {MAX_ARGUMENT_BYTES} bytes that Linux takes"
            hint = "put long values into the project's configuration"
            yield Diagnostic(Code.PARAMETER_UNTRANSPORTABLE, message, where, hint)


def check_nodes(nodes: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each name that `kedro run --nodes` would read as something else."""
    for name in nodes:
        if split_names(name) != (name,) or "\0" in name:
            message = f"node name {name!r} cannot be passed to `kedro run --nodes`"
            hint = "name the node with letters, digits, hyphens, underscores and full stops"
            yield Diagnostic(Code.NODE_NAME_UNTRANSPORTABLE, message, f"node {name!r}", hint)
    if _is_too_long(nodes_argument(nodes)):
        message = f"the names of {len(nodes)} nodes are longer than one argument may be"
        hint = "make smaller groups, or run the whole pipeline under a name of its own"
        where = f"group {nodes[0]!r} to {nodes[-1]!r}"
        yield Diagnostic(Code.NODE_NAME_UNTRANSPORTABLE, message, where, hint)


def _is_too_long(argument: str) -> bool:
    return len(argument.encode()) > MAX_ARGUMENT_BYTES
