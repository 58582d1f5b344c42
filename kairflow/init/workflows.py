"""The workflows for GitHub: build an image, keep the IR, show its diff, run or schedule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kairflow import __version__
from kairflow.errors import Code, Diagnostic, InternalError, UsageError
from kairflow.init.project import Project
from kairflow.init.request import Request
from kairflow.init.template import fill, spell

FOLDER = ".github/workflows"
"""Where GitHub looks for them, from the top of the repository."""

_NAMES = ("on-push.yml", "on-merge-to-main.yml")
_PLACEHOLDER = re.compile(r"(?<![\\$])\$\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}")
_SET_ALREADY = "COMMIT_ID"
_EXPLAINED = {"REGISTRY": "registry and folder of the images: registry.example.com/team"}


@dataclass(frozen=True, slots=True)
class _Store:
    """A kind of place for DAG files: what reads and writes it, and how one signs in."""

    extras: str = "kedro"
    also: str = ""
    """What reaches the store, where no extra of Kairflow does."""
    sign_in: str = "sign-in-other.yml"
    variables: tuple[str, ...] = ()


_GOOGLE = _Store(
    extras="kedro,gcs",
    sign_in="sign-in-google.yml",
    variables=("GOOGLE_WORKLOAD_IDENTITY_PROVIDER", "GOOGLE_SERVICE_ACCOUNT"),
)
_AWS = _Store("kedro,s3", sign_in="sign-in-aws.yml", variables=("AWS_ROLE", "AWS_REGION"))
_AZURE = _Store(also="adlfs")
_STORES: Mapping[str, _Store] = {
    **dict.fromkeys(("gs", "gcs"), _GOOGLE),
    **dict.fromkeys(("s3", "s3a"), _AWS),
    **dict.fromkeys(("abfs", "abfss", "az", "adl"), _AZURE),
}


def workflow_texts(request: Request, project: Project) -> dict[str, str]:
    """Return the workflows by the names of their files.

    Raises:
        UsageError: the project's folder has a name that GitHub would read as something else.
    """
    folder = _folder(project)
    store = _STORES.get(request.scheme, _Store())
    names = _placeholders(request, project)
    where = {
        "project": spell(folder),
        "ir": spell("build/ir.json" if folder == "." else f"{folder}/build/ir.json"),
    }
    steps = {
        **where,
        "install": " ".join(("pip install", *_packages(store), _required(project))),
        "sign_in": fill(store.sign_in, {}).rstrip("\n"),
    }
    values = {
        **where,
        "needs": _needs(names, store),
        "placeholders": "\n".join(f"KEDRO_CONFIG_{name}: ${{{{ vars.{name} }}}}" for name in names),
        "id_token": "id-token: write # to sign in without a key" if store.variables else "",
        "steps": fill("build-steps.yml", steps).rstrip("\n"),
    }
    return {name: _checked(fill(name, values)) for name in _NAMES}


def _folder(project: Project) -> str:
    """Return the project's place in the repository."""
    folder = project.root.relative_to(project.repository).as_posix()
    if "${{" in folder or not folder.isprintable():
        message = f"found the folder {folder!r}, expected a name without ${{{{ and line ends"
        hint = "rename it, or leave --with-github-actions out"
        raise UsageError([Diagnostic(Code.NAME_INVALID, message, str(project.root), hint)])
    return folder


def _placeholders(request: Request, project: Project) -> list[str]:
    """Return the placeholders that the configuration begins with, as variables are called."""
    text = f"{request.image_for(project.slug)} {request.output}"
    names = (name.upper() for name in _PLACEHOLDER.findall(text))
    return [name for name in dict.fromkeys(names) if name != _SET_ALREADY]


def _packages(store: _Store) -> Iterator[str]:
    """Yield Kairflow of the version that writes the workflow, which knows its commands."""
    yield f'"kairflow[{store.extras}]=={__version__}"'
    if store.also:
        yield store.also


def _required(project: Project) -> str:
    return "." if project.requirements is None else f"-r {project.requirements}"


def _needs(placeholders: list[str], store: _Store) -> str:
    rows = [
        ("secrets", "REGISTRY_USERNAME, REGISTRY_PASSWORD", "may push images"),
        ("secrets", "AIRFLOW_API_TOKEN", "or AIRFLOW_API_USERNAME and AIRFLOW_API_PASSWORD"),
        *(("variables", name, _EXPLAINED.get(name, "")) for name in placeholders),
    ]
    if store.variables:
        rows.append(("variables", ", ".join(store.variables), "may write DAG files"))
    return "\n".join(
        f"#   {kind:9}  {name}  {note and f'({note})'}".rstrip() for kind, name, note in rows
    )


def _checked(text: str) -> str:
    """Read the text back: a mapping with jobs."""
    import yaml

    read = yaml.safe_load(text)
    if not isinstance(read, dict) or not isinstance(read.get("jobs"), dict):
        raise InternalError("the workflow is none")
    return text
