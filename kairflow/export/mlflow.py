"""The MLflow server that kedro-mlflow's `mlflow.yml` names; the plugin itself is never imported."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from kairflow.errors import Code, Diagnostic, Severity, errors_in
from kairflow.export.conf import Conf
from kairflow.export.config import Config
from kairflow.export.config_file import ConfigFile, Path, parse_file, place_in
from kairflow.ir.mlflow import Mlflow, uri_complaint

_PATTERNS = ["mlflow*", "mlflow*/**", "**/mlflow*"]
"""Those of the plugin."""

_KEY = ("server", "mlflow_tracking_uri")
_OLD_KEY = ("mlflow_tracking_uri",)
"""Where kedro-mlflow before 0.8 had it."""

_EXPERIMENT = ("tracking", "experiment", "name")
_OLD_EXPERIMENT = ("experiment", "name")
_DEFAULT_EXPERIMENT = "Default"
"""The plugin's, when its file names none."""

_RESOLVER = "km.random_name"
"""A resolver that the plugin registers when it starts, which it never does here."""

_SILENCE = "set run_config.mlflow.tracking_uri, or run_config.mlflow.disabled to silence this"
_ON_THEIR_OWN = "so the DAG starts no run, and nodes use MLflow on their own"


@dataclass(frozen=True, slots=True)
class Tracking:
    """What the project says about MLflow."""

    uri: str | None = None
    """A server that a DAG can call."""
    experiment: str | None = None
    """Where nodes log: MLflow takes them for part of a run of no other experiment."""
    silent: frozenset[str] = frozenset()
    """Pipelines that the plugin leaves alone."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Why there is no address, or that runs are elsewhere than the configuration says."""

    def warnings(self, pipeline: str) -> tuple[Diagnostic, ...]:
        """Return what to tell whoever exports this pipeline, or all of them."""
        if pipeline in self.silent:
            return ()
        return tuple(d for d in self.diagnostics if d.severity is Severity.WARNING)


def read_tracking(conf: Conf, config: Config) -> Tracking:
    """Read `mlflow.yml` as kedro-mlflow does, if it is installed beside the project.

    Raises:
        ProjectError: code `CONFIG_LOADER`, for whatever the project's loader cannot read.
    """
    asked = None if config.deployment is None else config.deployment.run_config.mlflow
    files = [(env, name) for env in conf.environments for name in conf.files(env, _PATTERNS)]
    if not files or (asked is not None and asked.disabled):
        return Tracking()
    if importlib.util.find_spec("kedro_mlflow") is None:
        message = "kedro-mlflow is not installed beside the project, so MLflow stays off"
        return Tracking(diagnostics=() if asked else _warning(message, _shown(conf, *files[-1])))
    raw = _read(conf)
    parsed = list(_parsed(conf, files))[::-1]
    if asked is not None and asked.tracking_uri:
        tracking = Tracking(asked.tracking_uri)
    else:
        key = _OLD_KEY if _OLD_KEY[0] in raw else _KEY
        tracking = _judge(_at(raw, key), place_in(parsed, key))
    return replace(_in_experiment(tracking, raw, parsed, config), silent=_silent(raw))


def settle(
    tracking: Tracking, config: Config, pipeline: str
) -> tuple[Mlflow | None, tuple[Diagnostic, ...]]:
    """Return the server that this pipeline's DAG calls, and what stands in the way."""
    asked = None if config.deployment is None else config.deployment.run_config.mlflow
    if pipeline in tracking.silent or (asked is not None and asked.disabled):
        return None, ()
    uri = (asked.tracking_uri if asked is not None else None) or tracking.uri
    if uri is not None:
        own = asked.experiment_name if asked is not None else None
        return Mlflow(tracking_uri=uri, experiment_name=own or tracking.experiment), ()
    errors = errors_in(tracking.diagnostics)
    if errors or asked is None:
        return None, errors
    where = config.where(("run_config", "mlflow"))
    message = "found no address of an MLflow server, expected tracking_uri"
    hint = "give it here, or in the project's mlflow.yml beside kedro-mlflow"
    return None, (Diagnostic(Code.CONFIG_VALUE, message, where, hint),)


