"""The project's configuration, read through its own config loader; credentials never are.

There is no session, no context and no catalog: the loader is all that a pipeline's description
needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic, ProjectError, Severity
from kairflow.export import user_code
from kairflow.export.project import Project

LOCAL = "local"
"""The environment that, by Kedro's convention, is nobody else's business."""

_ENVIRONMENT = re.compile(r"[A-Za-z0-9_-]+")
_SUFFIXES = (".yml", ".yaml", ".json")
_KINDS = ("catalog", "parameters", "globals", "mlflow")
_MISSING_PARAMETER = re.compile(r"Runtime parameter '([^']+)' not found")


@dataclass(frozen=True, slots=True)
class Conf:
    """A project's configuration in one environment."""

    project: Project
    source: str
    loader: Any
    """Kedro's config loader, or the project's own."""

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments that are read, in order: the later one wins."""
        base = getattr(self.loader, "base_env", "base") or ""
        run = self.loader.env or getattr(self.loader, "default_run_env", LOCAL) or ""
        return tuple(dict.fromkeys((base, run)))

    def read(self, kind: str) -> dict[str, Any]:
        """Return the values of a kind; no file with parameters is the same as an empty one.

        Raises:
            ProjectError: code `CONFIG_LOADER`, for whatever the loader cannot read, and when there
                is no catalog, without which Kedro runs nothing.
        """
        from kedro.config import MissingConfigException

        try:
            return dict(self.loader[kind])
        except MissingConfigException as error:
            if kind != "catalog":
                return {}
            raise ProjectError([self._no_file(kind)]) from error
        except (Exception, SystemExit) as error:  # resolvers are the project's code
            raise ProjectError([_describe(error, kind, self.project.root)]) from error

    def files(self, env: str, patterns: Sequence[str]) -> list[str]:
        """Return the files of one environment that match, sorted, as the loader's paths."""
        found = {path for p in patterns for path in self._fs.glob(f"{self.folder(env)}/{p}")}
        return sorted(path for path in found if self._is_read(path, env))

    def exists(self, path: str) -> bool:
        """Tell whether a file is there."""
        return bool(self._fs.isfile(path))

    def text(self, path: str) -> str:
        """Return the text of a file that is there."""
        with self._fs.open(path, "rb") as file:
            content: bytes = file.read()
        return content.decode("utf-8")

    def shown(self, env: str, name: str) -> str:
        """Spell a file for the user, relative to the project where possible."""
        source = Path(self.source)
        if self.project.root in source.parents:
            return (source.relative_to(self.project.root) / env / name).as_posix()
        return f"{self.source.rstrip('/')}/{env}/{name}"

    def folder(self, env: str) -> str:
        """Return the folder of an environment, as a path of the loader's file system."""
        remote = getattr(self.loader, "_remote_root_path", None)
        if remote is not None:
            return f"{remote}/{env}"
        if getattr(self.loader, "_protocol", "file") == "file":
            return (Path(self.source) / env).as_posix()
        # As Kedro does it: an archive holds one folder, whatever its name.
        return (PurePosixPath(self._fs.ls("", detail=False)[-1]) / env).as_posix()

    def local_files(self) -> tuple[str, ...]:
        """Return the files of kinds that shape the export and lie in the environment `local`."""
        if LOCAL not in self.environments:
            return ()
        patterns: Mapping[str, Sequence[str]] = getattr(self.loader, "config_patterns", {})
        wanted = [pattern for kind in _KINDS for pattern in patterns.get(kind, ())]
        return tuple(self.files(LOCAL, [*wanted, "airflow-k8s.yml", "airflow-k8s.yaml"]))

    def _no_file(self, kind: str) -> Diagnostic:
        where = self.shown(self.environments[0], f"{kind}.yml")
        return Diagnostic(Code.CONFIG_LOADER, "the file is missing", where, "an empty one will do")

    @property
    def _fs(self) -> Any:
        """The file system that the loader reads from; a loader of another family has none."""
        from kedro.config import OmegaConfigLoader

        make = OmegaConfigLoader._initialise_filesystem_and_protocol
        return getattr(self.loader, "_fs", None) or make(self.source)[0]

    def _is_read(self, path: str, env: str) -> bool:
        below = path[len(self.folder(env)) :] if path.startswith(self.folder(env)) else path
        hidden = any(part.startswith(".") for part in below.split("/"))
        return path.endswith(_SUFFIXES) and not hidden and self.exists(path)


