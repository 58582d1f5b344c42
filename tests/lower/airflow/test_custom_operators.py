"""Operators that a class of the project wrote: one call each, as typed, or a refusal."""

from __future__ import annotations

import ast
import builtins
import string
import symtable
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kairflow.errors import Code, Diagnostic, LoweringError, errors_in
from kairflow.ir import Document
from kairflow.ir.spark import CustomOperators
from kairflow.lower.airflow import file_names, frame, mlflow
from kairflow.lower.airflow.custom_operators import (
    CustomJobs,
    check,
    is_custom,
    read_operators,
    task_call,
)
from kairflow.lower.airflow.dag_file import compile_dag
from kairflow.lower.airflow.operator_texts import RefusedText, parse_operator
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime
from kairflow.lower.codegen import nodes as n
from kairflow.lower.codegen.expression_nodes import MAX_DEPTH
from kairflow.lower.codegen.printer import print_module
from tests.ir_documents import make_document, make_run_config, node
from tests.strategies import hostile_text

ALLOWED = Options(allow_custom_operators=True)
BASH = "from airflow.providers.standard.operators.bash import BashOperator"
NODES = (
    node("load", ["raw"], ["cars"]),
    node("join", ["cars"], ["joined"], spark=True),
    node("count", ["joined"], ["counts"]),
    node("rank", ["counts"], ["ranks"], spark=True),
)
SUBMIT = {"join": "BashOperator(bash_command='join')", "rank": "BashOperator(bash_command='rank')"}


def document(
    *,
    imports: str = BASH,
    create: str | None = None,
    delete: str | None = None,
    submit: Mapping[str, str] | None = None,
    texts: bool = True,
    kind: str = "custom",
    **settings: Any,
) -> Document:
    spark = {"type": kind, "operator_factory": "shop.factories.Factory"}
    config = make_run_config(spark=spark, volume={"disabled": True}, **settings)
    written = CustomOperators(
        imports=imports,
        create_cluster=create,
        delete_cluster=delete,
        submit={**SUBMIT, **(submit or {})},
    )
    made = make_document(NODES, run_config=config)
    return made.model_copy(update={"custom_operators": written if texts else None})


def jobs_of(doc: Document) -> CustomJobs:
    return read_operators(doc, {group.id: f"task-{group.id}" for group in doc.groups})


def found(doc: Document, options: Options = ALLOWED) -> list[Diagnostic]:
    return list(check(doc, options))


def fault(text: str, imports: str = BASH) -> Diagnostic:
    (diagnostic,) = found(document(imports=imports, submit={"join": text}))
    return diagnostic


def read(text: str, imports: str = BASH) -> n.Call:
    doc = document(imports=imports, submit={"join": text})
    assert found(doc) == []
    return jobs_of(doc).submit["task-join"]


def printed(*statements: n.Statement, imports: tuple[n.ImportStatement, ...] = ()) -> str:
    return print_module(n.Module(imports=imports, body=statements))


def tree_of(call: n.Call) -> ast.expr:
    (statement,) = ast.parse(printed(n.ExprStatement(call))).body
    assert isinstance(statement, ast.Expr)
    return statement.value


class _Plain(ast.NodeTransformer):
    """Forgets what does not matter: the `u` of a string, and that a sign is an operator."""

    def visit_Constant(self, found: ast.Constant) -> ast.AST:
        return ast.Constant(found.value)

    def visit_UnaryOp(self, found: ast.UnaryOp) -> ast.AST:
        value = self.visit(found.operand)
        if isinstance(found.op, ast.USub) and isinstance(found.operand, ast.Constant):
            number = found.operand.value
            if isinstance(number, int | float) and not isinstance(number, bool):
                return ast.Constant(-number)
        return ast.UnaryOp(found.op, value)


def meaning(tree: ast.AST) -> str:
    return ast.dump(_Plain().visit(tree))


# What is taken over


