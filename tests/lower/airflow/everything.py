"""Documents that use everything there is, so that their DAG files hold all that files can hold."""

from __future__ import annotations

from dataclasses import replace

from kairflow.ir import Document
from kairflow.lower.airflow.options import AirflowLine, Runtime
from tests.lower.airflow.plan_spark import CLUSTERS
from tests.lower.airflow.plans import HARMLESS, OPTIONAL, Plan, document

ALL = Plan(
    reads=((), (0,), (0, 1), ()),
    memory=(False,) * 4,
    asks=(0, 1, None, 1),
    classes=2,
    keys=frozenset(OPTIONAL) - {"by_pipeline", "skip_init", "vars", "google"},
    runtime=Runtime.KUBERNETES,
    line=AirflowLine.AIRFLOW_3,
)
WEAVE = replace(ALL, spark=(True, False, True, False))
PLANS = {
    "everything": ALL,
    **{cluster: replace(WEAVE, cluster=cluster) for cluster in CLUSTERS},
    "images": replace(WEAVE, cluster="kubernetes", keys=ALL.keys - {"spark_image"}),
    "spark-alone": replace(ALL, spark=(True,) * 4, cluster="dataproc"),
    "google": replace(ALL, keys=ALL.keys | {"google"}),
    "vars": replace(ALL, keys=ALL.keys | {"vars"}),
    "cron-trigger-without-templates": replace(ALL, keys=ALL.keys - {"templates", "trigger"}),
    "kept": replace(ALL, keys=ALL.keys - {"never"}),
    "bare": replace(ALL, keys=frozenset()),
}


def rich_documents() -> dict[str, Document]:
    """Return documents by what is special about them."""
    made = {name: document(plan, HARMLESS) for name, plan in PLANS.items()}
    full = made["everything"]
    old = full.source.model_copy(update={"kedro_line": "0.19"})
    literal = document(ALL, HARMLESS._replace(texts=("{{ x }}",)))
    return {**made, "kedro-0.19": full.model_copy(update={"source": old}), "literal": literal}
