"""Runs a script with spark-submit, on this machine and with the Spark of this interpreter.

Its arguments are the script's text, settings as `--conf NAME=VALUE`, `--`, and the script's own
arguments. The current folder is the project.
"""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

# A later setting of the same name wins.
SETTINGS = ["--conf", "spark.master=local[*]", "--conf", "spark.ui.enabled=false"]


def main(given: list[str]) -> int:
    """Run the script until it ends, and return its exit code."""
    text, *rest = given
    end = rest.index("--")
    settings, arguments = [*SETTINGS, *rest[:end]], rest[end + 1 :]
    submit = find_submit()
    with tempfile.TemporaryDirectory(prefix="spark-job-") as folder:
        script = Path(folder, "spark_run.py")
        script.write_text(text, encoding="utf-8")
        return run([str(submit), *settings, str(script), *arguments], environment(submit))


def find_submit() -> Path:
    """Return the spark-submit of this interpreter, else that of SPARK_HOME, else of the path."""
    package = importlib.util.find_spec("pyspark")
    homes = [Path(package.origin).parent] if package and package.origin else []
    homes += [Path(home) for home in [os.environ.get("SPARK_HOME")] if home]
    for home in homes:
        if (home / "bin" / "spark-submit").is_file():
            return home / "bin" / "spark-submit"
    if on_path := shutil.which("spark-submit"):
        return Path(on_path)
    raise SystemExit(f"No spark-submit: install pyspark for {sys.executable}, or set SPARK_HOME.")


def environment(submit: Path) -> dict[str, str]:
    """Return the environment of driver and workers, which share interpreter and project."""
    path = [str(Path.cwd() / source_folder()), os.environ.get("PYTHONPATH")]
    own = {
        "PROJECT_HOME": str(Path.cwd()),
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_PYTHON": sys.executable,
        # Spark starts its workers before Kedro knows where the project's code is.
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }
    if (submit.parents[1] / "jars").is_dir():
        own["SPARK_HOME"] = str(submit.parents[1])
    # The name of this machine need not have an address, and nobody else is to be listened to.
    return {"SPARK_LOCAL_IP": "127.0.0.1", **os.environ, **own}


def source_folder() -> str:
    """Return the folder of the project's code, which pyproject.toml may name."""
    pyproject = Path("pyproject.toml")
    text = pyproject.read_text(encoding="utf-8") if pyproject.is_file() else ""
    section = re.split(r"^\s*\[", text.partition("[tool.kedro]")[2], flags=re.MULTILINE)[0]
    found = re.search(r"""^\s*source_dir\s*=\s*(["'])(.*?)\1""", section, re.MULTILINE)
    return found[2] if found else "src"


def run(command: list[str], env: dict[str, str]) -> int:
    """Run a command that is asked to end when we are."""
    child = subprocess.Popen(command, env=env)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