TAKEN = [
    "BashOperator(bash_command='a')",
    'BashOperator(\n    bash_command="submit \\"x\\"",\n    env={"A": "é", **dict(b="1")},\n)',
    "BashOperator(bash_command='one ' 'two', retries=3, retry_delay=0.5, pool=None)",
    "BashOperator(bash_command='''#!/bin/sh\n  exit 0\n''')",
    "BashOperator(bash_command=f'{BashOperator.ui_color} {str(1)!r}')",
    "BashOperator(bash_command='a' + str(-1) if bool(0) else 'b' % (1, 2))",
    "BashOperator(bash_command=', '.join([str(x) for x in range(3) if x > 1]))",
    "BashOperator(env={k: v for k, v in [('a', 'b')]}, *[], **{'retries': 1})",
    "BashOperator(bash_command=['a', 'b'][0][1:], on_failure_callback=[print, ...][0])",
    "BashOperator(bash_command=__import__('os').environ['X'], x=BashOperator.__mro__)",
    "BashOperator(x=not 1 == 2, y=1 and 2 or 3, z=1 | 2 << 3, w=(1,), v=(), u=-x.y)",
    "BashOperator(bash_command=\"{{ ds }} {% raw %}{{ '{' }}{% endraw %}\")",
]


@pytest.mark.parametrize("text", TAKEN)
def test_a_call_arrives_as_it_was_written(text: str) -> None:
    text = text.replace("x.y", "len([]).y")
    assert meaning(tree_of(read(text))) == meaning(ast.parse(text, mode="eval").body)


BLANK = {
    "\n\n  BashOperator()  \n": "BashOperator()",
    "BashOperator(  # why not\n)  # because\n": "BashOperator()",
    "# -*- coding: latin-1 -*-\nBashOperator(x='é')": "BashOperator(x='é')",
    "BashOperator(x=1 \\\n)": "BashOperator(x=1)",
    "BashOperator(\r\n  x=1,\r\n)": "BashOperator(x=1)",
    "BashOperator(x=1) # type: ignore": "BashOperator(x=1)",
    "(BashOperator(x=1))": "BashOperator(x=1)",
    "\N{MATHEMATICAL BOLD CAPITAL B}ashOperator()": "BashOperator()",
    "BashOperator(x='\\d')": "BashOperator(x='\\\\d')",
    "BashOperator(x=1, dag=dag)": "BashOperator(x=1)",
}


@pytest.mark.parametrize("text", BLANK, ids=ascii)
def test_what_is_around_a_call_does_not_count(text: str) -> None:
    assert meaning(tree_of(read(text))) == meaning(ast.parse(BLANK[text], mode="eval").body)


def test_all_texts_and_imports_are_read() -> None:
    imports = """
        import os.path, json as j  # comments are dropped
        from airflow.providers.standard.operators.bash import (BashOperator,
            BashOperator as Bash)
    """
    jobs = jobs_of(document(imports=imports, create="Bash(x=1)", delete="j.Bash(y=sorted([]))"))
    module = "airflow.providers.standard.operators.bash"
    assert jobs.imports == (
        n.Import("os.path"),
        n.Import("json", "j"),
        n.ImportFrom(module, "BashOperator"),
        n.ImportFrom(module, "BashOperator", "Bash"),
    )
    assert jobs.create == n.Call(n.Name("Bash"), (), (n.Keyword("x", n.Literal(1)),))
    assert jobs.delete is not None
    assert [*jobs.submit] == ["task-join", "task-rank"]
    assert jobs.names == {"os", "j", "BashOperator", "Bash", "sorted"}


def test_no_cluster_is_no_call() -> None:
    jobs = jobs_of(document())
    assert (jobs.create, jobs.delete) == (None, None)


# What is refused


