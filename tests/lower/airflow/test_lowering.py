"""Every decision about the DAG: its name, schedule and tags, its tasks, constants and edges."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from kairflow import __version__
from kairflow.errors import Code, Diagnostic, LoweringError, Severity
from kairflow.ir import Document, digest
from kairflow.ir.model import Git
from kairflow.lower.airflow.dag_file import DagFile, compile_dag
from kairflow.lower.airflow.options import Options, Runtime
from tests.ir_documents import make_document, make_run_config, node
from tests.lower.airflow.reading import constants, operator_keywords, read_dag

LOCAL = Options(runtime=Runtime.LOCAL, project_dir="/srv/it", python="/srv/venv/bin/python")


def config(**settings: Any) -> Any:
    return make_run_config(**{"volume": {"disabled": True}, **settings})


def document(**settings: Any) -> Document:
    return make_document(run_config=config(**settings))


def refusals(doc: Document, options: Options | None = None) -> list[Diagnostic]:
    with pytest.raises(LoweringError) as caught:
        compile_dag(doc, options or Options())
    return list(caught.value.diagnostics)


def compiled(doc: Document, options: Options | None = None) -> DagFile:
    return compile_dag(doc, options or Options())


def dag_keywords(doc: Document, options: Options | None = None) -> dict[str, Any]:
    return read_dag(compiled(doc, options).text).keywords


CHAIN = [node("a", ["raw"], ["x"]), node("b", ["x"], ["y"]), node("c", ["x", "y"], ["z"])]


@pytest.mark.parametrize(
    ("run_name", "pipeline", "dag_name", "dag_id"),
    [
        (None, "__default__", None, "shop"),
        ("weekly", "__default__", None, "weekly"),
        ("weekly", "etl", None, "weekly-etl"),
        (None, "etl", None, "shop-etl"),
        ("weekly", "etl", "mine.own", "mine.own"),
        ("größe", "__default__", None, "größe"),
    ],
)
def test_the_dag_is_named_by_run_and_pipeline_or_as_asked(
    run_name: str | None, pipeline: str, dag_name: str | None, dag_id: str
) -> None:
    doc = make_document(run_config=config(run_name=run_name), pipeline=pipeline)
    dag = compiled(doc, Options(dag_name=dag_name))
    assert (dag.dag_id, dag.name, dag.warnings) == (dag_id, f"{dag_id}.py", ())
    assert read_dag(dag.text).keywords["dag_id"] == dag_id


@pytest.mark.parametrize(
    ("run_name", "dag_id"), [("Honey harvest", "Honey-harvest"), ("a/b: c", "a-b-c"), ("é ", "")]
)
def test_a_name_that_had_to_change_is_said(run_name: str, dag_id: str) -> None:
    if not dag_id:
        assert [one.code for one in refusals(document(run_name=run_name))] == [Code.NAME_INVALID]
        return
    dag = compiled(document(run_name=run_name))
    assert dag.dag_id == dag_id
    (warning,) = dag.warnings
    assert (warning.code, warning.severity) == (Code.DAG_ID_CHANGED, Severity.WARNING)
    assert repr(run_name) in warning.message
    assert repr(dag_id) in warning.message


def test_a_long_name_is_cut_and_said() -> None:
    dag = compiled(document(run_name="x" * 251))
    assert len(dag.dag_id) == 250
    assert [one.code for one in dag.warnings] == [Code.DAG_ID_CHANGED]


@pytest.mark.parametrize("name", ["...", "蜂蜜", ".hidden", "_", "-"])
def test_a_name_that_no_file_or_label_can_bear_is_refused(name: str) -> None:
    (refusal,) = refusals(document(), Options(dag_name=name))
    assert refusal.code is Code.NAME_INVALID
    assert repr(name) in refusal.message


def test_the_tags_say_what_made_the_dag() -> None:
    doc = make_document(run_config=config(), git=Git(commit="0a1b2c", branch="main"))
    dag = compiled(doc)
    assert read_dag(dag.text).tags == [
        "commit_sha:0a1b2c",
        "experiment_name:shop",
        f"generated_with_kairflow:{__version__}",
        f"kairflow_dag:{dag.dag_digest[:16]}",
        f"kairflow_ir:{digest(doc)[:16]}",
    ]


@pytest.mark.parametrize("git", [None, Git(commit=None, branch="main")])
def test_without_a_commit_there_is_no_tag_for_it(git: Git | None) -> None:
    tags = read_dag(compiled(make_document(run_config=config(), git=git)).text).tags
    assert len(tags) == 4
    assert not any(tag.startswith("commit_sha") for tag in tags)


def test_a_tag_has_a_hundred_characters_at_most() -> None:
    fits, long = "x" * (100 - len("experiment_name:")), "y" * 200
    assert compiled(document(experiment_name=fits)).warnings == ()
    dag = compiled(document(experiment_name=long, run_name="it"))
    (tag,) = [tag for tag in read_dag(dag.text).tags if tag.startswith("experiment_name")]
    assert len(tag) == 100
    assert [one.code for one in dag.warnings] == [Code.TAG_CHANGED]


@pytest.mark.parametrize(
    ("settings", "cron", "schedule"),
    [
        ({}, None, ("CronDataIntervalTimetable", "@daily")),
        ({"timetable": "trigger"}, None, ("CronTriggerTimetable", "@daily")),
        ({"cron_expression": " 0 6 * * 1 "}, None, ("CronDataIntervalTimetable", "0 6 * * 1")),
        ({"cron_expression": None}, None, None),
        ({"cron_expression": ""}, None, None),
        ({}, "", None),
        ({}, "  ", None),
        ({"cron_expression": None}, "@weekly", ("CronDataIntervalTimetable", "@weekly")),
    ],
)
def test_the_schedule(
    settings: dict[str, Any], cron: str | None, schedule: tuple[str, str] | None
) -> None:
    dag = compiled(document(**settings), Options(cron_expression=cron))
    expected = f"{schedule[0]}({schedule[1]!r}, timezone='UTC')" if schedule else None
    assert read_dag(dag.text).keywords["schedule"] == expected
    symbol = schedule[0] if schedule else None
    for timetable in ("CronDataIntervalTimetable", "CronTriggerTimetable"):
        assert (timetable in dag.text) is (timetable == symbol)


@pytest.mark.parametrize(
    ("settings", "cron"), [({"cron_expression": "0 0 30 2 *"}, None), ({}, "never")]
)
def test_a_wrong_schedule_is_refused(settings: dict[str, Any], cron: str | None) -> None:
    (refusal,) = refusals(document(**settings), Options(cron_expression=cron))
    assert refusal.code is Code.SCHEDULE_INVALID
    assert "@daily" in refusal.hint


@pytest.mark.parametrize(
    ("configured", "asked", "zone"),
    [
        ({}, None, "UTC"),
        ({"timezone": "Asia/Kolkata"}, None, "Asia/Kolkata"),
        ({"timezone": "Asia/Kolkata"}, "Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_the_time_zone_of_the_schedule(
    configured: dict[str, Any], asked: str | None, zone: str
) -> None:
    found = document(cron_expression="0 6 * * *", **configured)
    keywords = dag_keywords(found, Options(timezone=asked))
    assert keywords["schedule"] == f"CronDataIntervalTimetable('0 6 * * *', timezone={zone!r})"


@pytest.mark.parametrize("zone", ["", "Europe Berlin", "../etc/passwd", "UTC\n", "{{ ds }}"])
def test_what_is_no_name_of_a_time_zone_is_refused(zone: str) -> None:
    (refusal,) = refusals(document(), Options(timezone=zone))
    assert (refusal.code, refusal.where) == (Code.SCHEDULE_INVALID, "--timezone")


def test_start_and_catchup() -> None:
    keywords = dag_keywords(document())
    assert keywords["start_date"] == "datetime(2024, 1, 1, tzinfo=timezone.utc)"
    assert keywords["catchup"] is False
    keywords = dag_keywords(document(start_date="20200229", catchup=True))
    assert keywords["start_date"] == "datetime(2020, 2, 29, tzinfo=timezone.utc)"
    assert keywords["catchup"] is True


@pytest.mark.parametrize(("configured", "year"), [("20990101", 2024), ("20200229", 2020)])
def test_a_run_by_hand_has_no_start_date_in_its_way(configured: str, year: int) -> None:
    """Airflow makes no task of a run that is before the start date, and calls it a success."""
    keywords = dag_keywords(document(start_date=configured), Options(by_hand=True))
    assert keywords["start_date"].startswith(f"datetime({year}, ")


def test_default_args_hold_what_pods_need_once() -> None:
    doc = document(startup_timeout=42)
    assert dag_keywords(doc)["default_args"] == {"startup_timeout_seconds": 42}
    assert "default_args" not in dag_keywords(doc, LOCAL)


def test_a_description_is_there_only_if_given() -> None:
    assert "description" not in dag_keywords(document())
    assert (
        dag_keywords(document(description="Sells {{ honey }}"))["description"]
        == "Sells {{ honey }}"
    )


CLASSES = {
    "__default__": {"requests": {"cpu": "250m"}},
    "big": {"limits": {"nvidia.com/gpu": 1}, "annotations": {"a/b": "{{ x }}"}},
    "spare": {"limits": {"cpu": 64}},
}


def test_only_resource_classes_that_a_task_uses_are_constants() -> None:
    doc = make_document(
        CHAIN, run_config=config(resources=CLASSES, nodes={"b": {"resources": "big"}})
    )
    text = compiled(doc).text
    found = constants(text)
    assert set(found) == {"DEFAULT", "BIG", "NAMESPACE", "POD", "REPEAT"}
    assert found["DEFAULT"] == {
        "container_resources": "k8s.V1ResourceRequirements(requests={'cpu': '250m'})"
    }
    assert found["BIG"]["annotations"] == {"a/b": "{{ x }}"}
    assert "'nvidia.com/gpu': '1'" in found["BIG"]["container_resources"]
    assert [task.settings for task in read_dag(text).tasks] == ["DEFAULT", "BIG", "DEFAULT"]


def test_without_resource_classes_there_is_no_constant() -> None:
    text = compiled(make_document(CHAIN, run_config=config())).text
    assert set(constants(text)) == {"NAMESPACE", "POD", "REPEAT"}
    assert [task.settings for task in read_dag(text).tasks] == [None] * 3
    assert "kubernetes.client" not in text


def test_a_class_cannot_take_the_name_of_something_of_ours() -> None:
    classes = {name: {"labels": {"is": name}} for name in ("repeat", "dag", "2xl", "REPEAT")}
    nodes = [node(name) for name in classes]
    wishes = {name: {"resources": name} for name in classes}
    text = compiled(make_document(nodes, run_config=config(resources=classes, nodes=wishes))).text
    assert constants(text)["REPEAT"] == "kedro run"
    of = {task.task_id: task.settings for task in read_dag(text).tasks}
    assert len(set(of.values())) == 4
    for name, constant in of.items():
        assert constants(text)[constant or ""]["labels"] == {"is": name}


BUSY = (
    *("cached_property", "datetime", "dict", "k8s", "kedro_pod", "kedro_run", "list", "os"),
    *("shlex", "signal", "str", "super", "task_doc", "timezone"),
)


@pytest.mark.parametrize("options", [Options(), LOCAL], ids=["kubernetes", "local"])
def test_a_task_cannot_take_the_name_of_something_that_the_file_uses(options: Options) -> None:
    nodes = [node(name, BUSY[max(0, i - 1) : i], [name]) for i, name in enumerate(BUSY)]
    text = compiled(make_document(nodes, run_config=config()), options).text
    *before, block = ast.parse(text).body
    bound = set(names_of(block, ast.Store))
    used = {name for statement in before for name in names_of(statement, ast.Load)}
    assert len(bound) == len(BUSY)
    assert not bound & (used | imports_of(text))
    assert [task.task_id for task in read_dag(text).tasks] == list(BUSY)


def names_of(tree: ast.AST, context: type[ast.expr_context]) -> list[str]:
    names = [item for item in ast.walk(tree) if isinstance(item, ast.Name)]
    return [item.id for item in names if isinstance(item.ctx, context)]


def imports_of(text: str) -> set[str]:
    statements = [
        i for i in ast.walk(ast.parse(text)) if isinstance(i, ast.Import | ast.ImportFrom)
    ]
    return {alias.asname or alias.name for item in statements for alias in item.names}


def test_only_tasks_that_an_edge_touches_have_variables() -> None:
    nodes = [node("a", [], ["x"]), node("b", ["x"], []), node("alone")]
    read = compiled(make_document(nodes, run_config=config())).text.split("):\n")[-1]
    assert read == (
        '    a = kedro_pod("a", nodes=["a"])\n'
        '    b = kedro_pod("b", nodes=["b"], notes="- Waits for `a`: `x`.\\n")\n'
        '    kedro_pod("alone", nodes=["alone"])\n'
        "\n"
        "    a >> b\n"
    )


def test_an_edge_that_the_reduction_hides_is_still_told() -> None:
    read = read_dag(compiled(make_document(CHAIN, run_config=config())).text)
    assert read.edges == (("a", "b"), ("b", "c"))
    assert [task.notes for task in read.tasks] == [
        "",
        "- Waits for `a`: `x`.\n",
        "- Waits for `a`: `x`.\n- Waits for `b`: `y`.\n",
    ]


def test_task_ids_that_become_one_are_refused_not_merged() -> None:
    found = refusals(make_document([node("a b"), node("a-b"), node("a/b")], run_config=config()))
    assert [one.code for one in found] == [Code.TASK_ID_COLLISION] * 2
    assert found[0].message == "groups 'a b' and 'a-b' both become task 'a-b'"
    assert found[1].where == "group 'a/b'"


def test_names_that_had_to_change_are_told_once() -> None:
    names = ("fine", "a b", "c/d", "e;f", "g h")
    dag = compiled(make_document([node(name) for name in names], run_config=config()))
    (warning,) = dag.warnings
    assert (warning.code, warning.severity) == (Code.TASK_ID_CHANGED, Severity.WARNING)
    assert "'a b' is 'a-b', 'c/d' is 'c-d', 'e;f' is 'e-f' and 1 more" in warning.message
    assert "fine" not in warning.message


def test_a_group_without_a_legal_id_is_refused() -> None:
    (refusal,) = refusals(make_document([node("🐝")], run_config=config()))
    assert (refusal.code, refusal.where) == (Code.TASK_ID_ILLEGAL, "group '🐝'")


def test_all_mistakes_are_told_at_once() -> None:
    doc = make_document(
        [node("🐝"), node("a,b")],
        run_config=make_run_config(cron_expression="never", macro_params=["prev_ds"]),
        runtime_params={"a.b": "???"},
    )
    assert sorted(one.code.value for one in refusals(doc, Options(dag_name="."))) == [
        Code.TASK_ID_ILLEGAL.value,
        *[Code.PARAMETER_UNTRANSPORTABLE.value] * 2,
        Code.SCHEDULE_INVALID.value,
        Code.NODE_NAME_UNTRANSPORTABLE.value,
        Code.NAME_INVALID.value,
        Code.MACRO_UNKNOWN.value,
    ]


def test_a_pod_gets_what_the_configuration_says() -> None:
    doc = make_document(
        run_config=config(
            image="shop:1.json",
            image_pull_policy="Never",
            image_pull_secrets="one, two",
            namespace="prod",
            service_account_name="runner",
            command=["sh", "-c", "$(run)"],
            on_finish_action="keep_pod",
        ),
        env="prod",
        runtime_params={"a": "x,y"},
    )
    assert operator_keywords(compiled(doc).text) == {
        "task_id": "task_id",
        "namespace": "prod",
        "image": "shop:1.json",
        "image_pull_policy": "Never",
        "image_pull_secrets": [
            "k8s.V1LocalObjectReference(name='one')",
            "k8s.V1LocalObjectReference(name='two')",
        ],
        "service_account_name": "runner",
        "cmds": ["sh", "-c", "$$(run)"],
        "arguments": [
            *("kedro", "run", "--env=prod", '--params=a="x\\u002cy"'),
            "'--nodes=' + ','.join(nodes)",
        ],
        "env_vars": {"COLUMNS": "200"},
        "on_finish_action": "keep_pod",
        "doc_md": "task_doc(nodes, notes)",
    }
    assert "literal('shop:1.json')" in ast.unparse(ast.parse(compiled(doc).text))


def test_a_pod_gets_no_more_than_that() -> None:
    given = operator_keywords(compiled(document()).text)
    assert not {"cmds", "image_pull_secrets", "service_account_name", "name"} & set(given)


def test_the_image_of_the_command_line_wins() -> None:
    text = compiled(document(image="old:1"), Options(image="new:2")).text
    assert operator_keywords(text)["image"] == "new:2"
    assert "old:1" not in text


def test_a_process_gets_interpreter_folder_and_arguments() -> None:
    doc = make_document(run_config=config(conf_source="/conf"), env="prod", pipeline="etl")
    text = compiled(doc, LOCAL).text
    assert constants(text) == {
        "PYTHON": "/srv/venv/bin/python",
        "PROJECT_DIR": "/srv/it",
        "REPEAT": "kedro run --env=prod --pipeline=etl --conf-source=/conf",
    }
    assert operator_keywords(text)["arguments"] == [
        *("-m", "kedro", "run", "--env=prod", "--pipeline=etl", "--conf-source=/conf"),
        "'--nodes=' + ','.join(nodes)",
    ]
    plain = compiled(doc, Options(runtime=Runtime.LOCAL, project_dir="/srv/it")).text
    assert constants(plain)["PYTHON"] == "python"


def test_the_command_that_repeats_a_task_can_be_pasted_into_a_shell() -> None:
    doc = make_document(run_config=config(), runtime_params={"a": "it's", "b": {"c": 1}})
    assert constants(compiled(doc).text)["REPEAT"] == (
        'kedro run \'--params=a="it\'"\'"\'s",b=\n? "c"\n: 1\''
    )


def test_both_runtimes_have_the_same_graph() -> None:
    doc = make_document(CHAIN, run_config=config(), memory=["x"])
    one, other = (read_dag(compiled(doc, options).text) for options in (Options(), LOCAL))
    assert (one.tasks, one.edges) == (other.tasks, other.edges)
