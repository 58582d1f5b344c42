"""Build the file system of one container within its namespaces, and become its command.

Runs as a program of its own below `unshare`, with nothing but the standard library. The host's
files are seen through an overlay: what a container writes goes into a folder of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

COULD_NOT_START = 128
EMPTY = ("boot", "dev", "home", "lost+found", "media", "mnt", "proc", "run", "sys", "tmp")
DISKS = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "nfs", "nfs4", "9p", "virtiofs", "fuse")


def mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


class Root:
    """The file system of one container, while it is put together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "root"
        self.layers = 0

    def inside(self, path: str) -> Path:
        """Return where a path of the container lies before its root is changed."""
        return self.path / path.lstrip("/")

    def overlay(self, source: str, target: Path) -> None:
        """Show a folder of the host at a place, with all writes kept apart."""
        self.layers += 1
        upper, work = (self.folder / f"{kind}-{self.layers}" for kind in ("upper", "work"))
        for folder in (upper, work, target):
            folder.mkdir(parents=True, exist_ok=True)
        upper.chmod(Path(source).stat().st_mode & 0o7777)
        options = f"lowerdir={source},upperdir={upper},workdir={work}"
        mount("-t", "overlay", "overlay", "-o", options, target)

    def bind(self, source: str, path: str, *, read_only: bool) -> None:
        """Mount a folder or a file, at a place that is made when it is missing."""
        target = self.inside(path)
        if Path(source).is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        mount("--bind", source, target)
        if read_only:
            mount("-o", "remount,bind,ro", target)


def nested_disks() -> list[str]:
    """Return where the host mounts disks below its root, the outer ones first."""
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    places = {line.split()[1] for line in lines if line.split()[2].partition(".")[0] in DISKS}
    shown = (place for place in places if place != "/" and place.split("/")[1] not in EMPTY)
    return sorted(place for place in shown if Path(place).is_dir())


def show_host(root: Root) -> None:
    """Show the host's folders one by one: a user's namespace takes no overlay of all at once."""
    for entry in sorted(Path("/").iterdir()):
        target = root.inside(str(entry))
        if entry.is_symlink():
            target.symlink_to(entry.readlink())
        elif entry.is_dir() and entry.name in EMPTY:
            target.mkdir()
        elif entry.is_dir() and os.access(entry, os.R_OK | os.X_OK):
            root.overlay(str(entry), target)
    for place in nested_disks():
        root.overlay(place, root.inside(place))


def build(spec: dict[str, Any]) -> Path:
    root = Root(Path(spec["folder"]))
    root.path.mkdir()
    show_host(root)
    mount("-t", "proc", "proc", root.inside("/proc"))
    mount("--rbind", "/dev", root.inside("/dev"))
    mount("--rbind", "/sys", root.inside("/sys"))
    for place, mode in (("/tmp", "1777"), ("/home", "755")):
        mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", root.inside(place))
    for source, path in spec["overlays"]:
        root.overlay(source, root.inside(path))
    for source, path, read_only in spec["binds"]:
        root.bind(source, path, read_only=read_only)
    root.inside(spec["workdir"]).mkdir(parents=True, exist_ok=True)
    return root.path


def become(spec: dict[str, Any], root: Path) -> None:
    """Enter the file system as the wanted user, and give way to the command."""
    os.chroot(root)
    os.chdir(spec["workdir"])
    user, group = spec["user"], spec["group"]
    if user or group or spec["groups"]:
        os.setgroups(spec["groups"])
        os.setgid(group)
        os.setuid(user)
    os.execvpe(spec["command"][0], spec["command"], spec["env"])


def main() -> int:
    try:
        spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        become(spec, build(spec))
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"failed to start the container: {error}", file=sys.stderr)
    return COULD_NOT_START


if __name__ == "__main__":
    sys.exit(main())
