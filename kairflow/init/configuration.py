"""The text of `airflow-k8s.yml` for a project, which is read back before anybody gets it."""

from __future__ import annotations

from kairflow.errors import InternalError
from kairflow.init.project import Project
from kairflow.init.request import Request
from kairflow.init.template import fill, spell
from kairflow.ir.version import CONFIG_SCHEMA_URL

_EXAMPLE = "# output: gs://my-bucket/dags"
_LOCAL_IMAGE = (
    "## A cluster fetches it from a registry: registry.example.com/team/name:1.0, after a push."
)
_COMMIT_IMAGE = """\
## Each commit has an image of its own, which the workflows build: they set the variables that
## fill the name. On your machine you set them: KEDRO_CONFIG_COMMIT_ID, KEDRO_CONFIG_REGISTRY
## (such as registry.example.com/team), and so on, as the name has them."""


def config_text(request: Request, project: Project) -> str:
    """Return the configuration: what was asked for, and every other key, switched off."""
    image = request.image_for(project.slug)
    # A text after `$${` is no placeholder, and addresses and images may well have some.
    experiment = project.name.replace("${", "$${")
    values = {
        "schema": CONFIG_SCHEMA_URL,
        "host": spell(request.host),
        "output": _EXAMPLE if request.output is None else f"output: {spell(request.output)}",
        "image_note": _COMMIT_IMAGE if request.with_actions else _LOCAL_IMAGE,
        "image": spell(image),
        "experiment_name": spell(experiment),
        "run_name": spell(project.slug),
    }
    text = fill("airflow-k8s.yml", values)
    _check(text, request, image, experiment, project.slug)
    return text


def _check(text: str, request: Request, image: str, experiment: str, run_name: str) -> None:
    """Read the text back: it is valid, and every value is what it was."""
    import yaml

    from kairflow.ir.deployment import Deployment

    read = Deployment.model_validate(yaml.safe_load(text))
    config = read.run_config
    arrived = (read.host, read.output, config.image, config.experiment_name, config.run_name)
    sent = (request.host, request.output, image, experiment, run_name)
    if arrived != sent:
        raise InternalError(f"{sent!r} arrives as {arrived!r}")
