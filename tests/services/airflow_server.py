"""A real Airflow server of each line, with all that its DAGs need to run, on a database of its own.

Everything of a server is in one process namespace: its end takes all along, the tasks too, however
the tests end. Nothing in it outlives the tests, so nothing is gained by asking it to stop.
"""

from __future__ import annotations

import hashlib
import json
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.airflow.running import LINES, airflow_environment
from tests.airflow.running import PATIENCE as LOCKED
from tests.services.sandbox import isolation

STARTER = Path(__file__).parent / "airflow_parts.py"
PATIENCE = 600
ADMIN, VIEWER = "admin", "viewer"
PASSWORD = "open-sesame-2"  # of the accounts of line 2; line 3 makes its own
HEALTH = {"3": "/api/v2/monitor/health", "2": "/api/v1/health"}
# Line 2 parses DAG files in its scheduler.
PARTS_OF = {"3": ("metadatabase", "scheduler", "dag_processor"), "2": ("metadatabase", "scheduler")}
SECRET = "known-to-each-process-of-one-test-server"
# What makes changes show soon, with few processes: they share two processors with the tests. A file
# that has changed is parsed at once; the others may wait, as they do by default.
BRISK = {
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "1",
    "AIRFLOW__CORE__PARALLELISM": "4",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
}
OF_LINE = {
    "3": {
        "AIRFLOW__API__SECRET_KEY": SECRET,
        "AIRFLOW__API_AUTH__JWT_SECRET": SECRET * 2,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin,{VIEWER}:viewer",
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
    },
    "2": {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
        "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
        "AIRFLOW__FAB__UPDATE_FAB_PERMS": "False",
        "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "2",
        "AIRFLOW__SCHEDULER__PARSING_PROCESSES": "1",
        "AIRFLOW__WEBSERVER__SECRET_KEY": SECRET,
        "AIRFLOW__WEBSERVER__WARN_DEPLOYMENT_EXPOSURE": "False",
    },
}
# Airflow's own limits are not for machines that are busy with other tests as well.
PATIENT = {
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "300",
}
PATIENT_OF_LINE = {
    "3": {
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "600",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    },
    "2": {
        "AIRFLOW__CORE__DAG_FILE_PROCESSOR_TIMEOUT": "600",
        "AIRFLOW__WEBSERVER__WEB_SERVER_MASTER_TIMEOUT": "600",
        "AIRFLOW__WEBSERVER__WEB_SERVER_WORKER_TIMEOUT": "600",
    },
}


@dataclass(frozen=True)
class AirflowServer:
    """A running server; a file put into `dags` becomes a DAG."""

    line: str
    host: str
    username: str
    password: str
    viewer: tuple[str, str]
    home: Path
    dags: Path
    log: Path

    def client(self) -> httpx.Client:
        """Return an administrator's client of the REST API of this line."""
        if self.line == "2":
            account = (self.username, self.password)
            root = f"{self.host}/api/v1"
            return httpx.Client(base_url=root, auth=account, trust_env=False, timeout=60)
        root = f"{self.host}/api/v2"
        bearer = {"Authorization": f"Bearer {self._token()}"}
        return httpx.Client(base_url=root, headers=bearer, trust_env=False, timeout=60)

    def _token(self) -> str:
        account = {"username": self.username, "password": self.password}
        answer = httpx.post(f"{self.host}/auth/token", json=account, trust_env=False, timeout=60)
        token: str = answer.raise_for_status().json()["access_token"]
        return token

    def env(self) -> dict[str, str]:
        """Return what the environment of a client says of this server."""
        return {
            "AIRFLOW_API_USERNAME": self.username,
            "AIRFLOW_API_PASSWORD": self.password,
            "KAIRFLOW_HOST": self.host,
            "KAIRFLOW_OUTPUT": str(self.dags),
        }