REFUSED = {
    "": ("found no Python", "line 1, column 1"),
    "BashOperator(); import os": ("found 2 statements in `BashOperator(); import os`", "column 17"),
    "BashOperator()\nBashOperator()": (
        "found 2 statements in `BashOperator()`",
        "line 2, column 1",
    ),
    "x = BashOperator()": ("found a statement in `x = BashOperator()`", "line 1, column 1"),
    "import os": ("found a statement", "line 1, column 1"),
    "BashOperator(": ("found no Python but `BashOperator(`", "line 1, column 13"),
    "BashOperator(x=1)\\\n": ("found no Python", "line 1"),
    "\ufeffBashOperator()": ("found no Python", "line 1"),
    "BashOperator()\0": ("found no Python", "line 1"),
    "BashOperator('\ud800')": ("found no Python", "line 1"),
    "BashOperator": ("found no call but `Name`", "line 1, column 1"),
    "[BashOperator()]": ("found no call but `List`", "line 1, column 1"),
    "BashOperator() >> BashOperator()": ("found no call but `BinOp`", "line 1, column 1"),
    "BashOperator().as_setup()": ("found a call of something that is no name", "line 1"),
    "(lambda: 1)()": ("found a call of something that is no name", "line 1"),
    "BashOperator(\n  'é', lambda: 1)": ("found a lambda in `'é', lambda: 1)`", "line 2, column 8"),
    "BashOperator((x := 1))": ("found an assignment", "line 1, column 15"),
    "BashOperator({1, 2})": ("found a set", "line 1, column 14"),
    "BashOperator({x for x in 'ab'})": ("found a set", "line 1, column 14"),
    "BashOperator([x for x, in 'ab'])": ("a target that is neither", "line 1"),
    "BashOperator([x for x in y for y in z])": ("several loops", "line 1"),
    "BashOperator(b'bytes')": ("found a constant of type bytes", "line 1, column 14"),
    "BashOperator(1j)": ("found a constant of type complex", "line 1, column 14"),
    "BashOperator(1e999)": ("found no literal for a value of type float", "line 1, column 14"),
    "BashOperator(f'{1:>3}')": ("found a format specification", "line 1"),
    "BashOperator(f'plain')": ("found an f-string without a placeholder", "line 1, column 14"),
    "BashOperator(f'{dict}{len({})}')": ("found a mapping within an f-string", "line 1"),
    "BashOperator(1 < 2 < 3)": ("found a chain of comparisons", "line 1, column 14"),
    "BashOperator(größe=1)": ("not an ASCII identifier", "line 1"),
    "BashOperator(match)": ("a word that opens a statement", "line 1, column 14"),
    "BashOperator(a=1, a=2)": ("a keyword argument is given twice", "line 1, column 1"),
    "BashOperator(- -1)": ("a negative number is a literal", "line 1, column 14"),
    "await BashOperator()": ("found no call but `Await`", "line 1, column 1"),
    "BashOperator(await f())": ("found `await`", "line 1, column 14"),
    "BashOperator((yield))": ("found `yield`", "line 1, column 15"),
    "BashOperator(dag=other)": ("found an argument `dag`", "line 1, column 14"),
    "BashOperator(task_id=f'{1}')": ("a task_id that is no plain text", "line 1, column 22"),
    "BashOperator(**{'task_id': 'x'})": ("a task_id or dag behind two stars", "line 1, column 16"),
    "BashOperator(" + "[" * 61 + "]" * 61 + ")": ("more than 60 levels of nesting", "line 1"),
    "BashOperator(" + "(" * 10_000 + ")" * 10_000 + ")": ("found no Python", "line 1"),
    "BashOperator('" + "x" * 100_000 + "')": ("found 100016 characters", "line 1, column 1"),
    "BashOperator(" + "-" * 40_000 + "1)": ("levels of nesting", "line 1"),
    "BashOperator(a" + ".b" * 40_000 + ")": ("levels of nesting", "line 1"),
    "BashOperator(" + "1+" * 40_000 + "1)": ("levels of nesting", "line 1"),
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text[:40]))
def test_anything_but_one_call_is_refused_with_its_place(text: str) -> None:
    message, place = REFUSED[text]
    diagnostic = fault(text)
    assert diagnostic.code is Code.CUSTOM_OPERATOR_TEXT
    assert message in diagnostic.message
    assert diagnostic.where.startswith("submit_operator of group 'join', line ")
    assert diagnostic.where.endswith(place) or place in diagnostic.where
    assert diagnostic.hint
    assert len(diagnostic.message) < 300
    with pytest.raises(LoweringError):
        jobs_of(document(submit={"join": text}))


def test_the_place_is_one_of_the_text_as_it_was_written() -> None:
    assert fault("\n\n   BashOperator(lambda: 1)").where.endswith("line 3, column 17")


IMPORTS = {
    "x = 1": "found no import in `x = 1`",
    "import os; os.system('x')": "found no import",
    "if True:\n    import a": "found no import",
    "try:\n    import a\nexcept ImportError:\n    a = 1": "found no import",
    "from . import a": "found a relative import",
    "from .a import b": "found a relative import",
    "from a import *": "found a star",
    "from __future__ import annotations": "found an import from `__future__`",
    "import __future__": "`__future__` is no module",
    "import größe": "not an ASCII identifier",
    "from a import match": "a word that opens a statement",
    "import a\n    import b": "found no Python but `import b`",
    "\0": "found no Python",
    "import a as BashOperator": "'BashOperator' is imported twice",
    "from a import BashOperator": "'BashOperator' is imported twice",
    "import a.c\nfrom b import a": "'a' is imported twice: `import a.c` and `from b import a`",
    "from a import str": "hides what the DAG file itself calls 'str'",
    "from a import task_doc": "hides what the DAG file itself calls 'task_doc'",
    "import a as CLUSTER_NAME": "`import a as CLUSTER_NAME` hides",
    "import json as re": "hides what the DAG file itself calls 're'",
    "from airflow.operators.python import PythonOperator": "hides",
    "from a import create_spark_cluster": "hides",
}


