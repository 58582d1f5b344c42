"""What the nodes were given: parameters, environment variables, secrets and versions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.airflow.every_key import configuration as c
from tests.airflow.every_key.checking import Runs, expects


@expects("macro_params")
def macro_params(runs: Runs) -> None:
    found = runs.full.observed["parameters"]
    assert found["ds"] == "2026-01-02"
    assert found["mixed"] == "on 20260102, $(HOME) $$ \"q\" 'q'"
    assert found["plain"] == "no template, {one}"
    assert found["number"] == 42
    assert found["nested"]["macro"] == "2026-01-02"
    assert found["nested"]["beside"] == "stays"


@expects("variables_params")
def variables_params(runs: Runs) -> None:
    names = ("text", "clock", "listed", "mapped", "nothing", "amount")
    assert {name: runs.full.observed["parameters"][name] for name in names} == {
        "text": "a, b = {{ ds }} $(HOME) ${x}",
        "clock": "10:30",
        "listed": [1, "two, three", None, {"a": [True]}],
        "mapped": {"k": "$(HOME)", "n": {"x": 1.5}},
        "nothing": None,
        "amount": 1000.0,
    }


@expects("run_params")
def run_params(runs: Runs) -> None:
    found = runs.full.observed["parameters"]
    assert found["rate"] == c.RUN_CONF["rate"]
    assert found["nested"]["deep"] == c.RUN_CONF["nested.deep"]
    assert found["kept"] == "of the export"


@expects("env_vars")
def env_vars(runs: Runs) -> None:
    for found in (runs.full.observed["environment"], runs.full.compared["environment"]):
        assert found["PROBE_ODD"] == c.ODD
        assert found["probe-dotted.name"] == "reached"


@expects("secrets.secret")
def whole_secret(runs: Runs) -> None:
    """Without a key all of a secret becomes environment variables, or files."""
    found = runs.full.observed["environment"]
    assert {"PROBE_A": found["PROBE_A"], "PROBE_B": found["PROBE_B"]} == c.SECRETS["all-values"]


@expects("secrets.deploy_type")
def secret_as_files(runs: Runs) -> None:
    assert _files(runs, "/run/all") == c.SECRETS["all-files"]


@expects("secrets.deploy_target")
def secret_as_variable(runs: Runs) -> None:
    wanted = c.SECRETS["one-value"]["password"]
    assert runs.full.observed["environment"]["PROBE_SECRET"] == wanted
    assert runs.full.compared["environment"]["PROBE_SECRET"] == wanted


@expects("secrets.key")
def one_key_of_a_secret(runs: Runs) -> None:
    assert "password" not in runs.full.observed["environment"]
    assert _files(runs, "/run/one") == {"wanted": "file w"}


def _files(runs: Runs, folder: str) -> dict[str, str]:
    found: dict[str, str] = runs.full.observed["files"]
    return {Path(name).name: text for name, text in found.items() if name.startswith(folder)}


@expects("versions")
def versions(runs: Runs) -> None:
    """The second node read what the first one wrote, under the moment of the run."""
    (version,) = (Path(runs.full.claim["folder"]) / "observed.json").iterdir()
    row = runs.full.dag_run
    moment = row["run_after"] if runs.full.line == "3" else row["execution_date"]
    assert version.name == _moment(moment).strftime("%Y-%m-%dT%H.%M.%S.%fZ")
    assert runs.full.compared["before"] == sorted(runs.full.observed["environment"])


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))
