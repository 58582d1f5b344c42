"""`kairflow init`: the files that a project starts with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.option_groups import Answer, grouped

if TYPE_CHECKING:
    from kairflow.errors import Diagnostic
    from kairflow.init import Project, Request

_NAMES = ("airflow-k8s.yml", "airflow-k8s.yaml")

Address = Annotated[
    str,
    typer.Argument(help="Address of the Airflow web server.", metavar="URL", show_default=False),
]
DagFolder = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        help="Where Airflow finds its DAG files, such as gs://bucket/dags.",
        metavar="ADDRESS",
    ),
]
ImageName = Annotated[
    str | None,
    typer.Option("--image", "-i", help="Image that holds the project, instead of its name."),
]
WithActions = Annotated[
    bool,
    typer.Option("--with-github-actions", help="Also write workflows that build, run, schedule."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")]


@reported
@grouped
def init(
    *,
    url: Address,
    output: DagFolder = None,
    image: ImageName = None,
    project: options.Project = Path(),
    with_github_actions: WithActions = False,
    force: Force = False,
    answer: Answer,
) -> None:
    """Write the configuration that a project starts with, and workflows for GitHub on request.

    `conf/base/airflow-k8s.yml` explains every key there is. Nothing that exists is overwritten
    without `--force`, and Kedro need not be installed.

    Examples:

    - `kairflow init https://airflow.example.com --output gs://bucket/dags`

    - `kairflow init https://airflow.example.com -o s3://bucket/dags --with-github-actions`
    """
    from kairflow.init import Request, checked, config_text, find_project, workflow_texts
    from kairflow.init.workflows import FOLDER

    request = checked(Request(url, output, image, with_github_actions))
    found = find_project(project)
    config = _config_path(found.root / "conf" / "base")
    texts = {config: config_text(request, found)}
    if with_github_actions:
        folder = found.repository / FOLDER
        texts |= {folder / name: text for name, text in workflow_texts(request, found).items()}
    if not force:
        _refuse_existing(list(texts))
    files = _place(texts)
    _report(files, request, found, answer)


def _config_path(folder: Path) -> Path:
    """Return the file that is there already, in one spelling of its ending or the other.

    Raises:
        FileError: both are there, and one of them must go.
    """
    from kairflow.errors import Code, Diagnostic, FileError

    found = [folder / name for name in _NAMES if _exists(folder / name)]
    if len(found) > 1:
        message = f"found both {' and '.join(_NAMES)}, expected one of them"
        hint = "move all into one, and delete the other"
        raise FileError([Diagnostic(Code.CONFIG_AMBIGUOUS, message, str(folder), hint)])
    return found[0] if found else folder / _NAMES[0]


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _refuse_existing(paths: Sequence[Path]) -> None:
    from kairflow.errors import Code, Diagnostic, FileError

    hint = "keep it, or add --force to overwrite it"
    faults = [
        Diagnostic(Code.FILE_EXISTS, "the file exists, and nothing was written", str(path), hint)
        for path in paths
        if _exists(path)
    ]
    if faults:
        raise FileError(faults)


def _place(texts: dict[Path, str]) -> list[dict[str, Any]]:
    """Write all files; when one cannot be, take away those that were not there before.

    Raises:
        FileError: a file cannot be written.
    """
    from kairflow.deploy.local_files import place_text
    from kairflow.errors import FileError

    new = [path for path in texts if not _exists(path)]
    try:
        return [
            {"file": str(path), "changed": place_text(path, text)} for path, text in texts.items()
        ]
    except FileError:
        for path in new:
            with suppress(OSError):
                path.unlink()
        raise


def _report(
    files: list[dict[str, Any]],
    request: Request,
    project: Project,
    answer: Answer,
) -> None:
    from kairflow.cli import report

    warnings = _warnings(request)
    if answer.as_json:
        report.print_json({"ok": True, "files": files, "diagnostics": warnings})
        return
    if answer.quiet:
        return
    report.print_diagnostics(warnings)
    for file in files:
        report.print_line(f"{'wrote' if file['changed'] else 'unchanged:'} {file['file']}")
    for line in _next_steps(request, project, files):
        report.print_line(f"next: {line}")


def _warnings(request: Request) -> tuple[Diagnostic, ...]:
    from kairflow.errors import Code, Diagnostic, Severity

    if not request.with_actions or request.scheme not in ("", "file"):
        return ()
    message = f"{request.output!r} is a folder of the machine that the workflows run on"
    hint = "name a place that Airflow sees as well, such as gs://my-bucket/dags"
    where, warning = "--output", Severity.WARNING
    return (Diagnostic(Code.ADDRESS_INVALID, message, where, hint, warning),)


def _next_steps(
    request: Request, project: Project, files: Sequence[dict[str, Any]]
) -> tuple[str, ...]:
    config = files[0]["file"]
    look = f"look through {config}, above all at image and namespace"
    if not request.with_actions:
        token = "set AIRFLOW_API_TOKEN before you deploy"  # noqa: S105  it is none
        return (look, f"kairflow compile makes the DAG; {token}")
    docker = "" if project.has_dockerfile else "a Dockerfile (kedro-docker makes one), "
    secrets = f"add {docker}the secrets and variables that {files[1]['file']} begins with"
    registry = "" if request.image else " KEDRO_CONFIG_REGISTRY=registry.example.com/team"
    commit = f"KEDRO_CONFIG_COMMIT_ID=$(git rev-parse HEAD){registry} kairflow compile"
    return (look, secrets, f"{commit} makes the DAG here")