@contextmanager
def airflow_server(line: str, home: Path) -> Iterator[AirflowServer]:
    """Start a server of a line in a folder, and wait until it is healthy."""
    python, port, log = LINES[line], _free_port(), home / "server.log"
    assert python.exists(), f"{python} is missing: run `make environments`"
    (home / "dags").mkdir(parents=True)
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [*isolation(), "--mount-proc", python, STARTER, _commands(line, port)],
            cwd=home,
            env=_environment(line, home, port),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(line, f"http://127.0.0.1:{port}", server, log)
        if line == "2":
            _check_passwords_fast(home)
        passwords = _passwords(line, home)
        yield AirflowServer(
            line=line,
            host=f"http://127.0.0.1:{port}",
            username=ADMIN,
            password=passwords[ADMIN],
            viewer=(VIEWER, passwords[VIEWER]),
            home=home,
            dags=home / "dags",
            log=log,
        )
    finally:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(line: str, home: Path, port: int) -> dict[str, str]:
    settings = {**BRISK, **OF_LINE[line], **PATIENT, **PATIENT_OF_LINE[line]}
    return {**airflow_environment(home), **settings, **_addresses(line, port)}


def _addresses(line: str, port: int) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    if line == "2":
        return {"AIRFLOW__WEBSERVER__BASE_URL": url}
    return {
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
    }


def _commands(line: str, port: int) -> str:
    """Return what prepares a server, and what serves."""
    where = ["--port", str(port), "--workers", "1"]
    prepare = [["db", "migrate"]]
    # The servers of logs would all want one port; logs on this machine are read without them.
    serve = [["scheduler", "--skip-serve-logs"]]
    if line == "3":
        serve += [["api-server", "--host", "127.0.0.1", *where], ["dag-processor"]]
    else:
        prepare += [["sync-perm"], _new_user(ADMIN, "Admin"), _new_user(VIEWER, "Viewer")]
        serve += [["webserver", "--hostname", "127.0.0.1", *where]]
    return json.dumps([prepare, serve])


def _new_user(name: str, role: str) -> list[str]:
    names = ["--username", name, "--firstname", name, "--lastname", name]
    secret = ["--email", f"{name}@example.com", "--password", PASSWORD]
    return ["users", "create", "--role", role, *names, *secret]


def _passwords(line: str, home: Path) -> dict[str, str]:
    if line == "2":
        return {ADMIN: PASSWORD, VIEWER: PASSWORD}
    made = home / "simple_auth_manager_passwords.json.generated"
    found: dict[str, str] = json.loads(made.read_text(encoding="utf-8"))
    return found


def _check_passwords_fast(home: Path) -> None:
    """Store the passwords so that comparing takes no time: line 2 does it for each request."""
    digest = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", 1).hex()
    with closing(sqlite3.connect(home / "airflow.db", timeout=LOCKED)) as database, database:
        database.execute("UPDATE ab_user SET password = ?", (f"pbkdf2:sha256:1$salt${digest}",))


def _wait(line: str, host: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until all parts of a server say that they work."""
    end = time.monotonic() + PATIENCE
    with httpx.Client(base_url=host, trust_env=False, timeout=60) as client:
        while server.poll() is None and time.monotonic() < end:
            if _is_healthy(client, line):
                return
            time.sleep(0.3)
    tail = log.read_text(encoding="utf-8", errors="replace")[-5000:]
    ended = "" if server.poll() is None else f" and ended with code {server.returncode}"
    raise RuntimeError(f"Airflow did not become healthy{ended}; {log} says: {tail}")


def _is_healthy(client: httpx.Client, line: str) -> bool:
    try:
        answer = client.get(HEALTH[line])
        if answer.status_code != 200:
            return False
        said = answer.json()
        if any(said[part]["status"] != "healthy" for part in PARTS_OF[line]):
            return False
        # What tasks talk to is made at its first use; for seconds nothing else is answered then.
        return line == "2" or client.get("/execution/health").status_code == 200
    except httpx.TransportError:
        return False
