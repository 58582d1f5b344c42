"""How the MLflow functions prove who they are, and that nothing of it shows in a log."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.airflow.running import AIRFLOW_3, LINES, run_dag
from tests.lower.airflow.embedded.dag_text import dag_text
from tests.lower.airflow.embedded.local_http import Answer, Asked, serve
from tests.lower.airflow.embedded.mlflow_api import fine
from tests.lower.airflow.embedded.mlflow_functions import Xcoms, dag_run, mlflow_functions

PASSWORD = "s3cret-wörd"
MAKE_CERTIFICATE = Path(__file__).with_name("make_certificate.py")


def start(url: str, variables: Mapping[str, str]) -> str:
    """Start a run with these Airflow variables."""
    functions = mlflow_functions(
        url,
        "vars",
        MLFLOW_VARIABLES=[f"MLFLOW_TRACKING_{name}" for name in variables],
        Variable=SimpleNamespace(get=lambda name: variables[name[len("MLFLOW_TRACKING_") :]]),
    )
    return str(functions.start_mlflow_run("image:1", dag_run("r1"), Xcoms()))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"USERNAME": "ann", "PASSWORD": PASSWORD}, basic("ann", PASSWORD)),
        ({"TOKEN": "abc.def\n"}, "Bearer abc.def"),
        ({"TOKEN": "abc", "USERNAME": "ann", "PASSWORD": "x"}, basic("ann", "x")),
        ({"USERNAME": "ann"}, None),
        ({}, None),
    ],
)
def test_every_request_bears_the_credentials(variables: dict[str, str], header: str | None) -> None:
    with serve(fine) as (url, requests):
        assert start(url, variables) == "run-1"
    assert len(requests) == 5
    assert {request.headers.get("Authorization") for request in requests} == {header}


def test_credentials_do_not_follow_a_redirect() -> None:
    with (
        serve(fine) as (elsewhere, requests),
        serve(lambda asked: (302, elsewhere)) as (url, _),
        pytest.raises(RuntimeError, match=f"MLflow at {url} answered 302"),
    ):
        start(url, {"TOKEN": "abc"})
    assert requests == []


def test_an_error_does_not_show_credentials() -> None:
    with serve(lambda asked: (401, "who are you?")) as (url, _):
        with pytest.raises(RuntimeError, match="answered 401: who are you") as caught:
            start(url, {"USERNAME": "ann", "PASSWORD": PASSWORD})
        assert PASSWORD not in repr(caught.value)


def test_a_token_of_two_lines_is_an_error_that_does_not_show_it() -> None:
    with serve(fine) as (url, requests):
        with pytest.raises(RuntimeError) as caught:
            start(url, {"TOKEN": "abc-first\nabc-second"})
        assert "abc-" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert requests == []


def test_certificates(tmp_path: Path) -> None:
    subprocess.run([AIRFLOW_3, MAKE_CERTIFICATE, tmp_path], check=True)
    certificate = str(tmp_path / "certificate.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.load_verify_locations(certificate)
    tls.verify_mode = ssl.CERT_OPTIONAL
    with serve(fine, tls) as (url, requests):
        with pytest.raises(RuntimeError, match="CERTIFICATE_VERIFY_FAILED"):
            start(url, {"INSECURE_TLS": "false"})
        assert requests == []
        assert start(url, {"INSECURE_TLS": "True"}) == "run-1"
        assert start(url, {"INSECURE_TLS": "1", "CLIENT_CERT_PATH": certificate}) == "run-1"
        assert start(url, {"SERVER_CERT_PATH": certificate}) == "run-1"
        tls.verify_mode = ssl.CERT_REQUIRED
        both = {"SERVER_CERT_PATH": certificate, "CLIENT_CERT_PATH": certificate}
        assert start(url, both) == "run-1"
        with pytest.raises(RuntimeError, match="cannot be reached"):
            start(url, {"SERVER_CERT_PATH": certificate})


@pytest.mark.parametrize("line", ["3", "2"])
def test_airflow_variables_reach_mlflow_and_not_the_log(line: str, tmp_path: Path) -> None:
    variables = {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    env = {f"AIRFLOW_VAR_{name}": value for name, value in variables.items()}
    with serve(fine) as (url, requests):
        text = only_mlflow(dag_text("d", line, url, access="vars", MLFLOW_VARIABLES=[*variables]))
        log = run_text(text, line, tmp_path, env)
    assert len(requests) == 6
    assert {r.headers["Authorization"] for r in requests} == {basic("ann", PASSWORD)}
    assert PASSWORD not in log
    assert basic("ann", PASSWORD) not in log


def test_google_makes_the_token(tmp_path: Path) -> None:
    claims = {"aud": "mlflow", "exp": int(time.time()) + 3600, "iat": int(time.time())}
    token = ".".join(encoded(part) for part in ({"alg": "none"}, claims, {"no": "signature"}))

    def google(asked: Asked) -> Answer:
        return 200, {"id_token": token}

    subprocess.run([AIRFLOW_3, MAKE_CERTIFICATE, tmp_path], check=True)
    with serve(google) as (token_uri, asked), serve(fine) as (url, requests):
        account = tmp_path / "account.json"
        account.write_text(service_account(tmp_path / "key.pem", token_uri), encoding="utf-8")
        env = {"GOOGLE_APPLICATION_CREDENTIALS": str(account), "GOOGLE_AUDIENCE": "mlflow"}
        log = run_text(only_mlflow(dag_text("d", "3", url, access="google")), "3", tmp_path, env)
    assert {r.headers["Authorization"] for r in requests} == {f"Bearer {token}"}
    assert len(asked) == 2
    assert "grant_type=urn%3Aietf" in asked[0].text
    assert token not in log


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def service_account(key: Path, token_uri: str) -> str:
    return json.dumps(
        {
            "type": "service_account",
            "client_email": "airflow@example.iam.gserviceaccount.com",
            "private_key": key.read_text(encoding="utf-8"),
            "private_key_id": "1",
            "token_uri": token_uri,
        }
    )


def only_mlflow(text: str) -> str:
    """Leave the claim out: there is no cluster here."""
    return text.replace("python_callable=create_claim", "python_callable=print").replace(
        "python_callable=delete_claim", "python_callable=print"
    )


def run_text(text: str, line: str, tmp_path: Path, env: Mapping[str, str]) -> str:
    home = tmp_path / "airflow"
    dag_file = home / "dags" / "d.py"
    dag_file.parent.mkdir(parents=True)
    dag_file.write_text(text, encoding="utf-8")
    run = run_dag(dag_file, home, LINES[line], env=env)
    log = run.log.read_text(encoding="utf-8")
    assert run.succeeded, log[-3000:]
    return log
