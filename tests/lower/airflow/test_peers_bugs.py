"""Bugs of the tools before us, one test each: what they got wrong must come out right here."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import Any

import pytest

from kairflow.errors import Code, LoweringError
from kairflow.export.group_by import GroupBy
from kairflow.ir import Document
from kairflow.lower.airflow.dag_file import compile_dag
from kairflow.lower.airflow.options import Options, Runtime
from tests.ir_documents import make_document, make_run_config, node
from tests.lower.airflow.reading import called, constants, operator_keywords, read_dag

LOCAL = Options(runtime=Runtime.LOCAL, project_dir="/srv/it")


def config(**settings: Any) -> Any:
    return make_run_config(**{"volume": {"disabled": True}, **settings})


def text_of(*nodes: Any, options: Options | None = None, **settings: Any) -> str:
    document = make_document(nodes, run_config=config(**settings))
    return compile_dag(document, options or Options()).text


def with_annotation(value: str) -> str:
    classes = {"__default__": {"annotations": {"example.com/owner": value}}}
    return text_of(node("only"), resources=classes)


def annotation_in(text: str) -> Any:
    return constants(text)["DEFAULT"]["annotations"]["example.com/owner"]


# kedro-airflow 0.11.0, each one seen to happen


def test_the_dags_of_two_pipelines_have_two_ids() -> None:
    """`--all` gave every file the package's name as its DAG id."""
    made = [
        compile_dag(make_document(run_config=config(), pipeline=name), Options())
        for name in ("__default__", "etl", "train")
    ]
    assert [dag.dag_id for dag in made] == ["shop", "shop-etl", "shop-train"]
    assert len({dag.name for dag in made}) == 3


def test_a_null_schedule_is_none() -> None:
    """It became the text "None"."""
    text = text_of(node("only"), cron_expression=None)
    assert read_dag(text).keywords["schedule"] is None
    assert "schedule=None," in text


@pytest.mark.parametrize("value", ["bob & 'alice'", "O'Brien & Sons", '<b>"x"</b>'])
def test_text_is_not_escaped_for_html(value: str) -> None:
    """An owner was written `O&#39;Brien &amp; Sons`."""
    assert read_dag(text_of(node("only"), description=value)).keywords["description"] == value
    assert annotation_in(with_annotation(value)) == value
    assert "&amp;" not in with_annotation(value)
    assert "&#39;" not in with_annotation(value)


def edges(document: Document) -> tuple[tuple[str, str], ...]:
    return read_dag(compile_dag(document, Options()).text).edges


def test_grouping_by_memory_makes_no_cycle() -> None:
    """With A -memory-> C, A -disk-> B -disk-> C it drew edges both ways."""
    nodes = [node("A", [], ["m", "x"]), node("B", ["x"], ["y"]), node("C", ["m", "y"], ["z"])]
    document = make_document(nodes, run_config=config(), memory=["m"])
    assert [group.nodes for group in document.groups] == [("A", "B", "C")]
    assert edges(document) == ()


def test_grouping_by_namespace_makes_no_cycle() -> None:
    """A node of no namespace between two of one did the same."""
    nodes = [
        node("n.first", [], ["x"], namespace="n"),
        node("outside", ["x"], ["y"]),
        node("n.last", ["y"], ["z"], namespace="n"),
        node("after", ["z"], []),
    ]
    document = make_document(nodes, run_config=config(), group_by=GroupBy.NAMESPACE)
    assert edges(document) == (("n", "after"),)


@pytest.mark.parametrize("options", [Options(), LOCAL], ids=["kubernetes", "local"])
@pytest.mark.parametrize("name", ["1_step", "1st", "class", "lambda", "None", "match", "__debug__"])
def test_a_node_may_be_named_like_no_variable(name: str, options: Options) -> None:
    """`def 1_step():` was a syntax error, and so were groups `1st` and `class`."""
    text = text_of(node(name, [], ["x"]), node("after", ["x"], []), options=options)
    read = read_dag(text)
    assert [task.task_id for task in read.tasks] == [name, "after"]
    assert [task.nodes for task in read.tasks] == [(name,), ("after",)]
    assert read.edges == ((name, "after"),)
    compile(text, "dag.py", "exec")


def test_names_that_differ_in_punctuation_are_two_tasks() -> None:
    """`a_b` and `a-b` became one task id, `a.b` and `a-b` one function: a task was lost."""
    names = ["a_b", "a-b", "a.b", "A_b"]
    read = read_dag(text_of(*(node(n, names[max(0, i - 1) : i], [n]) for i, n in enumerate(names))))
    assert [task.task_id for task in read.tasks] == names
    assert read.edges == tuple(pairwise(names))


def test_names_that_airflow_cannot_tell_apart_are_refused() -> None:
    with pytest.raises(LoweringError) as caught:
        text_of(node("a b"), node("a-b"))
    assert [one.code for one in caught.value.diagnostics] == [Code.TASK_ID_COLLISION]


def test_a_task_runs_the_selected_nodes_of_a_namespace_only() -> None:
    """`--tags` with grouping by namespace ran the whole namespace."""
    nodes = [node("n.a", [], ["x"], namespace="n"), node("n.b", ["x"], ["y"], namespace="n")]
    document = make_document(nodes, run_config=config(), group_by=GroupBy.NAMESPACE)
    text = compile_dag(document, Options()).text
    assert read_dag(text).tasks[0].nodes == ("n.a", "n.b")
    arguments = operator_keywords(text)["arguments"]
    assert arguments == ["kedro", "run", "'--nodes=' + ','.join(nodes)"]


