"""Commit and branch come from git's files, in every shape that a checkout has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kairflow.export.git import read_git
from kairflow.ir.model import Git
from tests.export.tiny import export, make_project

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    options = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *options, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def make_repository(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--initial-branch", "feature/honey")
    git(folder, "commit", "--allow-empty", "--message", "first")
    return git(folder, "rev-parse", "HEAD")


@needs_git
def test_a_branch_and_its_commit_are_read_from_a_folder_below(tmp_path: Path) -> None:
    commit = make_repository(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert read_git(tmp_path / "a" / "b") == Git(commit=commit, branch="feature/honey")


@needs_git
def test_packed_references_are_read(tmp_path: Path) -> None:
    commit = make_repository(tmp_path)
    git(tmp_path, "pack-refs", "--all")
    assert not (tmp_path / ".git" / "refs" / "heads" / "feature" / "honey").exists()
    assert read_git(tmp_path) == Git(commit=commit, branch="feature/honey")


@needs_git
def test_a_detached_head_has_no_branch(tmp_path: Path) -> None:
    commit = make_repository(tmp_path)
    git(tmp_path, "checkout", "--detach")
    assert read_git(tmp_path) == Git(commit=commit, branch=None)


@needs_git
def test_a_worktree_is_read_through_its_repository(tmp_path: Path) -> None:
    commit = make_repository(tmp_path / "main")
    git(tmp_path / "main", "worktree", "add", "-b", "side", str(tmp_path / "side"))
    assert read_git(tmp_path / "side") == Git(commit=commit, branch="side")


@needs_git
def test_a_repository_without_a_commit_has_a_branch_only(tmp_path: Path) -> None:
    git(tmp_path, "init", "--initial-branch", "trunk")
    assert read_git(tmp_path) == Git(commit=None, branch="trunk")


@needs_git
def test_hooks_and_helpers_of_the_repository_do_not_run(tmp_path: Path) -> None:
    commit = make_repository(tmp_path)
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n", encoding="utf-8")
    trap.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(trap))
    document = export(make_project(tmp_path))
    assert document.source.git == Git(commit=commit, branch="feature/honey")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "head", ["", "nonsense", "ref: refs/heads/.invalid", "\xff", "ref: ../../secret"]
)
def test_a_repository_that_cannot_be_read_is_none_or_has_no_commit(
    tmp_path: Path, head: str
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(head.encode("latin-1"))
    found = read_git(tmp_path)
    assert found is None or found.commit is None


def test_a_file_that_names_no_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("hello", encoding="utf-8")
    assert read_git(tmp_path) is None


def test_references_that_go_round_in_circles_end(tmp_path: Path) -> None:
    heads = tmp_path / ".git" / "refs" / "heads"
    heads.mkdir(parents=True)
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/a\n", encoding="utf-8")
    (heads / "a").write_text("ref: refs/heads/a\n", encoding="utf-8")
    assert read_git(tmp_path) == Git(commit=None, branch="a")
