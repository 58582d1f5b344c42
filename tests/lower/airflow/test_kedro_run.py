"""What a task tells `kedro run` arrives as typed: checked with the Kedro that is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from kedro.config import OmegaConfigLoader
from kedro.framework.cli.utils import _split_params, split_node_names

from kairflow.errors import Code
from kairflow.ir.name_lists import split_names
from kairflow.lower.airflow.kedro_run import (
    MAX_ARGUMENT_BYTES,
    MAX_DEPTH,
    check_arguments,
    check_nodes,
    check_params,
    nodes_argument,
    params_text,
    shared_arguments,
)
from tests.export.tiny import LINE, copy_fixture
from tests.ir_documents import encodable, make_document, make_run_config, make_source
from tests.strategies import hostile_text, json_values

# Kedro calls what the newest OmegaConf deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")

CONTEXT, OPTION = click.Context(click.Command("run")), click.Option(["--params"])
TRICKY = (
    *("null", "~", "true", "yes", "10:30", "1e5", "1_000", "0777", "0x1f", "2024-01-31", ".inf"),
    *(".nan", "<<", "=", "???", "-", "?", ":", "[]", "{}", "&", "*", "!", "|", ">", "", " ", "---"),
    *("a, b", "a: b", "# no", "C:\\new", "${a}", "\\${a}", "\\\\${b}", "\n"),
)


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("conf")
    for env in ("base", "local"):
        (root / env).mkdir()
    (root / "base" / "parameters.yml").write_text("from_file: 1\n")
    return root


def received(conf: Path, text: str) -> dict[str, Any]:
    """Return the parameters that a run has which was given `text` as `--params`."""
    parsed = _split_params(CONTEXT, OPTION, text)
    loader = OmegaConfigLoader(
        str(conf), env="local", base_env="base", default_run_env="local", runtime_params=parsed
    )
    found: dict[str, Any] = loader["parameters"]
    assert found.pop("from_file") == 1
    return found


def exact(value: Any) -> Any:
    """Spell a value so that type, sign and order of keys count: 1 is neither True nor 1.0."""
    if isinstance(value, dict):
        return {"mapping": [(key, exact(item)) for key, item in value.items()]}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return type(value).__name__, repr(value)


def complaints(params: dict[str, Any]) -> list[Code]:
    found = list(check_params(make_source(runtime_params=params, kedro_line=LINE)))
    assert all(one.hint and one.where for one in found)
    return [one.code for one in found]


keys = st.one_of(
    st.from_regex(r"[a-z_][a-z0-9_-]{0,6}", fullmatch=True),
    st.text(max_size=5).map(encodable),
    hostile_text(2).map(encodable),
    st.sampled_from([*TRICKY, "größe", "1st", "a.b", "a=b", "a[0]", "two words", " led"]),
)
values = st.one_of(
    json_values(12),
    st.sampled_from(TRICKY),
    st.recursive(
        st.one_of(
            st.text("${}\\,\"'\n\r\t :-?#&*!|>%@`~=[]", max_size=12), st.sampled_from(TRICKY)
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(TRICKY), inner, max_size=3)
        ),
        max_leaves=6,
    ),
).map(encodable)


@settings(max_examples=1000)
@given(params=st.dictionaries(keys, values, max_size=4))
@example(params={"a": 10**700, "b": -0.0, "c": 1e16, "d": 5e-324, "e": [[], {}, [[]], {"": {}}]})
def test_parameters_arrive_with_types_and_order_or_are_refused(
    conf: Path, params: dict[str, Any]
) -> None:
    assume("from_file" not in params)
    if not complaints(params):
        assert exact(received(conf, params_text(params))) == exact(params)


@settings(max_examples=500)
@given(key=keys)
def test_a_name_is_refused_only_if_kedro_would_read_another(conf: Path, key: str) -> None:
    assume(key != "from_file" and not {"\0", "\\", "]"} & set(key))
    try:
        arrived = received(conf, params_text({key: 1})) == {key: 1}
    except Exception:  # noqa: BLE001  Kedro fails on names in many ways
        arrived = False
    assert (complaints({key: 1}) == []) is arrived


@pytest.mark.parametrize("key", ["", "a.b", "a=b", "a[0]", "a,b", " a", "a\n", "a\0b", "a\\"])
def test_a_name_that_kedro_takes_apart_is_refused(key: str) -> None:
    assert complaints({key: 1}) == [Code.PARAMETER_UNTRANSPORTABLE]


@pytest.mark.parametrize("key", ["größe", "1st", "two words", "null", "a-b", "$x", "#", "蜂蜜"])
def test_an_odd_name_arrives(conf: Path, key: str) -> None:
    assert complaints({key: 1}) == []
    assert received(conf, params_text({key: 1})) == {key: 1}


def test_a_missing_value_is_refused_at_any_depth() -> None:
    assert complaints({"a": "???", "b": [{"c": "???"}]}) == [Code.PARAMETER_UNTRANSPORTABLE] * 2
    assert complaints({"a": "????", "b": {"???": 1}}) == []


@pytest.mark.parametrize("text", ["${a}", "x ${", "\\${a}", "\\\\${oc.env:HOME}", "$${x}"])
def test_an_interpolation_is_escaped_for_kedro_1_and_refused_for_0_19(
    conf: Path, text: str
) -> None:
    def codes(line: str) -> list[Code]:
        source = make_source(runtime_params={"a": [text]}, kedro_line=line)
        return [found.code for found in check_params(source)]

    assert codes("0.19") == [Code.PARAMETER_UNTRANSPORTABLE]
    assert codes("1") == []
    if LINE == "1":
        assert received(conf, params_text({"a": [text]})) == {"a": [text]}


@pytest.mark.parametrize("kind", ["list", "mapping"])
def test_values_nest_as_deep_as_kedro_reads(conf: Path, kind: str) -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value] if kind == "list" else {"a": value}
    assert complaints({"a": value}) == []
    assert received(conf, params_text({"a": value})) == {"a": value}
    assert complaints({"a": [value]}) == [Code.PARAMETER_UNTRANSPORTABLE]


def test_an_argument_is_as_long_as_linux_takes() -> None:
    def codes(length: int) -> list[Code]:
        text = "x" * (length - len('--params=a=""'))
        return [d.code for d in check_arguments(make_document(runtime_params={"a": text}))]

    assert codes(MAX_ARGUMENT_BYTES) == []
    assert codes(MAX_ARGUMENT_BYTES + 1) == [Code.PARAMETER_UNTRANSPORTABLE]
    subprocess.run(["/bin/true", "x" * MAX_ARGUMENT_BYTES], check=True)
    with pytest.raises(OSError, match="too long"):
        subprocess.run(["/bin/true", "x" * (MAX_ARGUMENT_BYTES + 1)], check=False)


def test_an_argument_has_no_nul() -> None:
    config = make_run_config(conf_source="conf\0")
    (found,) = check_arguments(make_document(run_config=config))
    assert (found.code, found.where) == (Code.PARAMETER_UNTRANSPORTABLE, "kedro run --conf-source")


names = st.one_of(
    st.text(min_size=1, max_size=8),
    st.text("ab,[]; ->()\n", min_size=1, max_size=12),
    hostile_text(3).filter(bool),
    st.sampled_from(["clean([raw,params:a]) -> [tidy]", "a.b", "-x", "f([a];[b]) -> None"]),
).map(encodable)


@settings(max_examples=1000)
@given(text=names)
def test_names_are_split_as_kedro_splits_them(text: str) -> None:
    assert list(split_names(text)) == [
        name for name in split_node_names(CONTEXT, OPTION, text) if name
    ]


@settings(max_examples=1000)
@given(nodes=st.lists(names, min_size=1, max_size=4))
@example(nodes=["clean([raw,params:a]) -> [tidy]", "b"])
def test_node_names_arrive_or_are_refused(nodes: list[str]) -> None:
    refused = {found.where for found in check_nodes(tuple(nodes))}
    kept = [name for name in nodes if f"node {name!r}" not in refused]
    for name in nodes:
        alone = split_node_names(CONTEXT, OPTION, name) == [name] and "\0" not in name
        assert (f"node {name!r}" not in refused) is alone
    if kept:
        argument = nodes_argument(tuple(kept))
        assert split_node_names(CONTEXT, OPTION, argument.removeprefix("--nodes=")) == kept


@pytest.mark.parametrize("name", ["a,b", "a]", "[a", " a", "a ", "a\0b", "a,"])
def test_a_node_name_that_kedro_would_split_or_strip_is_refused(name: str) -> None:
    (found,) = check_nodes((name,))
    assert found.code is Code.NODE_NAME_UNTRANSPORTABLE


def test_node_names_together_are_as_long_as_linux_takes() -> None:
    long = "x" * (MAX_ARGUMENT_BYTES - len("--nodes=") - 2)
    assert list(check_nodes((long, "y"))) == []
    (found,) = check_nodes((long, "yy"))
    assert found.code is Code.NODE_NAME_UNTRANSPORTABLE
    assert "yy" in found.where


def test_the_arguments_follow_what_was_asked_for() -> None:
    assert shared_arguments(make_document()) == ("run",)
    config = make_run_config(conf_source="/conf")
    document = make_document(
        run_config=config, env="prod", pipeline="etl", runtime_params={"a": 1, "b": "x,y"}
    )
    assert shared_arguments(document) == (
        "run",
        "--env=prod",
        "--pipeline=etl",
        "--conf-source=/conf",
        '--params=a=1,b="x\\u002cy"',
    )


EVERY_TYPE = {
    "integer": -8,
    "real": 1e16,
    "yes": False,
    "nothing": None,
    "empty_list": [],
    "empty_mapping": {},
    "list": [1, "two", [3.0, [None]], {"a.b": {"c=d": ["e,f"]}}],
    "mapping": {"inner": {"deep": "10:30", "list": []}, "other": "null"},
    "strings": {
        "comma": "a, b",
        "quotes": 'it\'s "both"',
        "template": "{{ ds }} {% x %}",
        "lines": "first\r\nsecond\n",
        "unicode": "Größe, 蜂蜜, 🐝",
        "backslash": "C:\\new\\table",
        "option": "--env=prod",
    },
    "größe": 1,
    "deep": json.loads('{"a":' * (MAX_DEPTH - 1) + "{}" + "}" * (MAX_DEPTH - 1)),
}


def test_a_real_run_gets_every_type_as_it_was_typed(tmp_path: Path) -> None:
    project = copy_fixture("corners", tmp_path)
    (project / "conf" / "base" / "parameters.yml").write_text("from_file: 1\n", encoding="utf-8")
    document = make_document(runtime_params=EVERY_TYPE, pipeline="parameters", env="local")
    assert list(check_params(document.source)) == []
    arguments = (*shared_arguments(document), nodes_argument(("echo_all",)))
    done = subprocess.run(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=project,
        env={**os.environ, "DO_NOT_TRACK": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = (project / "data" / "everything.json").read_text(encoding="utf-8")
    got = json.loads(written)["everything"]
    assert got.pop("from_file") == 1
    assert exact(got) == exact(EVERY_TYPE)


def test_the_module_writes_no_comma_between_the_parts_of_a_value() -> None:
    text = params_text({"a": {"b, c": ["d,e", {"f": ","}]}, "g": 1})
    assert text.count(",") == 1
    assert text.endswith(",g=1")
