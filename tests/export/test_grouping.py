"""Each rule that keeps nodes together, by name, and the cycles of the official plugin."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import pytest

from kairflow.errors import Code, Diagnostic, GroupingError, Severity
from kairflow.export.bonds import find_bonds
from kairflow.export.group_by import GroupBy
from kairflow.export.grouping import MAX_ID_LENGTH, make_groups
from kairflow.ir.deployment import RunConfig
from kairflow.ir.model import Dataset, DatasetKind, Engine, Group, Node, ReasonKind
from tests.ir_documents import dataset, make_datasets, make_run_config, node


def group(
    nodes: Sequence[Node],
    memory: Iterable[str] = (),
    group_by: GroupBy = GroupBy.NONE,
    *,
    config: RunConfig | None = None,
    datasets: dict[str, Dataset] | None = None,
) -> tuple[tuple[Group, ...], tuple[Diagnostic, ...]]:
    known = {**make_datasets(nodes, memory), **(datasets or {})}
    return make_groups(nodes, known, config or make_run_config(), group_by, "training")


def members(groups: Iterable[Group]) -> list[str]:
    """Return what is together, as `a+b`."""
    return ["+".join(found.nodes) for found in groups]


def reasons(found: Group) -> list[tuple[str, str | None, str]]:
    return [(reason.kind.value, reason.name, "+".join(reason.nodes)) for reason in found.reasons]


def test_nodes_that_share_only_files_stay_apart() -> None:
    groups, found = group([node("a", [], ["x"]), node("b", ["x"], ["y"]), node("c", ["x", "y"])])
    assert members(groups) == ["a", "b", "c"]
    assert [one.needs for one in groups] == [(), ("a",), ("b",)]  # `a` is implied by `b`
    assert all(one.reasons == () for one in groups)
    assert found == ()


def test_a_shared_input_or_a_parameter_joins_nobody() -> None:
    groups, _ = group([node("a", ["raw", "params:p"]), node("b", ["raw", "params:p"])])
    assert members(groups) == ["a", "b"]
    assert [one.needs for one in groups] == [(), ()]


class TestMemory:
    def test_producer_and_all_consumers_are_one_task(self) -> None:
        nodes = [node("make", [], ["m"]), node("use", ["m"]), node("also", ["m"]), node("other")]
        groups, found = group(nodes, memory=["m"])
        assert members(groups) == ["make+use+also", "other"]
        assert reasons(groups[0]) == [("memory", "m", "make+use+also")]
        assert found == ()

    def test_two_datasets_between_the_same_nodes_are_two_reasons(self) -> None:
        nodes = [node("a", [], ["m", "n"]), node("b", ["m", "n"]), node("c", ["m"])]
        groups, _ = group(nodes, memory=["m", "n"])
        assert reasons(groups[0]) == [("memory", "m", "a+b+c"), ("memory", "n", "a+b")]

    def test_a_dataset_that_nobody_reads_joins_nobody(self) -> None:
        groups, _ = group([node("a", [], ["m"]), node("b")], memory=["m"])
        assert members(groups) == ["a", "b"]

    def test_a_chain_is_one_task(self) -> None:
        nodes = [
            node("a", [], ["m"]),
            node("b", ["m"], ["n"]),
            node("c", ["n"], ["o"]),
            node("d", ["o"]),
        ]
        groups, _ = group(nodes, memory=["m", "n"])
        assert members(groups) == ["a+b+c", "d"]
        assert groups[1].needs == ("a--c",)

    @pytest.mark.parametrize("in_memory", ["cars@spark", "cars@pandas"])
    def test_one_transcoded_form_in_memory_is_enough(self, in_memory: str) -> None:
        nodes = [node("a", [], ["cars@spark"]), node("b", ["cars@pandas"])]
        groups, _ = group(nodes, memory=[in_memory])
        assert members(groups) == ["a+b"]
        assert reasons(groups[0]) == [("memory", "cars", "a+b")]

    def test_the_readers_of_all_forms_have_one_reason(self) -> None:
        nodes = [
            node("a", [], ["cars@spark"]),
            node("b", ["cars@spark"]),
            node("c", ["cars@pandas"]),
        ]
        groups, _ = group(nodes, memory=["cars@spark"])
        assert reasons(groups[0]) == [("memory", "cars", "a+b+c")]

    def test_transcoded_forms_on_disk_order_tasks_and_join_nobody(self) -> None:
        nodes = [node("a", [], ["cars@spark"]), node("b", ["cars@pandas"]), node("c", ["cars@x"])]
        groups, _ = group(nodes)
        assert [(one.id, one.needs) for one in groups] == [("a", ()), ("b", ("a",)), ("c", ("a",))]


class TestSpark:
    nodes = (
        node("load", [], ["raw"]),
        node("s1", ["raw"], ["x"], spark=True),
        node("s2", ["x"], ["y"], spark=True),
        node("report", ["y"]),
        node("s3", ["raw"], ["z"], spark=True),
    )

    def test_spark_nodes_that_hand_over_a_dataset_are_one_job(self) -> None:
        groups, _ = group(self.nodes)
        assert members(groups) == ["load", "s1+s2", "report", "s3"]
        assert [one.engine for one in groups] == [
            Engine.PYTHON,
            Engine.SPARK,
            Engine.PYTHON,
            Engine.SPARK,
        ]
        assert reasons(groups[1]) == [("spark", "x", "s1+s2")]

    @pytest.mark.parametrize("value", [True, False])
    def test_group_spark_nodes_switches_it(self, value: bool) -> None:
        config = make_run_config(group_spark_nodes=value)
        groups, _ = group(self.nodes, config=config)
        assert ("s1+s2" in members(groups)) is value

    def test_a_python_node_between_two_is_pulled_into_the_job(self) -> None:
        nodes = [
            node("s1", [], ["x", "direct"], spark=True),
            node("py", ["x"], ["y"]),
            node("s2", ["y", "direct"], spark=True),
        ]
        groups, found = group(nodes)
        assert members(groups) == ["s1+py+s2"]
        assert groups[0].engine is Engine.SPARK
        assert [one.code for one in found] == [Code.GROUP_PULLED_IN]

    def test_memory_makes_a_python_node_part_of_a_spark_group(self) -> None:
        nodes = [node("s1", [], ["m"], spark=True), node("py", ["m"])]
        groups, _ = group(nodes, memory=["m"])
        assert (members(groups), groups[0].engine) == (["s1+py"], Engine.SPARK)


class TestOnRequest:
    nodes = (
        node("in.a", [], ["x"], namespace="in.deep", tags=["kairflow.group.first"]),
        node("in.b", ["x"], ["y"], namespace="in", tags=["kairflow.group.first", "etl"]),
        node("c", ["y"], ["z"], tags=["kairflow.group.pyspark"]),
        node("d", ["z"], tags=["kairflow.group.pyspark", "kairflow.group."]),
    )

    @pytest.mark.parametrize(
        ("group_by", "expected", "ids"),
        [
            (GroupBy.NONE, ["in.a", "in.b", "c", "d"], ["in.a", "in.b", "c", "d"]),
            (GroupBy.NAMESPACE, ["in.a+in.b", "c", "d"], ["in", "c", "d"]),
            (GroupBy.TAG, ["in.a+in.b", "c", "d"], ["first", "c", "d"]),
            (GroupBy.PIPELINE, ["in.a+in.b+c+d"], ["in.a--d"]),
        ],
    )
    def test_a_rule_joins_what_it_names(
        self, group_by: GroupBy, expected: list[str], ids: list[str]
    ) -> None:
        groups, found = group(self.nodes, group_by=group_by)
        assert members(groups) == expected
        assert [one.id for one in groups] == ids
        assert found == ()

    def test_the_outermost_namespace_counts(self) -> None:
        nodes = [
            node("a", namespace="x.one"),
            node("b", namespace="x.two"),
            node("c", namespace="y"),
        ]
        groups, _ = group(nodes, group_by=GroupBy.NAMESPACE)
        assert members(groups) == ["a+b", "c"]
        assert reasons(groups[0]) == [("namespace", "x", "a+b")]

    def test_two_tags_of_one_node_join_both_groups(self) -> None:
        one, two = "kairflow.group.one", "kairflow.group.two"
        nodes = [node("a", tags=[one]), node("b", tags=[one, two]), node("c", tags=[two])]
        groups, _ = group(nodes, group_by=GroupBy.TAG)
        assert members(groups) == ["a+b+c"]
        assert groups[0].id == "a--c"  # no one tag made it
        assert reasons(groups[0]) == [("tag", "one", "a+b"), ("tag", "two", "b+c")]

    def test_the_pipeline_is_the_reason(self) -> None:
        groups, _ = group(self.nodes, group_by=GroupBy.PIPELINE)
        assert reasons(groups[0]) == [("pipeline", "training", "in.a+in.b+c+d")]

    def test_a_request_of_one_node_is_no_reason(self) -> None:
        groups, _ = group([node("a", namespace="x"), node("b")], group_by=GroupBy.NAMESPACE)
        assert [(one.id, one.reasons) for one in groups] == [("a", ()), ("b", ())]


class TestCycles:
    """What makes the official plugin write a DAG that Airflow refuses to load."""

    def test_a_disk_node_beside_a_memory_pair(self) -> None:
        """A hands C a dataset in memory; B reads A's file, and C reads B's."""
        nodes = [node("A", [], ["m", "x"]), node("B", ["x"], ["y"]), node("C", ["m", "y"], ["z"])]
        groups, found = group([*nodes, node("D", ["z"])], memory=["m"])
        assert members(groups) == ["A+B+C", "D"]
        assert reasons(groups[0]) == [("memory", "m", "A+C"), ("between", None, "B")]
        assert groups[0].reasons[1].between == ("A", "C")
        assert found == (
            Diagnostic(
                Code.GROUP_PULLED_IN,
                "node 'B' joined the group, which nothing asked for: "
                "it runs after 'A' and before 'C'",
                "group 'A--C'",
                "give the dataset in memory a catalog entry",
                Severity.WARNING,
            ),
        )

    def test_the_advice_fits_what_keeps_the_others_together(self) -> None:
        nodes = [
            node("A", [], ["x", "y"], spark=True),
            node("B", ["x"], ["z"]),
            node("C", ["y", "z"], spark=True),
        ]
        (found,) = group(nodes)[1]
        assert found.hint == "set run_config.group_spark_nodes to false"
        (found,) = group(nodes, memory=["y"])[1]
        assert found.hint == (
            "give the dataset in memory a catalog entry, "
            "or set run_config.group_spark_nodes to false"
        )

    def test_a_namespace_that_an_outsider_interrupts(self) -> None:
        nodes = [
            node("ns.a", [], ["x"], namespace="ns"),
            node("outsider", ["x"], ["y"]),
            node("ns.b", ["y"], namespace="ns"),
        ]
        groups, found = group(nodes, group_by=GroupBy.NAMESPACE)
        assert [(one.id, one.nodes) for one in groups] == [("ns", ("ns.a", "outsider", "ns.b"))]
        assert groups[0].reasons[-1].between == ("ns.a", "ns.b")
        assert [(one.code, one.severity) for one in found] == [
            (Code.GROUP_PULLED_IN, Severity.WARNING)
        ]

    def test_two_interleaved_memory_groups(self) -> None:
        """a -memory-> d and b -memory-> c, while c waits for a's file and d for b's."""
        nodes = [
            node("a", [], ["m", "x"]),
            node("b", [], ["n", "y"]),
            node("c", ["n", "x"]),
            node("d", ["m", "y"]),
        ]
        groups, found = group(nodes, memory=["m", "n"])
        assert members(groups) == ["a+b+c+d"]
        assert reasons(groups[0]) == [
            ("memory", "m", "a+d"),
            ("memory", "n", "b+c"),
            ("between", None, "b+c"),
        ]
        assert groups[0].reasons[2].between == ("a", "d")
        assert [one.code for one in found] == [Code.GROUP_PULLED_IN]

    def test_the_smaller_of_two_interleaved_groups_is_the_one_pulled_in(self) -> None:
        nodes = [
            node("b", [], ["n", "y"]),
            node("a", [], ["m", "x"]),
            node("c", ["n", "x"]),
            node("d", ["m", "y"]),
            node("e", ["m"]),
        ]
        groups, _ = group(nodes, memory=["m", "n"])
        assert reasons(groups[0])[2:] == [("between", None, "b+c")]
        assert groups[0].reasons[2].between == ("a", "d")

    def test_a_tag_that_an_untagged_node_interrupts(self) -> None:
        tag = ["kairflow.group.train"]
        nodes = [
            node("a", [], ["x"], tags=tag),
            node("b", ["x"], ["y"]),
            node("c", ["y"], tags=tag),
        ]
        groups, found = group(nodes, group_by=GroupBy.TAG)
        assert [(one.id, one.nodes) for one in groups] == [("train", ("a", "b", "c"))]
        assert [one.code for one in found] == [Code.GROUP_PULLED_IN]

    def test_only_what_lies_between_is_pulled_in(self) -> None:
        nodes = [
            node("before", [], ["w"]),
            node("A", ["w"], ["m", "x"]),
            node("B", ["x"], ["y", "v"]),
            node("beside", ["x"], ["u"]),
            node("C", ["m", "y"], ["z"]),
            node("after", ["z", "u", "v"]),
        ]
        groups, _ = group(nodes, memory=["m"])
        assert members(groups) == ["before", "A+B+C", "beside", "after"]
        assert groups[3].needs == ("beside",)

    def test_every_node_of_a_chain_between_is_explained(self) -> None:
        nodes = [
            node("A", [], ["m", "d0"]),
            *(node(f"n{i}", [f"d{i}"], [f"d{i + 1}"]) for i in range(5)),
            node("C", ["m", "d5"]),
        ]
        groups, found = group(nodes, memory=["m"])
        assert members(groups) == ["A+n0+n1+n2+n3+n4+C"]
        pulled = groups[0].reasons[1:]
        assert [reason.nodes for reason in pulled] == [(f"n{i}",) for i in range(5)]
        assert {reason.between for reason in pulled} == {("A", "C")}
        assert len(found) == 5

    def test_many_nodes_that_are_pulled_in_together_take_one_short_line(self) -> None:
        nodes = [
            node("A", [], ["m", "x"]),
            node("B", ["x"], ["n"]),
            *(node(f"b{i}", ["n"]) for i in range(3)),
            node("E", ["n"], ["y"]),
            *(node(f"a{i}", ["m"]) for i in range(9)),
            node("C", ["m", "y"]),
        ]
        groups, (found,) = group(nodes, memory=["m", "n"])
        assert len(groups) == 1
        assert found.message == (
            "nodes 'B', 'b0', 'b1' and 2 more joined the group, which nothing asked for: "
            "they run after 'A' and before 'C'"
        )


class TestIds:
    def test_a_group_is_named_by_its_ends_in_pipeline_order(self) -> None:
        nodes = [node("z", [], ["m"]), node("m", ["m"]), node("a", ["m"])]
        groups, _ = group(nodes, memory=["m"])
        assert groups[0].id == "z--a"

    @pytest.mark.parametrize("length", [199, 200, 201, 1000])
    def test_a_long_name_is_cut_and_stays_its_own(self, length: int) -> None:
        names = ["ä" * (length - 1) + last for last in "xy"]
        groups, _ = group([node(name) for name in names])
        for name, found in zip(names, groups, strict=True):
            digest = hashlib.sha256(name.encode()).hexdigest()[:8]
            cut = name if length <= 200 else name[:191] + "-" + digest
            assert found.id == cut
            assert len(found.id) <= MAX_ID_LENGTH
        assert groups[0].id != groups[1].id

    def test_two_ends_are_cut_together(self) -> None:
        nodes = [node("a" * 150, [], ["m"]), node("b" * 150, ["m"])]
        groups, _ = group(nodes, memory=["m"])
        digest = hashlib.sha256(("a" * 150 + "--" + "b" * 150).encode()).hexdigest()[:8]
        assert groups[0].id == "a" * 150 + "--" + "b" * 39 + "-" + digest

    @pytest.mark.parametrize("linked", [False, True])
    def test_a_node_named_like_a_group_is_an_error(self, linked: bool) -> None:
        nodes = [
            node("a", [], ["m"]),
            node("b", ["m"], ["x"]),
            node("a--b", ["x"] if linked else [], ["y"]),
            node("end", ["y"]),
        ]
        with pytest.raises(GroupingError) as caught:
            group(nodes, memory=["m"])
        (found,) = caught.value.diagnostics
        assert (found.code, found.where) == (Code.GROUP_ID_COLLISION, "group 'a--b'")
        assert found.message == (
            "2 groups are named 'a--b': one starts with node 'a', another with 'a--b'"
        )

    def test_a_node_named_like_a_namespace_is_an_error(self) -> None:
        nodes = [node("n.a", namespace="n"), node("n.b", namespace="n"), node("n")]
        with pytest.raises(GroupingError) as caught:
            group(nodes, group_by=GroupBy.NAMESPACE)
        assert [one.where for one in caught.value.diagnostics] == ["group 'n'"]

    def test_collisions_and_conflicts_are_reported_at_once(self) -> None:
        nodes = [
            node("a", [], ["m"], tags=["resources.one"]),
            node("b", ["m"], tags=["resources.two"]),
            node("a--b"),
        ]
        config = make_run_config(resources={"one": {}, "two": {}})
        with pytest.raises(GroupingError) as caught:
            group(nodes, memory=["m"], config=config)
        codes = [one.code for one in caught.value.diagnostics]
        assert codes == [Code.GROUP_ID_COLLISION, Code.RESOURCES_CONFLICT]


def test_the_bonds_that_must_be_come_before_those_on_request() -> None:
    nodes = [
        node("a", [], ["m"], namespace="n", spark=True),
        node("b", ["m"], namespace="n", spark=True),
    ]
    datasets = {"m": dataset("m", DatasetKind.MEMORY)}
    bonds = find_bonds(nodes, datasets, make_run_config(), GroupBy.NAMESPACE, "p")
    assert [(bond.kind, bond.name) for bond in bonds] == [
        (ReasonKind.MEMORY, "m"),
        (ReasonKind.SPARK, "m"),
        (ReasonKind.NAMESPACE, "n"),
    ]
