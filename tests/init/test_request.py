"""Addresses and names: what is taken, what is refused, and that no password is repeated."""

from __future__ import annotations

import re

import pytest

from kairflow.deploy.addresses import check_address
from kairflow.errors import Code, ExitCode, UsageError
from kairflow.init import Request, checked

HOST = "https://airflow.example.com"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (HOST, HOST),
        (f"{HOST}/", HOST),
        (f"{HOST}/team-a//", f"{HOST}/team-a"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("HTTPS://Airflow.Example.com", "HTTPS://Airflow.Example.com"),
    ],
)
def test_addresses_that_are_fine(url: str, host: str) -> None:
    assert checked(Request(url)).host == host


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("airflow.example.com", "starts with http:// or https://"),
        ("localhost:8080", "starts with http:// or https://"),
        ("ftp://airflow.example.com", "starts with http:// or https://"),
        ("", "starts with http:// or https://"),
        ("https://", "a host"),
        ("https:///dags", "a host"),
        ("https://:8080", "a host"),
        ("https://airflow.example.com:port", "an address"),
        ("https://airflow.example.com:99999", "an address"),
        ("https://airflow.example.com:0", "a host"),
        ("https://[::1", "an address"),
        ("https://a<b", "a host"),
        ("https://a b", "without white space"),
        ("https://a/\n", "without white space"),
        (f"{HOST}?page=1", "without ? and #"),
        (f"{HOST}/#top", "without ? and #"),
        (f"{HOST}?", "without ? and #"),
    ],
)
def test_addresses_that_are_none(url: str, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(Request(url))
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.ADDRESS_INVALID, "URL")
    assert expected in found.message
    # What follows may be a token.
    shown = re.sub("([?#]).*", r"\1…", url, flags=re.DOTALL)
    assert f"found {shown!r}, expected" in found.message
    assert found.hint == "write one such as https://airflow.example.com"
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    "url", ["https://me:hunter2@airflow.example.com", "https://hunter2@a", "me:hunter2@a"]
)
def test_an_address_with_credentials_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(Request(url))
    assert "user name or password" in str(caught.value)
    assert "AIRFLOW_API_TOKEN" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "output",
    ["gs://b/dags", "s3://b", "dags", "/srv/dags", "abfs://box@account.example.com/dags", "a:b@c"],
)
def test_outputs_that_are_fine(output: str) -> None:
    assert checked(Request(HOST, output)).output == output


@pytest.mark.parametrize(
    "output",
    [
        "s3://key:hunter2@b/dags",
        "sftp://me:hunter2@host",
        "s3://k:a/hunter2@b",
        "x::s3://k:hunter2@b",
    ],
)
def test_an_output_with_a_password_is_refused_and_not_repeated(output: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(Request(HOST, output))
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.ADDRESS_INVALID, "--output")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "output", ["", " ", "gs://b/\n", "simplecache::gs://b", "s3:/b", "http://b", "gs://b?x"]
)
def test_outputs_that_are_none(output: str) -> None:
    """They are refused for what `kairflow deploy` would refuse them for."""
    with pytest.raises(UsageError) as caught:
        checked(Request(HOST, output))
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.ADDRESS_INVALID, "--output")
    with pytest.raises(UsageError) as later:
        check_address(output, "--output")
    assert later.value.diagnostics == (found,)


@pytest.mark.parametrize("output", ["gs://${bucket}/dags", "${globals:bucket}/dags"])
def test_an_output_may_have_placeholders(output: str) -> None:
    assert checked(Request(HOST, output)).output == output


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        checked(Request("nowhere", " ", "two words"))
    assert [found.where for found in caught.value.diagnostics] == ["URL", "--output", "--image"]


def test_workflows_need_an_output() -> None:
    with pytest.raises(UsageError) as caught:
        checked(Request(HOST, with_actions=True))
    assert caught.value.diagnostics[0].code is Code.OUTPUT_MISSING


@pytest.mark.parametrize("image", ["a:1.0", "r.example.com:80/a:latest", f"a@sha256:{'0' * 64}"])
def test_workflows_refuse_one_tag_for_all_commits(image: str) -> None:
    assert checked(Request(HOST, "gs://b", image)).image == image
    with pytest.raises(UsageError, match="found a tag"):
        checked(Request(HOST, "gs://b", image, with_actions=True))