def test_runtime_parameters_reach_every_task() -> None:
    """They never reached `session.run`."""
    document = make_document(run_config=config(), runtime_params={"day": "10:30"})
    for options in (Options(), LOCAL):
        text = compile_dag(document, options).text
        assert '--params=day="10:30"' in operator_keywords(text)["arguments"]


def test_no_path_is_computed_when_the_file_is_read() -> None:
    """`project_path = Path.cwd()` depended on where the parser was started."""
    text = text_of(node("only"), options=LOCAL)
    assert constants(text)["PROJECT_DIR"] == "/srv/it"
    assert not {name for name in called(text) if "cwd" in name or "Path" in name}


# The template of kedro-airflow, as it was run


@pytest.mark.parametrize("value", ["C:\\new\\table", "\\N{BULLET}", "trailing\\", "\\x41\\u0041"])
def test_backslashes_stay_backslashes(value: str) -> None:
    r"""A path `C:\new\table` gained a line feed and a tab."""
    assert annotation_in(with_annotation(value)) == value
    assert read_dag(text_of(node("only"), description=value)).keywords["description"] == value
    assert read_dag(text_of(node(value))).tasks[0].nodes == (value,)


@pytest.mark.parametrize("value", ["exit()", "__import__('os').system('x')", "1 + 1", "None"])
def test_text_that_looks_like_code_is_text(value: str) -> None:
    """`retries: exit()` was emitted as a live call."""
    text = with_annotation(value)
    assert annotation_in(text) == value
    assert not {"exit", "__import__"} & called(text)
    assert constants(text_of(node("only"), conf_source=value))["REPEAT"].startswith("kedro run")


# kedro-airflow-k8s 0.8.2


def test_params_have_no_trailing_comma_and_no_colon_syntax() -> None:
    """`--params` ended in a comma and a line feed, and was spelt `key:value`."""
    document = make_document(run_config=config(), runtime_params={"a": 1, "b": "x"})
    (params,) = [
        argument
        for argument in operator_keywords(compile_dag(document, Options()).text)["arguments"]
        if argument.startswith("--params")
    ]
    assert params == '--params=a=1,b="x"'


def test_today_s_spellings_of_options_are_used() -> None:
    """`--node` is old."""
    text = text_of(node("only"))
    assert operator_keywords(text)["arguments"][-1] == "'--nodes=' + ','.join(nodes)"


@pytest.mark.parametrize("value", ['say "hi"', "it's", '"""', "'''", "ends with '\"", '\\"""'])
def test_quotes_do_not_end_a_string(value: str) -> None:
    '''Values stood between `"""` by hand.'''
    text = with_annotation(value)
    assert annotation_in(text) == value
    assert read_dag(text_of(node("only"), description=value)).keywords["description"] == value
    assert read_dag(text_of(node(f"a {value}"))).tasks[0].nodes == (f"a {value}",)


def test_vault_annotations_keep_their_braces() -> None:
    """Airflow would evaluate them, and fail."""
    value = '{{ with secret "secret/data/shop" }}{{ .Data.token }}{{ end }}'
    text = with_annotation(value)
    assert annotation_in(text) == value
    call = ast.unparse(ast.parse(text)).split("'example.com/owner': ")[1]
    assert call.startswith("literal(")


def test_labels_are_text_whatever_yaml_made_of_them() -> None:
    """`spot: true` became a boolean, which a cluster refuses."""
    classes = {"__default__": {"labels": {"spot": True, "cost": 42, "rate": 0.5}}}
    labels = constants(text_of(node("only"), resources=classes))["DEFAULT"]["labels"]
    assert labels == {"spot": "true", "cost": "42", "rate": "0.5"}


def test_every_kind_of_resource_is_kept() -> None:
    """Only cpu and memory were."""
    classes = {"__default__": {"limits": {"nvidia.com/gpu": 2, "ephemeral-storage": "1Gi"}}}
    resources = constants(text_of(node("only"), resources=classes))["DEFAULT"][
        "container_resources"
    ]
    assert "limits={'nvidia.com/gpu': '2', 'ephemeral-storage': '1Gi'}" in resources


def test_only_what_a_node_asked_for_decides_its_resources() -> None:
    """The first `resources:` tag in the order of a set did, which differs from run to run."""
    classes = {name: {"labels": {"is": name}} for name in ("a", "b", "c")}
    tags = ["resources.b", "x", "y", "z"]
    text = text_of(node("only", tags=tags), resources=classes)
    assert [task.settings for task in read_dag(text).tasks] == ["B"]


def test_what_is_gone_from_airflow_3_is_not_written() -> None:
    """Old import paths and arguments fail there."""
    for options in (Options(), LOCAL):
        text = text_of(node("a", [], ["x"]), node("b", ["x"], []), options=options)
        gone = (
            *("schedule_interval", "days_ago", "airflow.models", "airflow.operators", "ts_nodash"),
            *("is_delete_operator_pod", "node_selectors=", "airflow.kubernetes", "execution_date"),
        )
        assert [word for word in gone if word in text] == []