def open_conf(
    project: Project, env: str | None, source: str | None, params: Mapping[str, JsonValue]
) -> Conf:
    """Build the project's config loader, as a Kedro session does.

    Raises:
        ProjectError: code `ENVIRONMENT_NAME` for an environment that is none, `CONFIG_LOADER` for
            a loader that cannot be built, `PROJECT_IMPORT` for settings that make no sense.
    """
    if env is not None and not _ENVIRONMENT.fullmatch(env):
        hint = "letters, digits, hyphens and underscores make a name; give the folder's name only"
        raise ProjectError([Diagnostic(Code.ENVIRONMENT_NAME, _no_name(env), "--env", hint)])
    with user_code.running("reading the settings", project.root):
        loader_class = project.settings.CONFIG_LOADER_CLASS
        arguments = dict(project.settings.CONFIG_LOADER_ARGS)
        source = source or str(project.root / project.settings.CONF_SOURCE)
    _check_source(source, project.root)
    try:
        loader = loader_class(conf_source=source, env=env, runtime_params=dict(params), **arguments)
        # Any look-up registers the resolver `runtime_params`, which reading the globals removed.
        loader.get("")
    except (Exception, SystemExit) as error:  # the class may be the project's own
        raise ProjectError([_describe(error, "the configuration", project.root)]) from error
    conf = Conf(project, source, loader)
    _check_environments(conf)
    return conf


def local_warning(conf: Conf) -> tuple[Diagnostic, ...]:
    """Warn when `conf/local` had a part in the export: other machines do not have it."""
    names = [path.rsplit("/", 1)[-1] for path in conf.local_files()]
    if not names:
        return ()
    where = conf.shown(LOCAL, "")
    message = f"this configuration is in the IR, though other machines lack it: {', '.join(names)}"
    hint = "name an environment with --env, or move what the tasks need to another one"
    return (Diagnostic(Code.LOCAL_CONFIG_USED, message, where, hint, Severity.WARNING),)


def _no_name(env: str) -> str:
    return f"{env!r} is no name of an environment"


def _check_source(source: str, root: Path) -> None:
    if "://" in source or Path(source).exists():
        return
    shown = user_code.project_path(source, root) or source
    hint = "name a folder, a .tar.gz or a .zip with --conf-source, or mend CONF_SOURCE in settings"
    message = "there is no configuration"
    raise ProjectError([Diagnostic(Code.CONFIG_LOADER, message, shown, hint)])


def _check_environments(conf: Conf) -> None:
    """Find a missing folder of a local configuration; Kedro would trip over it in the pod."""
    if "://" in conf.source or not Path(conf.source).is_dir():
        return
    missing = [env for env in conf.environments if not Path(conf.folder(env)).is_dir()]
    if not missing:
        return
    there = sorted(path.name for path in Path(conf.source).iterdir() if path.is_dir())
    hint = f"environments that exist: {', '.join(there) or 'none'}"
    if conf.loader.env is None:
        hint += "; Kedro needs the folder even when empty (git keeps it for a .gitkeep), or --env"
    raise ProjectError(
        Diagnostic(Code.ENVIRONMENT_NAME, "no such environment", conf.shown(env, ""), hint)
        for env in missing
    )


def _describe(error: BaseException, kind: str, root: Path) -> Diagnostic:
    message = f"reading {kind} failed with {type(error).__name__}: {error}".rstrip(": ")
    found = _MISSING_PARAMETER.search(message)
    hint = f"give it a value: --params {found.group(1)}=…" if found else ""
    where = user_code.describe(error, "", root).where
    return Diagnostic(Code.CONFIG_LOADER, message, where, hint)
