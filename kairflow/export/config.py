"""The project's `airflow-k8s.yml` as the IR's `Deployment`: found, filled, merged, validated.

It reads through the project's config loader and never asks what lowering will do with a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any, get_args

from pydantic import ValidationError

from kairflow.errors import Code, Diagnostic, Severity, errors_in
from kairflow.export.conf import Conf
from kairflow.export.config_file import ConfigFile, Fault, Path, parse_file, place_in
from kairflow.export.config_rules import broken_rules, inherited, leaked_secrets
from kairflow.export.interpolation import resolve
from kairflow.export.placeholders import Placeholders
from kairflow.export.pod_templates import settle_templates
from kairflow.ir.deployment import Deployment, RunConfig
from kairflow.ir.validation import CONFIG_CODES, diagnose, json_path, nearest

KIND = "airflow-k8s"
"""The configuration's name, also as a key of Kedro's `merge_strategy`."""

_ENDINGS = (".yml", ".yaml")
_IMAGE = ("run_config", "image")
_ADDRESSES = ("host", "output")
_REQUIRED = ("image", "namespace", "experiment_name")
_EXAMPLE = "three keys are enough: run_config: {image: …, namespace: …, experiment_name: …}"


@dataclass(frozen=True, slots=True)
class Config:
    """What the files say, and where they say it."""

    deployment: Deployment | None
    """None when a diagnostic is an error."""
    addresses: Mapping[str, str]
    """`host` and `output`, as far as the files give them, even when the rest is at fault."""
    address_faults: Mapping[str, Diagnostic]
    """Why one of the two has no value, by its key."""
    files: tuple[ConfigFile, ...]
    diagnostics: tuple[Diagnostic, ...]

    def where(self, path: Sequence[int | str]) -> str:
        """Spell the place of a key: the last file that has most of the path, its line, the path."""
        return place_in(self.files[::-1], path)

    def located(self, found: Diagnostic) -> Diagnostic:
        """Add file and line to a diagnostic whose place is a key's path alone."""
        paths = (path for file in self.files for path in file.lines)
        path = next((path for path in paths if json_path(path, "") == found.where), None)
        return found if path is None else replace(found, where=self.where(path))


def read_config(conf: Conf, environ: Mapping[str, str], image: str | None = None) -> Config:
    """Read `airflow-k8s.yml` or `.yaml` of all environments in force; never raises for its content.

    `image` stands in for `run_config.image`.
    """
    files, faults = _parse_all(conf)
    if not files:
        return Config(None, {}, {}, (), faults or (_missing(conf),))
    placeholders, merged, unread = Placeholders(environ), dict[str, Any](), set[Path]()
    address_faults = dict[str, Diagnostic]()
    soft = getattr(conf.loader, "merge_strategy", {}).get(KIND, "soft") != "destructive"
    diagnostics = list(faults)
    for file in files:
        tree, found = resolve(file, placeholders)
        if image is not None:  # and so nobody asks what the file's own would be
            found = [(path, fault) for path, fault in found if path != _IMAGE]
        unread.update(path for path, _ in found)
        address_faults = _address_faults(address_faults, tree, dict(found))
        diagnostics += [diagnostic for _, diagnostic in found]
        diagnostics += _unify_spelling(tree, file)
        merged = _merge(merged, tree) if soft else {**merged, **tree}
    addresses = {
        key: merged[key]
        for key in _ADDRESSES
        if isinstance(merged.get(key), str) and key not in address_faults
    }
    _prepare(merged, image)
    for path, fault in _settle(merged):
        unread.add(path)
        diagnostics.append(replace(fault, where=place_in(files[::-1], path)))
    deployment, found_faults = _validate(merged, files, unread)
    diagnostics += found_faults
    valid = deployment if not errors_in(diagnostics) else None
    return Config(valid, addresses, address_faults, tuple(files), tuple(diagnostics))


def _address_faults(
    before: Mapping[str, Diagnostic], tree: Mapping[str, Any], found: Mapping[Path, Diagnostic]
) -> dict[str, Diagnostic]:
    """Return why an address has no value after another file, which has the last word on its own."""
    kept = {key: fault for key, fault in before.items() if key not in tree}
    return kept | {key: found[key,] for key in _ADDRESSES if (key,) in found}


def check_nodes(config: Config, known: Sequence[str]) -> tuple[Diagnostic, ...]:
    """Warn about settings for nodes that no pipeline has."""
    if config.deployment is None:
        return ()
    return tuple(
        Diagnostic(
            Code.CONFIG_UNKNOWN_NODE,
            f"no pipeline has a node named {name!r}",
            config.where(("run_config", "nodes", name)),
            nearest(name, known),
            Severity.WARNING,
        )
        for name in config.deployment.run_config.nodes
        if name not in known
    )


