"""What a person is shown before an upload: readable, and harmless to a terminal."""

from __future__ import annotations

import subprocess
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.deploy.difference import difference
from kairflow.deploy.upload import Change, Step, Upload

ADDRESS = "s3://bucket/dags/shop.py"
LINES = st.lists(st.sampled_from(["a", "b", "", "ü", "-x", "+++ y", "\\ z"]), max_size=8)


def changed(old: bytes | None, new: bytes, *, fixed: bool = False) -> str:
    change = Change.NEW if old is None else Change.CHANGED
    return difference(Step(Upload(ADDRESS, new, fixed=fixed), change, old))


def test_text_is_compared_line_by_line() -> None:
    assert changed(b"one\ntwo\n", b"one\nthree\n") == (
        f"--- {ADDRESS} as it is\n+++ {ADDRESS} as it would be\n"
        "@@ -1,2 +1,2 @@\n one\n-two\n+three\n"
    )


def test_a_new_file_is_all_new() -> None:
    assert changed(None, b"one\n").splitlines()[2:] == ["@@ -0,0 +1 @@", "+one"]
    assert changed(None, b"").splitlines() == [
        f"--- {ADDRESS} as it is",
        f"+++ {ADDRESS} as it would be",
    ]


def test_a_missing_newline_at_the_end_is_shown() -> None:
    assert changed(b"one\n", b"one").splitlines()[2:] == [
        "@@ -1 +1 @@",
        "-one",
        "+one",
        "\\ No newline at end of file",
    ]


def test_an_unchanged_file_has_no_difference() -> None:
    step = Step(Upload(ADDRESS, b"\xff"), Change.UNCHANGED, b"\xff")
    assert difference(step) == ""


def test_thousands_of_changed_lines_are_one_change_with_what_stands_around_it() -> None:
    """Finding the least difference would take minutes, and nobody would read it."""
    before = "".join(f"line {number}\n" for number in range(5000))
    after = before.replace("line 9\n", "LINE 9\n").replace("line 3000\n", "LINE 3000\n")
    found = changed(before.encode(), after.encode()).splitlines()
    assert found[2] == "@@ -7,2998 +7,2998 @@"
    assert found[3:8] == [" line 6", " line 7", " line 8", "-line 9", "-line 10"]
    assert found[-4:] == ["+LINE 3000", " line 3001", " line 3002", " line 3003"]


@pytest.mark.parametrize("binary", [b"\xff\xfe", b"a\0b", "ü".encode("latin-1"), b"\xed\xa0\x80"])
def test_what_is_no_text_is_told_by_its_size(binary: bytes) -> None:
    size = len(binary)
    assert changed(binary, b"text") == (
        f"{ADDRESS}: {size} bytes as it is, 4 bytes as it would be\n"
    )
    assert changed(b"text", binary) == (
        f"{ADDRESS}: 4 bytes as it is, {size} bytes as it would be\n"
    )
    assert changed(None, binary) == f"{ADDRESS}: a new file of {size} bytes\n"


def test_a_fixed_file_is_told_by_its_size() -> None:
    assert changed(None, b"text", fixed=True) == f"{ADDRESS}: a new file of 4 bytes\n"
    step = Step(Upload(ADDRESS, b"text", fixed=True), Change.CHANGED, None)
    assert difference(step) == f"{ADDRESS}: another size as it is, 4 bytes as it would be\n"


def test_a_terminal_is_told_nothing() -> None:
    found = changed(b"\x1b[2Jgone\r\tkept\n", "\u202ereversed\u2028\x85\n".encode())
    assert "-\\x1b[2Jgone\\r\tkept\n" in found
    assert "+\\u202ereversed\\u2028\\x85\n" in found


@given(st.none() | st.binary() | st.text().map(str.encode), st.binary() | st.text().map(str.encode))
def test_any_bytes_can_be_shown(old: bytes | None, new: bytes) -> None:
    if old == new:
        return
    found = changed(old, new)
    assert found.endswith("\n")
    assert all(character.isprintable() or character in "\n\t" for character in found)


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("patched") / "file"


@given(LINES, LINES, st.booleans(), st.booleans(), st.sampled_from([0, 2000]))
def test_patch_understands_it(
    patched: Path, old: list[str], new: list[str], old_ends: bool, new_ends: bool, most: int
) -> None:
    """Applying the difference to what is there gives what would be there.

    `most` is how many lines are compared to find the least difference; beyond, it is one change.
    """
    before = ("\n".join(old) + "\n" * old_ends).encode()
    after = ("\n".join(new) + "\n" * new_ends).encode()
    if before in (after, b"") or not after:
        return
    patched.write_bytes(before)
    with mock.patch("kairflow.deploy.difference._MOST_COMPARED", most):
        text = changed(before, after).split("\n", 2)[2]
    answer = subprocess.run(
        ["git", "apply", "--unidiff-zero", "-"],
        input=f"--- a/file\n+++ b/file\n{text}".encode(),
        cwd=patched.parent,
        capture_output=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert patched.read_bytes() == after
