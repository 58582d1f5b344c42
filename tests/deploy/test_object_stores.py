"""Uploads to a real S3 server and to the emulator of Google Cloud Storage, over the network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kairflow.deploy.upload import (
    Change,
    Upload,
    carry_out,
    list_files,
    plan,
    read_file,
    remove_file,
)
from kairflow.errors import Code, Diagnostic, UploadError
from tests.airflow.running import ROOT
from tests.deploy.killing import kill_writers
from tests.services.http_sink import Reply, http_sink
from tests.services.object_stores import ObjectStore, gcs_server, s3_server


@pytest.fixture(scope="module")
def s3_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with s3_server(tmp_path_factory.mktemp("s3")) as store:
        yield store


@pytest.fixture(scope="module")
def gcs_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with gcs_server(tmp_path_factory.mktemp("gcs")) as store:
        yield store


def reached(store: ObjectStore, monkeypatch: pytest.MonkeyPatch, home: Path) -> ObjectStore:
    """Lead this test to a store by the environment alone, and to nobody's own credentials."""
    for name in os.environ:
        if name.startswith(("AWS_", "GOOGLE_", "FSSPEC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for name, value in store.env.items():
        monkeypatch.setenv(name, value)
    return store


@pytest.fixture
def s3(s3_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ObjectStore:
    return reached(s3_store, monkeypatch, tmp_path)


@pytest.fixture
def gcs(gcs_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ObjectStore:
    return reached(gcs_store, monkeypatch, tmp_path)


@pytest.fixture(params=["s3", "s3a", "gs", "gcs"])
def protocol(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def store(protocol: str, request: pytest.FixtureRequest) -> ObjectStore:
    found: ObjectStore = request.getfixturevalue("s3" if protocol in ("s3", "s3a") else "gcs")
    return found


@pytest.fixture
def folder(store: ObjectStore, protocol: str, request: pytest.FixtureRequest) -> str:
    """The address of a folder in a bucket of the test's own."""
    return in_a_new_bucket(store, protocol, request.node.name)


def in_a_new_bucket(store: ObjectStore, protocol: str, name: str) -> str:
    bucket = "".join(char if char.isalnum() else "-" for char in name)[-40:].strip("-")
    store.make_bucket(bucket)
    return f"{protocol}://{bucket}/airflow/dags"


def plain_client() -> httpx.Client:
    """Somebody else's client of S3; the server wants a signature, and does not check it."""
    signed = "AWS4-HMAC-SHA256 Credential=somebody/20260101/us-east-1/s3/aws4_request"
    return httpx.Client(trust_env=False, headers={"Authorization": signed}, timeout=60)


def upload(*uploads: Upload) -> list[Change]:
    return [step.change for step in carry_out(plan(uploads))]


def refusal(*uploads: Upload) -> Diagnostic:
    with pytest.raises(UploadError) as caught:
        upload(*uploads)
    (found,) = caught.value.diagnostics
    assert found.code is Code.UPLOAD_FAILED
    assert found.hint
    assert "sesame-open-7" not in str(caught.value)
    return found


def test_files_are_made_replaced_listed_and_removed(folder: str) -> None:
    one, two = f"{folder}/one.py", f"{folder}/two.tar.gz"
    assert list_files(folder, ".py") == ()
    assert read_file(one) is None
    before = (Upload(two, bytes(range(256)) * 1000, fixed=True), Upload(one, b"old"))
    assert upload(*before) == [Change.NEW] * 2
    assert read_file(two) == bytes(range(256)) * 1000
    (step,) = plan([Upload(one, "größe\r\n".encode())])
    assert (step.change, step.old) == (Change.CHANGED, b"old")
    assert upload(step.upload) == [Change.CHANGED]
    assert read_file(one) == "größe\r\n".encode()
    assert list_files(folder, ".py") == (one,)
    assert remove_file(one) is True
    assert remove_file(one) is False
    assert list_files(folder, ".py") == ()


def test_what_is_unchanged_is_not_uploaded(folder: str, store: ObjectStore) -> None:
    uploads = (
        Upload(f"{folder}/shop-0123abcd.tar.gz", b"x" * 1000, fixed=True),
        Upload(f"{folder}/dag.py", b"same"),
    )
    assert upload(*uploads) == [Change.NEW] * 2
    before = [store.requests(verb) for verb in ("PUT", "POST", "PATCH")]
    assert sum(before) >= 2
    assert upload(*uploads) == [Change.UNCHANGED] * 2
    assert [store.requests(verb) for verb in ("PUT", "POST", "PATCH")] == before


def test_a_fixed_file_is_not_even_read(folder: str, store: ObjectStore) -> None:
    archive = Upload(f"{folder}/shop-0123abcd.tar.gz", b"x" * 1000, fixed=True)
    upload(archive)
    log = store.log.read_text(encoding="utf-8")
    assert [step.change for step in plan([archive])] == [Change.UNCHANGED]
    asked = store.log.read_text(encoding="utf-8")[len(log) :]
    assert asked
    assert "alt=media" not in asked
    assert "/download/" not in asked
    assert "GET /" not in asked or "/storage/" in asked


def test_what_somebody_else_writes_is_seen_at_once(s3: ObjectStore) -> None:
    folder = in_a_new_bucket(s3, "s3", "somebody-else")
    upload(Upload(f"{folder}/dag.py", b"one"))
    assert list_files(folder, ".py") == (f"{folder}/dag.py",)
    url = f"{s3.url}/somebody-else/airflow/dags"
    with plain_client() as client:
        client.put(f"{url}/dag.py", content=b"three").raise_for_status()
        client.put(f"{url}/new.py", content=b"new").raise_for_status()
    assert list_files(folder, ".py") == (f"{folder}/dag.py", f"{folder}/new.py")
    assert read_file(f"{folder}/dag.py") == b"three"
    assert upload(Upload(f"{folder}/dag.py", b"one")) == [Change.CHANGED]


def test_a_bucket_itself_is_a_folder(store: ObjectStore, protocol: str) -> None:
    bucket = in_a_new_bucket(store, protocol, f"root-{protocol}").removesuffix("/airflow/dags")
    upload(Upload(f"{bucket}/dag.py", b"1"), Upload(f"{bucket}/sub/dag.py", b"1"))
    assert list_files(bucket, ".py") == (f"{bucket}/dag.py",)
    assert list_files(f"{bucket}/", ".py") == (f"{bucket}/dag.py",)


def test_a_large_file_goes_in_parts(s3: ObjectStore) -> None:
    folder = in_a_new_bucket(s3, "s3", "large")
    content = os.urandom(1_000_000) * 110
    assert upload(Upload(f"{folder}/shop.tar.gz", content)) == [Change.NEW]
    assert "uploadId" in s3.log.read_text(encoding="utf-8")
    assert read_file(f"{folder}/shop.tar.gz") == content


def test_the_dag_stays_away_when_an_artefact_fails(store: ObjectStore, folder: str) -> None:
    protocol = folder.split("://", maxsplit=1)[0]
    artefact = Upload(f"{protocol}://no-such-bucket/shop.tar.gz", b"x")
    with pytest.raises(UploadError):
        upload(artefact, Upload(f"{folder}/dag.py", b"dag"))
    assert read_file(f"{folder}/dag.py") is None


def test_a_missing_bucket_is_told_and_not_made(store: ObjectStore, protocol: str) -> None:
    address = f"{protocol}://no-such-bucket/dags/dag.py"
    found = refusal(Upload(address, b"dag"))
    assert found.where == address
    assert "bucket must be there" in found.hint
    if protocol in ("s3", "s3a"):
        assert found.message == "cannot read the file: The specified bucket does not exist"
        with pytest.raises(UploadError, match="bucket does not exist"):
            list_files(f"{protocol}://no-such-bucket/dags", ".py")
    with pytest.raises(UploadError):
        upload(Upload(address, b"dag"))


def test_nobody_without_credentials(s3: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    found = refusal(Upload("s3://bucket/dag.py", b"dag"))
    assert found.message == (
        "cannot read the file: NoCredentialsError: Unable to locate credentials"
    )
    assert "AWS_ACCESS_KEY_ID" in found.hint


def test_nobody_with_wrong_credentials(s3: ObjectStore) -> None:
    """The server checks keys once it is told to, and knows of none."""
    folder = in_a_new_bucket(s3, "s3", "denied")
    checking = f"{s3.url}/moto-api/reset-auth"
    with plain_client() as client:
        client.post(checking, content=b"0").raise_for_status()
        try:
            found = refusal(Upload(f"{folder}/dag.py", b"dag"))
        finally:
            client.post(checking, content=b"inf").raise_for_status()
    assert "Access Key Id" in found.message or "Forbidden" in found.message
    assert found.hint.startswith("let the account read, list, write and delete there")
    assert read_file(f"{folder}/dag.py") is None


def test_google_denies(gcs: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator denies nobody anything, so that a sink answers as Google does."""
    denial = {"error": {"code": 403, "message": "bob does not have storage.objects.get access"}}
    with http_sink(Reply(403, denial)) as sink:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", sink.url)
        found = refusal(Upload("gs://bucket/dag.py", b"dag"))
    assert found.message == (
        f"cannot read the file: Forbidden: {sink.url}/download/storage/v1/b/bucket/o/dag.py: "
        "bob does not have storage.objects.get access"
    )
    assert "GOOGLE_APPLICATION_CREDENTIALS" in found.hint


def test_an_endpoint_where_nobody_listens(s3: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://127.0.0.1:1"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    found = refusal(Upload("s3://bucket/dag.py", b"dag"))
    assert "EndpointConnectionError: Could not connect to the endpoint URL" in found.message
    assert url in found.message
    assert "AWS_ENDPOINT_URL" in found.hint


def test_an_endpoint_and_keys_can_come_from_fsspecs_own_variables(s3: ObjectStore) -> None:
    """They are read when fsspec is imported, hence by a program of their own."""
    folder = in_a_new_bucket(s3, "s3", "own-variables")
    names = {"ENDPOINT_URL": "AWS_ENDPOINT_URL", "KEY": "AWS_ACCESS_KEY_ID"}
    names["SECRET"] = "AWS_SECRET_ACCESS_KEY"
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    given = {f"FSSPEC_S3_{option}": s3.env[name] for option, name in names.items()}
    script = (
        "import sys; from kairflow.deploy.upload import Upload, carry_out, plan;"
        "print([step.change.value for step in carry_out(plan([Upload(sys.argv[1], b'1')]))])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script, f"{folder}/dag.py"],
        env={**env, **given},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (answer.stdout, answer.stderr) == ("['new']\n", "")
    assert read_file(f"{folder}/dag.py") == b"1"


def test_a_failing_client_prints_nothing_of_its_own(gcs: ObjectStore) -> None:
    """Without logging set up, Python prints what packages log: gcsfs logs whole tracebacks."""
    script = (
        "import gcsfs; gcsfs.core.GCSFileSystem._call = None\n"
        "import logging, sys; from kairflow.deploy.upload import Upload, plan\n"
        "from kairflow.errors import UploadError\n"
        "try: plan([Upload('gs://bucket/dag.py', b'1')])\n"
        "except UploadError: logging.getLogger('gcsfs').error('noise'); print('refused')"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (answer.stdout, answer.stderr) == ("refused\n", "")


def test_a_killed_upload_never_shows_a_part(s3: ObjectStore) -> None:
    folder = in_a_new_bucket(s3, "s3", "killed")
    address, url = f"{folder}/dag.py", f"{s3.url}/killed/airflow/dags/dag.py"
    with plain_client() as reader:
        # Nothing of s3fs runs before the fork, which would lack its threads.
        kill_writers(
            address,
            lambda: reader.get(url).raise_for_status().content,
            times=5,
            seconds=(0.1, 0.5),
            first="import s3fs",
        )
    assert list_files(folder, "") == (address,)