@pytest.mark.parametrize("text", IMPORTS)
def test_imports_are_imports_that_hide_nothing(text: str) -> None:
    faults = found(document(imports=f"{BASH}\n{text}"))
    assert [one.code for one in faults] == [Code.CUSTOM_OPERATOR_TEXT]
    assert IMPORTS[text] in faults[0].message
    assert faults[0].where.startswith("imports_statement")
    assert faults[0].hint


def test_what_the_file_imports_itself_may_be_imported_too() -> None:
    same = (
        "import os.path\nfrom datetime import timedelta, timezone\nimport json\n"
        "from airflow.providers.standard.operators.python import PythonOperator\n"
        "from airflow.providers.google.cloud.operators.dataproc import DataprocSubmitJobOperator"
    )
    assert found(document(imports=f"{BASH}\n{same}\n{same}")) == []
    line_2 = Options(AirflowLine.AIRFLOW_2, allow_custom_operators=True)
    (wrong,) = found(document(imports=f"{BASH}\n{same}"), line_2)
    assert "from airflow.operators.python import PythonOperator" in wrong.hint


def test_nothing_may_be_undefined() -> None:
    unknown = fault("BashOperator(env={'a': timedelta(1), 'b': timedelta(2)})")
    assert unknown.message == (
        "nothing defines 'timedelta' in `BashOperator(env={'a': timedelta(1), 'b': timedelta(2)})`"
    )
    assert "imports_statement" in unknown.hint
    assert "did you mean 'BashOperator'?" in fault("BashOperater()").hint
    assert "leave the DAG out" in fault("BashOperator(x=dag.dag_id)").hint
    assert "'x'" in fault("BashOperator([x for y in 'ab'])").message
    assert "'x'" in fault("BashOperator([x for x in x])").message
    assert "'x'" in fault("BashOperator([1 for y in 'ab' if x])").message


def test_builtins_are_there_everywhere() -> None:
    from kairflow.lower.airflow import custom_operators

    assert {*dir(builtins)} >= custom_operators._BUILTINS
    assert found(document(submit={"join": "BashOperator(print(sorted({})))"})) == []


def test_every_fault_is_told_at_once() -> None:
    doc = document(imports="x", create="y =", delete="z", submit={"join": "1"})
    places = [one.where.split(",")[0] for one in found(doc)]
    assert places == [
        "imports_statement",
        "create_cluster_operator",
        "delete_cluster_operator",
        "submit_operator of group 'join'",
    ]


# Task ids


def ids(**operators: Any) -> list[Code]:
    return [one.code for one in found(document(**operators))]


def test_an_id_of_an_operators_own_is_legal_and_its_own() -> None:
    own = "BashOperator(task_id={!r})"
    assert ids(submit={"join": own.format("kedro-join")}) == []
    assert ids(submit={"join": own.format("join")}, create=own.format("create-spark-cluster")) == []
    for illegal in ("a b", "", "é!", "x" * 251, "a/b"):
        assert ids(submit={"join": own.format(illegal)}) == [Code.TASK_ID_ILLEGAL]
    for taken in ("load", "rank", "create-spark-cluster", "start_mlflow_run"):
        assert ids(submit={"join": own.format(taken)}) == [Code.TASK_ID_COLLISION]
    both = {"join": own.format("same"), "rank": own.format("same")}
    assert ids(submit=both) == [Code.TASK_ID_COLLISION] * 2
    awaited = [{"dag_id": "up"}]
    assert ids(submit={"join": own.format("wait_for_up")}, external_dependencies=awaited) == [
        Code.TASK_ID_COLLISION
    ]


def test_groups_may_swap_their_ids() -> None:
    own = "BashOperator(task_id={!r})"
    assert ids(submit={"join": own.format("rank"), "rank": own.format("join")}) == []


