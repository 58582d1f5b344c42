"""Addresses: what is refused, and how a file in a folder is called."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.deploy.addresses import check_address, join, local_path, shown
from kairflow.errors import Code, UsageError

GOOD = [
    "dags",
    "./dags",
    "../dags",
    "/srv/my dags/ü",
    "/srv/a?b#c",
    "~/dags",
    "file:///srv/dags",
    "file://~/dags",
    "s3://bucket",
    "s3a://bucket/dags/",
    "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/dags/a@b",
    "gs://bucket/a:b@c",
    "gcs://bucket/dags",
    "abfs://container@account.dfs.core.windows.net/dags",
    "memory://dags",
    "sftp://host:22/srv/a@b",
    "sftp://bob@host:22/srv/dags",
    "hdfs:///dags",
]
BAD = {
    "": "found no text",
    " ": "found no text",
    "dags ": "with spaces around it",
    "/srv/da\ngs": "invisible characters",
    "/srv/da\x1b[31mgs": "invisible characters",
    "/srv/\u202edags": "invisible characters",
    "/srv/\udcffdags": "invisible characters",
    "s3://bob:sesame@bucket/dags": "a password",
    "s3://bob:sesame@bucket@x/dags?a": "a password",
    "sftp://bob:sesame@host:22/srv": "a password",
    "sftp://bob:1sesame/sesame@host/srv": "a password",
    "sftp://bob:1234@host/srv": "a password",
    "sftp://:sesame@host/srv": "a password",
    "s3://bob:sesame@a::s3://b": "a password",
    "https://bob:sesame@host/dags": "a password",
    "s3:/bob:sesame@bucket": "one slash",
    "s3:/bucket/dags": "one slash",
    "file:/srv/dags": "one slash",
    "http://host/dags": "can only be read",
    "https://host/dags?sesame": "can only be read",
    "simplecache::s3://bucket/dags": "the chain",
    "s3://bucket/dags?versionId=sesame": "a ? or #",
    "gs://bucket/dags#sesame": "a ? or #",
    "S3://bucket/dags": "the unknown protocol S3://",
    "nosuch://bucket": "the unknown protocol nosuch://",
    "file://srv/dags": "three slashes",
    "file://": "three slashes",
    "s3://": "without a bucket",
    "gs:///dags": "without a bucket",
}


@pytest.mark.parametrize("address", GOOD)
def test_an_address_is_taken(address: str) -> None:
    check_address(address, "output")


@pytest.mark.parametrize("address", BAD)
def test_an_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_address(address, "airflow-k8s.yml > output")
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.ADDRESS_INVALID, "airflow-k8s.yml > output")
    assert BAD[address] in found.message
    assert "sesame" not in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text())
def test_any_text_is_an_address_or_a_mistake(text: str) -> None:
    with suppress(UsageError):
        check_address(text, "output")


JOINED = {
    ("dags", "a.py"): "dags/a.py",
    ("/srv/dags//", "a.py"): "/srv/dags/a.py",
    ("/", "a.py"): "/a.py",
    (".", "a.py"): "./a.py",
    ("s3://bucket", "a.py"): "s3://bucket/a.py",
    ("s3://bucket/dags/", "a.py"): "s3://bucket/dags/a.py",
    ("memory://", "a.py"): "memory://a.py",
    ("file:///", "a.py"): "file:///a.py",
    ("file:///srv", "ü b.py"): "file:///srv/ü b.py",
}


@pytest.mark.parametrize(("folder", "name"), JOINED)
def test_a_file_in_a_folder_has_an_address(folder: str, name: str) -> None:
    assert join(folder, name) == JOINED[folder, name]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "../a"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a file in a folder"):
        join("dags", name)
    with pytest.raises(ValueError, match="without a folder"):
        join("", "a.py")


def test_a_path_on_this_machine_is_told_from_others() -> None:
    assert local_path("file:///srv/dags") == local_path("/srv/dags") == Path("/srv/dags")
    assert local_path("~/dags") == Path.home() / "dags"
    assert local_path("dags") == Path("dags")
    assert local_path("s3://bucket/dags") is local_path("memory://dags") is None


def test_a_message_shows_nothing_secret() -> None:
    assert shown("sftp://bob:sesame@open@host/srv?key=sesame") == "sftp://host/srv"
    assert shown("s3://bucket/dags?X-Amz-Signature=sesame") == "s3://bucket/dags"
    assert shown("abfs://container@account/dags") == "abfs://container@account/dags"
    assert shown("/srv/a?b") == "/srv/a?b"
    assert shown("file:///srv/a#b/dags") == "file:///srv/a#b/dags"
