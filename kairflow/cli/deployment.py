"""What deploy, run-once and schedule share: lower a pipeline, and upload its files in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kairflow.cli.option_groups import Answer
    from kairflow.cli.pipeline_source import Pipeline
    from kairflow.deploy.upload import Step, Upload
    from kairflow.errors import Diagnostic
    from kairflow.lower.airflow.dag_file import DagFile
    from kairflow.lower.airflow.options import Options


@dataclass(frozen=True, slots=True)
class Package:
    """A lowered pipeline: all files, the DAG last, for nothing that it fetches may be missing."""

    dag: DagFile
    uploads: tuple[Upload, ...]
    warnings: tuple[Diagnostic, ...]

    @property
    def tag(self) -> str:
        """Return the tag that no DAG of another file has."""
        return f"kairflow_dag:{self.dag.dag_digest[:16]}"

    @property
    def facts(self) -> dict[str, Any]:
        """Return what a program may want to know of the DAG."""
        return {
            "dag_id": self.dag.dag_id,
            "tasks": self.dag.tasks,
            "ir_digest": self.dag.ir_digest,
            "dag_digest": self.dag.dag_digest,
        }

    def warned(self, *more: Diagnostic) -> Package:
        """Return the package with more that its author should know."""
        return replace(self, warnings=(*self.warnings, *more))

    @contextmanager
    def telling_files(self, steps: Sequence[Step]) -> Iterator[None]:
        """Add to the facts of an error what was to be uploaded, as the facts of a success have it.

        Raises:
            KairflowError: the same again.
        """
        from kairflow.errors import KairflowError

        try:
            yield
        except KairflowError as error:
            facts = {**self.facts, "files": files_of(steps), **error.facts}
            raise error.with_facts(facts) from error.__cause__

    def show_warnings(self, answer: Answer) -> None:
        """Tell people what they should know before anything is uploaded."""
        from kairflow.cli.report import print_diagnostics

        if self.warnings and not answer.is_silent:
            print_diagnostics(self.warnings)

    def show_end(
        self,
        steps: Sequence[Step],
        answer: Answer,
        said: tuple[str, str],
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Say what was done and what is next; or one JSON object about it, with `more` facts."""
        from kairflow.cli.report import print_json, print_line

        if answer.as_json:
            facts = {**self.facts, "files": files_of(steps), **(more or {})}
            print_json({"ok": True, "diagnostics": self.warnings, **facts})
        elif not answer.quiet:
            sentence, step = said
            print_line(sentence)
            print_line(f"next: {step}")


def package(pipeline: Pipeline, options: Options, output: str) -> Package:
    """Lower a pipeline, and put together what is to be uploaded where.

    Raises:
        LoweringError: no working DAG can be made of it.
        FileError: the archive that the IR names is missing, or is another one.
        UsageError: `artifacts_path` is no place to upload to.
    """
    from kairflow.deploy.addresses import check_address, join
    from kairflow.deploy.upload import Upload
    from kairflow.lower.airflow.dag_file import compile_dag

    dag = compile_dag(pipeline.document, options)
    uploads = list[Upload]()
    if dag.artefacts:
        spark = pipeline.document.deployment.run_config.spark
        check_address((spark and spark.artifacts_path) or "", "run_config.spark.artifacts_path")
        uploads.append(_archive(pipeline))
        uploads += [Upload(one.address, one.text.encode()) for one in dag.artefacts]
    uploads.append(Upload(join(output, dag.name), dag.text.encode()))
    found = dict.fromkeys((*pipeline.warnings, *dag.warnings))
    return Package(dag, tuple(uploads), tuple(found))


def _archive(pipeline: Pipeline) -> Upload:
    from kairflow.deploy.local_files import read_archive
    from kairflow.deploy.upload import Upload
    from kairflow.ir.artefacts import name_artefacts

    names, named = name_artefacts(pipeline.document), pipeline.document.archive
    if names is None or named is None:
        raise AssertionError("the DAG has scripts, so the document names an archive")
    content = pipeline.archive
    if not isinstance(content, bytes):
        content = read_archive((content or Path()) / named.name, named.sha256)
    return Upload(names.archive, content, fixed=True)


def plan_upload(made: Package, answer: Answer) -> tuple[Step, ...]:
    """Look at what is there, and refuse to replace a file that somebody else wrote.

    Raises:
        UploadError: a place cannot be read.
        FileError: it has a file of that name which is not ours.
    """
    from kairflow.cli.report import working
    from kairflow.deploy.deployed import check_replaceable
    from kairflow.deploy.upload import plan

    with working("Looking at what is there", quiet=answer.is_silent):
        steps = plan(made.uploads)
    check_replaceable(steps[-1])
    return steps


def upload(steps: Sequence[Step], answer: Answer) -> None:
    """Carry the steps out, and say of each what was done.

    Raises:
        UploadError: a place cannot be written; what comes after it is left as it was.
    """
    from kairflow.cli.report import print_line, working
    from kairflow.deploy.addresses import shown
    from kairflow.deploy.upload import Change, carry_out

    done = iter(carry_out(steps))
    for step in steps:
        address = shown(step.upload.address)
        with working(f"Uploading {address}", quiet=answer.is_silent):
            next(done)
        if not answer.is_silent:
            verb = "unchanged:" if step.change is Change.UNCHANGED else "uploaded"
            print_line(f"{verb} {address}")


def show_difference(made: Package, steps: Sequence[Step], answer: Answer) -> None:
    """Say what an upload would change: differences to standard output, a summary beside it."""
    from kairflow.cli.report import print_json, print_line, print_product
    from kairflow.deploy.addresses import shown
    from kairflow.deploy.difference import difference

    if answer.as_json:
        files = [{**one, "difference": difference(step)} for one, step in _pairs(steps)]
        facts = {**made.facts, "files": files, "diagnostics": made.warnings}
        print_json({"ok": True, "dry_run": True, **facts})
        return
    made.show_warnings(answer)
    for step in steps:
        print_product(difference(step))
    if not answer.quiet:
        for step in steps:
            print_line(f"{step.change.value}: {shown(step.upload.address)}")
        print_line("nothing was uploaded; leave out --dry-run to do it")


def files_of(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return what a program may want to know of the files."""
    return [facts for facts, _ in _pairs(steps)]


def _pairs(steps: Iterable[Step]) -> Iterator[tuple[dict[str, Any], Step]]:
    from kairflow.deploy.addresses import shown

    for step in steps:
        yield {"address": shown(step.upload.address), "change": step.change.value}, step