def keywords(call: n.Call) -> dict[str, Any]:
    return {
        each.name: getattr(each.value, "value", each.value)
        for each in call.kwargs
        if isinstance(each, n.Keyword)
    }


def test_a_call_gets_what_it_lacks() -> None:
    defaults = {"doc_md": n.Literal("ours"), "retries": n.Literal(3), "pool": None}
    assert keywords(task_call(read("BashOperator(x=1)"), "join", defaults)) == {
        "task_id": "join",
        "x": 1,
        "doc_md": "ours",
        "retries": 3,
    }
    own = read("BashOperator(task_id='mine', doc_md='mine', retries=0)")
    assert task_call(own, "join", defaults) == own


def test_what_may_be_behind_two_stars_is_not_given_again() -> None:
    call = task_call(read("BashOperator(**vars())"), "join", {"doc_md": n.Literal("ours")})
    assert keywords(call) == {"task_id": "join"}


# Consent


def test_text_of_the_project_needs_consent() -> None:
    doc = document(submit={"join": "lambda"})
    refused, broken = found(doc, Options())
    assert refused.code is Code.CUSTOM_OPERATORS
    assert "'shop.factories.Factory'" in refused.message
    assert "--allow-custom-operators" in refused.hint
    assert broken.code is Code.CUSTOM_OPERATOR_TEXT
    assert errors_in([refused, broken]) == (refused, broken)


@pytest.mark.parametrize("options", [Options(), ALLOWED])
def test_an_ir_without_the_texts_must_be_exported_again(options: Options) -> None:
    (missing,) = found(document(texts=False), options)
    assert missing.code is Code.CUSTOM_OPERATORS
    assert "export the project again" in missing.hint


def test_nothing_is_asked_where_nothing_is_custom() -> None:
    local = Options(runtime=Runtime.LOCAL, project_dir="/srv/it")
    assert is_custom(document(), Options())
    assert not is_custom(document(), local)
    assert found(document(submit={"join": "lambda"}), local) == []
    plain = make_document(run_config=document().deployment.run_config)
    assert not is_custom(plain, Options())
    assert found(plain, Options()) == []


# Whatever the text is


TOKENS = [
    *(
        "BashOperator",
        "(",
        ")",
        "(",
        ")",
        ",",
        "=",
        "x",
        "a",
        "1",
        "-1",
        "0.5",
        "'s'",
        '"""m\nl"""',
    ),
    *("[", "]", "{", "}", ":", "*", "**", ".b", " if ", " else ", " for x in ", "lambda: ", " or "),
    *(
        "f'{x}'",
        "f'{x!r}y'",
        " not ",
        "\n",
        ";",
        "#",
        "\\",
        " + ",
        " == ",
        " in ",
        "dag=dag",
        "...",
    ),
    *(
        "None",
        "True",
        "b''",
        "1j",
        ":=",
        "yield",
        "await ",
        "task_id='t'",
        "**{}",
        "@",
        "u'x'",
        "-",
    ),
]


