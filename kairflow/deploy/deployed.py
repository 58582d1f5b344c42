"""What an address has been deployed to: whose DAG file lies there, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from kairflow.deploy.addresses import shown
from kairflow.deploy.removal import fetched_by, left_alone
from kairflow.deploy.upload import Step, list_files, read_file
from kairflow.errors import Code, Diagnostic, FileError


@dataclass(frozen=True, slots=True)
class Removal:
    """The files that go with a DAG, the DAG's first, and those that another DAG needs."""

    goes: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


def is_ours(content: bytes) -> bool:
    """Tell whether Kairflow, or its predecessor, wrote a DAG file."""
    return b"\n# kairflow_dag sha256:" in content or b"generated_with_kedro_airflow_k8s" in content


def check_replaceable(step: Step) -> None:
    """Refuse to replace a DAG file that somebody else wrote.

    Raises:
        FileError: code `FILE_NOT_OURS`.
    """
    if step.old is None or is_ours(step.old):
        return
    message = "there is a file of that name which no Kairflow wrote"
    hint = "move it away, or choose another name with --dag-name"
    raise FileError([Diagnostic(Code.FILE_NOT_OURS, message, shown(step.upload.address), hint)])


def plan_removal(address: str, folder: str) -> Removal:
    """Return what is to go with a DAG file; nothing when there is none. `folder` has the others.

    Raises:
        FileError: the file is not one that Kairflow wrote, or cannot be read.
        UploadError: the filesystem fails.
    """
    content = read_file(address)
    if content is None:
        return Removal()
    if not is_ours(content):
        message, hint = "no Kairflow wrote this file", "remove it by hand"
        raise FileError([Diagnostic(Code.FILE_NOT_OURS, message, shown(address), hint)])
    fetched = fetched_by(content.decode("utf-8", "replace"), read_file)
    if not fetched:
        return Removal((address,))
    others = (read_file(one) or b"" for one in list_files(folder, ".py") if one != address)
    texts = (one.decode("utf-8", "replace") for one in others)
    unneeded, needed = left_alone(fetched, texts, read_file)
    return Removal((address, *unneeded), needed)
