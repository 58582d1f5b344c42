"""Credentials and TLS settings from the environment, and addresses: complete, or told why not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.deploy.airflow_access import Access, read_access, warn_of
from kairflow.deploy.airflow_host import check_host
from kairflow.deploy.airflow_http import Clock, Connection, open_http
from kairflow.errors import Code, ExitCode, Severity, UsageError

SECRET = "s3cr3t-d3d9446802a44259"


def refusal(environ: dict[str, str]) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_access(environ)
    error = caught.value
    assert error.exit_code == ExitCode.USAGE
    assert {one.code for one in error.diagnostics} == {Code.CREDENTIALS_INCOMPLETE}
    assert all(one.hint for one in error.diagnostics)
    assert "d3d9446802a44259" not in str(error)
    return error


def test_nothing_is_needed() -> None:
    assert read_access({}) == Access()
    assert read_access({}).secrets == ()


def test_credentials_come_from_the_environment() -> None:
    found = read_access(
        {
            "AIRFLOW_API_TOKEN": f" {SECRET}\n",
            "AIRFLOW_API_USERNAME": "ada",
            "AIRFLOW_API_PASSWORD": " with spaces ",
            "AIRFLOW_API_HEADERS": '{"X-Proxy": "Bearer abc"}',
        }
    )
    assert (found.token, found.username, found.password) == (SECRET, "ada", " with spaces ")
    assert found.headers == {"X-Proxy": "Bearer abc"}
    assert SECRET not in repr(found)
    assert "with spaces" not in repr(found)
    assert "Bearer abc" not in repr(found)


@pytest.mark.parametrize(
    ("environ", "where"),
    [
        ({"AIRFLOW_API_USERNAME": "ada"}, "AIRFLOW_API_PASSWORD"),
        ({"AIRFLOW_API_PASSWORD": SECRET}, "AIRFLOW_API_USERNAME"),
        ({"AIRFLOW_API_USERNAME": "", "AIRFLOW_API_PASSWORD": SECRET}, "AIRFLOW_API_USERNAME"),
        ({"AIRFLOW_API_TOKEN": f"{SECRET}\nX: 1"}, "AIRFLOW_API_TOKEN"),
        ({"AIRFLOW_API_TOKEN": f"{SECRET}\u2026"}, "AIRFLOW_API_TOKEN"),
        ({"AIRFLOW_API_TOKEN": f"{SECRET}\udcff"}, "AIRFLOW_API_TOKEN"),
        (
            {"AIRFLOW_API_USERNAME": "ada", "AIRFLOW_API_PASSWORD": f"{SECRET}\udcff"},
            "AIRFLOW_API_PASSWORD",
        ),
        (
            {"AIRFLOW_API_USERNAME": "\udce4da", "AIRFLOW_API_PASSWORD": SECRET},
            "AIRFLOW_API_USERNAME",
        ),
        *(
            ({"AIRFLOW_API_HEADERS": text}, "AIRFLOW_API_HEADERS")
            for text in (
                f'{{"X": "{SECRET}"',
                f'["{SECRET}"]',
                f'"{SECRET}"',
                f'{{"X": ["{SECRET}"]}}',
                '{"X": null}',
                f"X: {SECRET}",
                f'{{"Two Words": "{SECRET}"}}',
                f'{{"Größe": "{SECRET}"}}',
                f'{{"": "{SECRET}"}}',
                '{"X":' * 100_000,
            )
        ),
        *(
            ({"AIRFLOW_API_HEADERS": f'{{"X-A": "{text}"}}'}, "AIRFLOW_API_HEADERS: X-A")
            for text in (f"{SECRET}\\r\\nY: 1", f"{SECRET} ", f" {SECRET}", f"{SECRET}ß")
        ),
    ],
)
def test_what_is_incomplete_or_impossible_is_told_without_the_secret(
    environ: dict[str, str], where: str
) -> None:
    (found,) = refusal(environ).diagnostics
    assert found.where == where


def test_all_mistakes_are_told_at_once() -> None:
    error = refusal({"AIRFLOW_API_USERNAME": "ada", "AIRFLOW_API_HEADERS": '{"X": "a\\nb"}'})
    places = [one.where for one in error.diagnostics]
    assert places == ["AIRFLOW_API_PASSWORD", "AIRFLOW_API_HEADERS: X"]


def test_half_a_password_does_no_harm_beside_a_token() -> None:
    environ = {"AIRFLOW_API_TOKEN": SECRET, "AIRFLOW_API_USERNAME": "ada"}
    assert read_access(environ).token == SECRET


@pytest.mark.parametrize(
    ("value", "verified", "file"),
    [
        ("", True, None),
        ("True", True, None),
        ("1", True, None),
        ("False", False, None),
        (" false ", False, None),
        ("0", False, None),
        ("/etc/ca.pem", True, "/etc/ca.pem"),
    ],
)
def test_airflows_own_variable_says_how_to_verify(
    value: str, verified: bool, file: str | None
) -> None:
    found = read_access({"AIRFLOW__CLIENT__SSL_VERIFY": value})
    assert (found.verified, found.ca_file) == (verified, file)
    given_file = read_access({"AIRFLOW__CLIENT__SSL_VERIFY": value}, "mine.pem")
    assert (given_file.verified, given_file.ca_file) == (True, "mine.pem")


def test_switched_off_verification_is_warned_of_loudly() -> None:
    found = list(warn_of("https://airflow.example", Access(verified=False)))
    assert [(one.code, one.severity) for one in found] == [(Code.TLS_UNVERIFIED, Severity.WARNING)]
    assert "TLS VERIFICATION IS OFF" in found[0].message
    assert list(warn_of("https://airflow.example", Access(token=SECRET))) == []


@pytest.mark.parametrize(
    ("host", "warned"),
    [
        ("http://airflow.example", True),
        ("http://10.0.0.1:8080", True),
        ("http://localhost.example", True),
        ("http://0.0.0.0:8080", True),
        ("http://localhost:8080", False),
        ("http://127.0.0.1", False),
        ("http://127.1.2.3", False),
        ("http://[::1]:8080", False),
        ("https://airflow.example", False),
    ],
)
def test_credentials_in_plain_text_are_warned_of(host: str, warned: bool) -> None:
    expected = [Code.TLS_ABSENT] if warned else []
    for access in (
        Access(token=SECRET),
        Access(username="ada", password=SECRET),
        Access(headers={"X-Proxy": SECRET}),
    ):
        assert [one.code for one in warn_of(host, access)] == expected
        assert all(SECRET not in str(one) for one in warn_of(host, access))
    assert list(warn_of(host, Access())) == []


@pytest.mark.parametrize(
    ("given_host", "expected"),
    [
        ("https://airflow.example", "https://airflow.example"),
        ("https://airflow.example/", "https://airflow.example"),
        ("http://localhost:8080/airflow/", "http://localhost:8080/airflow"),
        ("https://[::1]:8080", "https://[::1]:8080"),
    ],
)
def test_an_address_ends_without_a_slash(given_host: str, expected: str) -> None:
    assert check_host(given_host, "--host") == expected


@pytest.mark.parametrize(
    "host",
    [
        "",
        "airflow.example",
        "localhost:8080",
        "ftp://airflow.example",
        "https://",
        "https:///dags",
        "http://[::1",
        "http://host:port",
        "http://host:99999",
        "http://ho st",
        "http://host\n",
        "http://host/\u202e",
        "https://host/?next=1",
        "https://host/#dags",
        f"https://host/console?login=true#{SECRET}",
        f"host/console?token={SECRET}",
        f"https://ada:{SECRET}@airflow.example",
        f"https://{SECRET}@airflow.example",
        f"https://ada:{SECRET}@[::1",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(host: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_host(host, "--host")
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.ADDRESS_INVALID, "--host")
    assert SECRET not in str(found)
    assert ("AIRFLOW_API_TOKEN" if "@" in host else "https://airflow.example.com") in found.hint


TEXTS = st.text(st.characters(codec="utf-8"), min_size=8, max_size=12).filter(
    lambda text: "*" not in text
)


@given(token=TEXTS, password=TEXTS, header=TEXTS, around=st.lists(st.text(max_size=3), max_size=4))
def test_no_secret_is_left_in_a_text(
    token: str, password: str, header: str, around: list[str]
) -> None:
    access = Access(token, "ada", password, {"X": header})
    basic = base64.b64encode(f"ada:{password}".encode()).decode()
    secrets = (token, password, header, basic)
    assert set(secrets) <= set(access.secrets)
    text = "".join(part for pair in zip(around, secrets, strict=False) for part in pair)
    hidden = Connection(HTTP, "http://localhost", access, Clock()).hidden(text + token)
    assert not any(secret in hidden for secret in secrets)


HTTP = open_http(Access(), "http://127.0.0.1:1")


def test_short_texts_are_no_secrets_for_they_would_garble_messages() -> None:
    access = Access(headers={"X-Env": "dev", "X-Scheme": "Basic abc"})
    assert Connection(HTTP, "", access, Clock()).hidden("dev abc") == "dev abc"


def test_the_passwords_of_airflows_examples_are_no_secrets_for_the_same_reason() -> None:
    access = Access(username="airflow", password="airflow")
    text = "No module named 'airflow.providers.slack'"
    assert Connection(HTTP, "", access, Clock()).hidden(text) == text


def test_each_value_of_a_cookie_is_a_secret() -> None:
    access = Access(headers={"Cookie": "theme=dark; session=c9f0f895fb98ab91,x=45c48cce2e2d7fbd"})
    told = "c9f0f895fb98ab91 and 45c48cce2e2d7fbd, in the dark theme"
    shown = Connection(HTTP, "", access, Clock()).hidden(told)
    assert shown == "*** and ***, in the dark theme"