def _parse_all(conf: Conf) -> tuple[list[ConfigFile], tuple[Diagnostic, ...]]:
    files, faults = list[ConfigFile](), list[Diagnostic]()
    for env in conf.environments:
        names = [KIND + end for end in _ENDINGS if conf.exists(f"{conf.folder(env)}/{KIND}{end}")]
        if len(names) > 1:
            faults.append(_ambiguous(conf, env, names))
        for name in names:
            parsed = _parse(conf, env, name)
            if isinstance(parsed, Diagnostic):
                faults.append(parsed)
            else:
                files.append(parsed)
    return files, tuple(faults)


def _parse(conf: Conf, env: str, name: str) -> ConfigFile | Diagnostic:
    shown = conf.shown(env, name)
    try:
        return parse_file(shown, conf.text(f"{conf.folder(env)}/{name}"))
    except UnicodeDecodeError as error:
        return Diagnostic(Code.CONFIG_SYNTAX, f"not UTF-8: {error.reason}", shown, "save it so")


def _ambiguous(conf: Conf, env: str, names: Iterable[str]) -> Diagnostic:
    message = f"found both {' and '.join(names)}, expected one of them"
    return Diagnostic(Code.CONFIG_AMBIGUOUS, message, conf.shown(env, ""), "move all into one")


def _missing(conf: Conf) -> Diagnostic:
    where = conf.shown(conf.environments[0], f"{KIND}.yml")
    return Diagnostic(Code.CONFIG_MISSING, "the file is missing", where, _EXAMPLE)


def _merge(base: Any, over: Any) -> dict[str, Any]:
    """Merge softly: mappings key by key, anything else is replaced."""
    merged: dict[str, Any] = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        mergeable = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merge(old, value) if mergeable else value
    return merged


def _unify_spelling(tree: dict[str, Any], file: ConfigFile) -> Iterator[Diagnostic]:
    """Spell the start-up timeout one way in every file, so that a later file overrides it."""
    config = tree.get("run_config")
    if not isinstance(config, dict) or "startup_time" not in config:
        return
    value = config.pop("startup_time")
    if config.setdefault("startup_timeout", value) != value:
        path = ("run_config", "startup_time")
        message = f"found {value!r}, but startup_timeout is {config['startup_timeout']!r}"
        yield Diagnostic(Code.CONFIG_VALUE, message, place_in([file], path), "keep one of the two")


def _prepare(merged: dict[str, Any], image: str | None) -> None:
    """Drop what only helps YAML, and let an empty key count as none, unless null has a meaning."""
    for key in [key for key in merged if str(key).startswith("_")]:
        del merged[key]
    if merged.get("run_config") is None:
        merged["run_config"] = {}
    config = merged["run_config"]
    if not isinstance(config, dict):
        return
    if image is not None:
        config["image"] = image
    for key, field in RunConfig.model_fields.items():
        if config.get(key, "") is None and NoneType not in get_args(field.annotation):
            del config[key]


def _settle(merged: dict[str, Any]) -> list[Fault]:
    """Turn templates into mappings, and find what no model sees; mistakes of all kinds at once."""
    config, leaks = merged["run_config"], [*leaked_secrets(merged)]
    if not isinstance(config, dict):
        return leaks
    merged["run_config"], faults = settle_templates(config)
    return [*leaks, *faults, *broken_rules(config)]


def _validate(
    merged: dict[str, Any], files: Sequence[ConfigFile], unread: set[Path]
) -> tuple[Deployment | None, list[Diagnostic]]:
    try:
        deployment = Deployment.model_validate(merged)
    except ValidationError as error:
        found = zip(error.errors(), diagnose(error, Deployment, CONFIG_CODES), strict=True)
        return None, [
            _placed(diagnostic, tuple(details["loc"]), files)
            for details, diagnostic in found
            if not any(tuple(details["loc"][: len(path)]) == path for path in unread)
        ]
    config = deployment.run_config
    settled = {
        "run_name": config.run_name or config.experiment_name,
        "resources": inherited(config.resources),
    }
    named = config.model_copy(update=settled)
    return deployment.model_copy(update={"run_config": named}), []


def _placed(found: Diagnostic, path: Path, files: Sequence[ConfigFile]) -> Diagnostic:
    missing = found.code is Code.CONFIG_REQUIRED_KEY
    steps = tuple(step for step in path if step != "[key]")
    # A missing key belongs into the first file; anything else is what the last file made it.
    where = place_in(files if missing else files[::-1], steps)
    hint = found.hint or (_EXAMPLE if missing and steps[-1] in _REQUIRED else "")
    return Diagnostic(found.code, found.message, where, hint, found.severity)
