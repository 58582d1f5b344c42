"""Addresses are recorded as the catalog spells them, and never with anything secret."""

from __future__ import annotations

import pytest

from kairflow.export.uri import find_uri, without_secrets


@pytest.mark.parametrize(
    ("uri", "recorded"),
    [
        ("data/01_raw/a.csv", "data/01_raw/a.csv"),
        ("/absolute/a@b.csv", "/absolute/a@b.csv"),
        ("C:\\data\\a.csv", "C:\\data\\a.csv"),
        ("s3://bucket/a@b/c.csv", "s3://bucket/a@b/c.csv"),
        ("s3://key:secret@bucket/c.csv", "s3://bucket/c.csv"),
        ("s3://key:se@cret@bucket/c.csv", "s3://bucket/c.csv"),
        ("postgresql+psycopg://user:pass@host:5432/db", "postgresql+psycopg://host:5432/db"),
        ("sftp://user@host/file", "sftp://host/file"),
        ("simplecache::s3://key:secret@bucket/f", "simplecache::s3://bucket/f"),
        ("zip://a.csv::s3://key:secret@bucket/f.zip", "zip://a.csv::s3://bucket/f.zip"),
        ("abfs://container@account.dfs.core.windows.net/a", None),
        ("abfss://container:secret@account/a", "abfss://account/a"),
        ("https://user:pass@host/a.csv?token=secret#part", "https://host/a.csv"),
        ("https://host/a.csv?sig=secret", "https://host/a.csv"),
        ("s3://bucket/a?.csv", "s3://bucket/a?.csv"),
        ("", ""),
    ],
)
def test_secrets_are_removed_and_nothing_else(uri: str, recorded: str | None) -> None:
    assert without_secrets(uri) == (uri if recorded is None else recorded)


@pytest.mark.parametrize(
    ("config", "uri"),
    [
        ({}, None),
        ({"filepath": "a", "path": "b"}, "a"),
        ({"path": "b"}, "b"),
        ({"table_name": "t", "credentials": "c"}, "t"),
        ({"table": "t"}, "t"),
        ({"url": "https://api/x?token=1"}, "https://api/x"),
        ({"filepath": 3, "path": "b"}, "b"),
        ({"sql": "select 1", "con": "postgresql://u:p@h/d"}, None),
    ],
)
def test_the_first_key_that_says_where_counts(config: dict[str, object], uri: str | None) -> None:
    assert find_uri(config) == uri
