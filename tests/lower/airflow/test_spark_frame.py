"""Where the tasks of the Spark cluster stand, compared with a search of all paths."""

from __future__ import annotations

import networkx as nx
from hypothesis import event, given
from hypothesis import strategies as st

from kairflow.ir.model import Engine, Group
from kairflow.lower.airflow.frame import Frame, edges, touched_groups

CLUSTER = ("create-spark-cluster", "delete-spark-cluster")
CREATE, DELETE = "create_spark_cluster", "delete_spark_cluster"


@st.composite
def group_graphs(draw: st.DrawFn) -> tuple[Group, ...]:
    """Groups in a topological order, a third of them Spark's, with any needs at all."""
    size = draw(st.integers(1, 9))
    made = []
    for number in range(size):
        needs = draw(st.sets(st.integers(0, number - 1))) if number else set()
        engine = Engine.SPARK if draw(st.integers(0, 2)) == 0 else Engine.PYTHON
        made.append(
            Group(
                id=f"g{number}",
                engine=engine,
                nodes=(f"n{number}",),
                needs=tuple(f"g{need}" for need in sorted(needs)),
                resource_class=None,
                pod_template=None,
                reasons=(),
            )
        )
    return tuple(made)


@given(group_graphs())
def test_the_cluster_is_there_before_the_first_job_and_until_the_last(
    groups: tuple[Group, ...],
) -> None:
    frame = Frame((), (), (), CLUSTER)
    touched = touched_groups(frame, groups)
    variables = {group.id: group.id for group in groups if group.id in touched}
    found = {(edge.before, edge.after) for edge in edges(frame, groups, variables, ())}
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(group.id for group in groups)
    graph.add_edges_from((need, group.id) for group in groups for need in group.needs)
    jobs = {group.id for group in groups if group.engine is Engine.SPARK}
    firsts = {job for job in jobs if not nx.ancestors(graph, job) & jobs}
    lasts = {job for job in jobs if not nx.descendants(graph, job) & jobs}
    event(f"{len(jobs)} jobs")
    around = {edge for edge in found if {CREATE, DELETE} & {*edge}}
    assert around == {(CREATE, job) for job in firsts} | {(job, DELETE) for job in lasts}
    assert found - around == set(graph.edges)


def test_whoever_waits_for_another_dag_has_no_cluster_meanwhile() -> None:
    job = Group(
        id="job",
        engine=Engine.SPARK,
        nodes=("job",),
        needs=(),
        resource_class=None,
        pod_template=None,
        reasons=(),
    )
    frame = Frame(("wait",), (), (), CLUSTER)
    found = {(e.before, e.after) for e in edges(frame, (job,), {"job": "job"}, ("wait",))}
    assert ("wait", CREATE) in found
    assert (CREATE, "job") in found
