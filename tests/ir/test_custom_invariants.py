"""Custom operators fit the document: one for each Spark group, and a cluster that goes again."""

from __future__ import annotations

from typing import Any

import pytest

from kairflow.errors import Code, Diagnostic
from kairflow.ir import invariants
from kairflow.ir.spark import CustomOperators
from tests.ir_documents import make_document, make_run_config, node

CUSTOM = {"type": "custom", "operator_factory": "shop.Factory"}
NODES = [node("a", ["x"], ["y"], spark=True), node("b", ["y"], ["z"])]


def found(spark: dict[str, Any] | None = None, /, **fields: Any) -> tuple[Diagnostic, ...]:
    made = make_document(NODES, run_config=make_run_config(spark=spark or CUSTOM))
    written = CustomOperators(**{"imports": "", "submit": {"a": "A()"}, **fields})
    return invariants.check(made.model_copy(update={"custom_operators": written}))


def test_one_operator_for_each_spark_group_is_right() -> None:
    assert found() == ()
    assert found(create_cluster="C()", delete_cluster="D()") == ()


def test_an_ir_may_be_without_operators() -> None:
    made = make_document(NODES, run_config=make_run_config(spark=CUSTOM))
    assert invariants.check(made) == ()


def test_an_operator_belongs_to_a_spark_group() -> None:
    (unknown,) = found(submit={"a": "A()", "b": "B()"})
    assert (unknown.code, unknown.where) == (Code.IR_DANGLING_NAME, "$.custom_operators.submit.b")
    assert "no Spark group is named 'b'" in unknown.message


def test_a_spark_group_has_an_operator() -> None:
    (missing,) = found(submit={})
    assert (missing.code, missing.where) == (Code.IR_MISSING_KEY, "$.custom_operators.submit")
    assert "'a'" in missing.message


@pytest.mark.parametrize("lone", ["create_cluster", "delete_cluster"])
def test_a_cluster_is_created_and_deleted_or_neither(lone: str) -> None:
    (half,) = found(**{lone: "C()"})
    assert (half.code, half.where) == (Code.IR_VALUE, "$.custom_operators")


def test_operators_go_with_the_type() -> None:
    (other,) = found({"type": "dataproc", "region": "r", "artifacts_path": "gs://b/a"})
    assert (other.code, other.where) == (Code.IR_VALUE, "$.custom_operators")