@st.composite
def operator_like(draw: st.DrawFn) -> str:
    inside = "".join(draw(st.lists(st.sampled_from(TOKENS), max_size=8)))
    return f"BashOperator({inside})"


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Yield calls that are Python, most of them such as our nodes can say."""
    atoms = st.sampled_from(
        ["1", "-2", "0.5", "'s'", "x", "None", "f'{x}'", "()", "{}", "True", "..."]
    )
    shapes = st.sampled_from(
        [
            *(
                "({0} + {1})",
                "({0} or {1})",
                "[{0}, *{1}]",
                "{{{0}: {1}}}",
                "({0},)",
                "f({0}, k={1})",
            ),
            *(
                "({0}).a",
                "({0})[{1}]",
                "({0})[{1}:]",
                "({0} if {1} else {0})",
                "(not {0})",
                "(-{0})",
            ),
            *(
                "[{0} for x in {1}]",
                "{{**{0}}}",
                "({0} == {1})",
                "f(*{0}, **{1})",
                "({0} for y, z in {1})",
            ),
            *("{{{0}}}", "(lambda: {0})", "({0} ** {1})", "{0}", "({0} in {1})", "(-({0}))"),
        ]
    )
    inner = st.recursive(
        atoms, lambda deeper: st.builds(str.format, shapes, deeper, deeper), max_leaves=8
    )
    return f"BashOperator({draw(inner)}, x={draw(inner)})"


@given(operator_like() | expressions() | hostile_text() | st.text(string.printable))
@example("BashOperator(-0)")
@example("BashOperator(-True)")
@example("BashOperator(1 .real, (-1).real)")
def test_a_text_is_refused_or_arrives_unchanged(text: str) -> None:
    try:
        read = parse_operator(text)
    except RefusedText:
        return
    lines = printed(n.With((n.WithItem(n.Name("dag")),), (n.Assign(n.Name("a"), read.call),)))
    (block,) = ast.parse(lines).body
    assert isinstance(block, ast.With)
    (assignment,) = block.body
    assert isinstance(assignment, ast.Assign)
    original = ast.parse(text.strip(), mode="eval").body
    assert isinstance(original, ast.Call)
    original.keywords = [each for each in original.keywords if each.arg != "dag"]
    assert meaning(assignment.value) == meaning(original)


def deepest() -> Iterator[str]:
    levels = MAX_DEPTH - 2
    yield "BashOperator(" + "[" * levels + "1" + "]" * levels + ")"
    yield "BashOperator(" + "f(" * levels + "1" + ")" * levels + ")"
    yield "BashOperator(" + "not " * levels + "x)"
    yield "BashOperator(" + "{1:" * levels + "1" + "}" * levels + ")"
    yield "BashOperator(x" + ".a" * levels + ")"
    yield "BashOperator(" + "1 if x else " * levels + "1)"


@pytest.mark.parametrize("text", [*deepest()], ids=lambda text: text[13:20])
def test_what_is_read_can_be_printed(text: str) -> None:
    call = parse_operator(text).call
    assert meaning(tree_of(call)) == meaning(ast.parse(text, mode="eval").body)


# What the DAG file has by itself


GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*/dag-*.py"))


def names_of(text: str) -> tuple[set[str], set[str]]:
    """Return the names that a module imports or defines, and the builtins that it uses."""
    top = symtable.symtable(text, "dag.py", "exec")
    defined = {
        each.get_name() for each in top.get_symbols() if each.is_imported() or each.is_namespace()
    }
    tree = ast.parse(text)
    defined |= {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    used = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    return defined, (used & {*dir(builtins)}) - defined


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_import_may_hide_what_a_dag_file_has(path: Path) -> None:
    defined, used = names_of(path.read_text(encoding="utf-8"))
    line = "2" if path.stem.endswith("airflow-2") else "3"
    known = file_names.OWN | file_names.RELIED_ON
    unknown = {
        name
        for name in defined | used
        if name not in known and not file_names.import_of(name, line)
    }
    flexible = {name for name in unknown if name.isupper() or name.startswith("tell_slack_")}
    assert unknown - flexible == set()


def test_the_tasks_around_the_pipeline_are_known() -> None:
    fixed = {frame.CREATE, frame.FILL, frame.DELETE, mlflow.START, mlflow.END}
    assert {*file_names.TASK_IDS} == fixed
    variables = {*map(frame.variable, (*fixed, frame.CREATE_CLUSTER, frame.DELETE_CLUSTER))}
    assert variables <= file_names.OWN


def test_jobs_are_values() -> None:
    assert jobs_of(document()) == jobs_of(document())


def test_what_operators_mention_keeps_its_name() -> None:
    """Variables and constants of the DAG file would hide it: they get other names."""
    nodes = (
        node("sorted", ["raw"], ["a"], spark=True),
        node("shop", ["a"], ["b"]),
        node("use", ["b"], ["c"], spark=True),
    )
    config = make_run_config(
        spark={"type": "custom", "operator_factory": "shop.factories.Factory"},
        volume={"disabled": True},
        resources={"small": {"requests": {"cpu": "1"}}},
        nodes={"shop": {"resources": "small"}},
    )
    written = CustomOperators(
        imports="import shop\nfrom shop import SMALL",
        submit={"sorted": "shop.Operator(x=SMALL)", "use": "shop.Operator(x=sorted([2, 1]))"},
    )
    made = make_document(nodes, run_config=config)
    text = compile_dag(made.model_copy(update={"custom_operators": written}), ALLOWED).text
    bound = [
        target.id
        for each in ast.walk(ast.parse(text))
        if isinstance(each, ast.Assign | ast.AnnAssign)
        for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
        if isinstance(target, ast.Name)
    ]
    assert not {"sorted", "shop", "SMALL"} & {*bound}
    assert {"sorted_2", "shop_2", "SMALL_2"} <= {*bound}