def _read(conf: Conf) -> Mapping[str, Any]:
    patterns = getattr(conf.loader, "config_patterns", None)
    if isinstance(patterns, dict):
        patterns.setdefault("mlflow", list(_PATTERNS))
    with _resolver():
        return conf.read("mlflow")


@contextmanager
def _resolver() -> Iterator[None]:
    """Let the plugin's resolver stand in a file whose address alone matters."""
    from omegaconf import OmegaConf

    if OmegaConf.has_resolver(_RESOLVER):
        yield
        return
    OmegaConf.register_new_resolver(_RESOLVER, lambda: "")
    try:
        yield
    finally:
        OmegaConf.clear_resolver(_RESOLVER)


def _parsed(conf: Conf, files: list[tuple[str, str]]) -> Iterator[ConfigFile]:
    """Yield the files again, for the lines of their keys."""
    for env, name in files:
        parsed = parse_file(_shown(conf, env, name), conf.text(name))
        if isinstance(parsed, ConfigFile):
            yield parsed


def _shown(conf: Conf, env: str, path: str) -> str:
    return conf.shown(env, path.removeprefix(f"{conf.folder(env)}/"))


def _silent(raw: Any) -> frozenset[str]:
    """Return the pipelines that the plugin leaves alone, in either layout."""
    places = (("tracking", "disable_tracking", "pipelines"), ("disable_tracking", "pipelines"))
    listed = [found for place in places if isinstance(found := _at(raw, place), list)]
    return frozenset(str(name) for found in listed for name in found)


def _at(raw: Any, path: Path) -> Any:
    for step in path:
        raw = raw.get(step) if isinstance(raw, dict) else None
    return raw


def _judge(uri: object, where: str) -> Tracking:
    """Say whether a DAG can call the address, and never repeat it: it may hold a password."""
    if not isinstance(uri, str) or not uri.lower().startswith(("http:", "https:")):
        what = "there is no address" if uri in (None, "") else "the address is no http(s) address"
        return Tracking(diagnostics=_warning(f"{what} of an MLflow server, {_ON_THEIR_OWN}", where))
    if complaint := uri_complaint(uri):
        hint = "see run_config.authentication for user and password or token"
        return Tracking(diagnostics=(Diagnostic(Code.CONFIG_VALUE, complaint, where, hint),))
    return Tracking(uri)


def _in_experiment(
    tracking: Tracking, raw: Any, files: Sequence[ConfigFile], config: Config
) -> Tracking:
    """Add the experiment that the plugin chooses in a pod, and say so when it is unexpected."""
    if tracking.uri is None:
        return tracking
    key = _OLD_EXPERIMENT if _OLD_EXPERIMENT[0] in raw else _EXPERIMENT
    found = _at(raw, key)
    name = found if isinstance(found, str) and found else _DEFAULT_EXPERIMENT
    expected = None if config.deployment is None else config.deployment.run_config
    own = None if expected is None or expected.mlflow is None else expected.mlflow.experiment_name
    if expected is None or own is not None or name == expected.experiment_name:
        return replace(tracking, experiment=name)
    message = f"runs are in the experiment {name!r}, not in {expected.experiment_name!r}"
    because = "" if found == name else ", which is kedro-mlflow's default"
    hint = f"set {'.'.join(key)} to {expected.experiment_name!r}, or experiment_name to {name!r}"
    warning = Diagnostic(
        Code.MLFLOW_EXPERIMENT,
        f"{message}: nodes log where mlflow.yml says{because}",
        place_in(files, key),
        hint,
        Severity.WARNING,
    )
    return replace(tracking, experiment=name, diagnostics=(warning,))


def _warning(message: str, where: str) -> tuple[Diagnostic, ...]:
    return (Diagnostic(Code.MLFLOW_OFF, message, where, _SILENCE, Severity.WARNING),)
