"""IR to the text of a DAG file, sealed with its own digest; it writes nothing anywhere."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from dataclasses import dataclass

from kairflow.errors import Diagnostic
from kairflow.ir import Document
from kairflow.lower.airflow.documentation import file_line
from kairflow.lower.airflow.emit import emit
from kairflow.lower.airflow.lowering import BLANK_DIGEST, lower_document
from kairflow.lower.airflow.model import Dag
from kairflow.lower.airflow.options import Options, Runtime
from kairflow.lower.codegen.printer import print_module
from kairflow.lower.spark.artefacts import Artefact, spark_artefacts

_DIGESTS = re.compile(
    r"^# kairflow_dag sha256:[0-9a-f]{64}$"
    r'|^        "kairflow_dag:[0-9a-f]{16}",$'
    r'|^        "DAG file `kairflow_dag:[0-9a-f]{16}`\.\\n"$(?=\n    \),$)',
    re.MULTILINE,
)
"""The three lines that bear the digest; text of the user's never makes up a line like these: the
third is the end of the DAG's documentation."""


@dataclass(frozen=True, slots=True)
class DagFile:
    """A DAG file that is ready to be placed where Airflow looks for it.

    `artefacts` are the files that its Spark jobs fetch, less the project itself.
    """

    name: str
    text: str
    dag_id: str
    ir_digest: str
    dag_digest: str
    tasks: int
    warnings: tuple[Diagnostic, ...]
    artefacts: tuple[Artefact, ...]


def compile_dag(document: Document, options: Options) -> DagFile:
    """Lower a document to a DAG file.

    Raises:
        LoweringError: no working DAG can be made of it; all reasons at once.
    """
    lowered = lower_document(document, options)
    digest = dag_digest(print_module(emit(lowered.dag)))
    dag = _sealed(lowered.dag, digest)
    return DagFile(
        name=f"{dag.dag_id}.py",
        text=print_module(emit(dag)),
        dag_id=dag.dag_id,
        ir_digest=dag.header.ir_digest,
        dag_digest=digest,
        tasks=len(dag.tasks),
        warnings=lowered.warnings,
        artefacts=spark_artefacts(document) if options.runtime is Runtime.KUBERNETES else (),
    )


def dag_digest(text: str) -> str:
    """Return the SHA-256, in hex, of a DAG file's text with the digest's own digits blanked.

    The digits stand in the header (`kairflow_dag sha256:…`) and, shortened, in a tag
    (`kairflow_dag:…`) and at the end of the documentation. Whoever holds a file can so check that
    nobody changed it.
    """
    return hashlib.sha256(_DIGESTS.sub(_blank, text).encode()).hexdigest()


def _blank(found: re.Match[str]) -> str:
    label, mark, digits = found[0].rpartition(":")
    return label + mark + re.sub("[0-9a-f]", "0", digits)


def _sealed(dag: Dag, digest: str) -> Dag:
    blank_tag, tag = f"kairflow_dag:{BLANK_DIGEST[:16]}", f"kairflow_dag:{digest[:16]}"
    return dataclasses.replace(
        dag,
        header=dataclasses.replace(dag.header, dag_digest=digest),
        tags=tuple(tag if found == blank_tag else found for found in dag.tags),
        doc=dag.doc.removesuffix(file_line(BLANK_DIGEST)) + file_line(digest),
    )
