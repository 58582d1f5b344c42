"""The configuration as it is when everything that is switched off is switched on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from kairflow.export.config_file import ConfigFile, parse_file
from kairflow.init import Project, Request, config_text

PROJECT = Project(Path("/srv/apiary"), "Apiary", "requirements.txt", True, Path("/srv/apiary"))
REQUEST = Request("https://airflow.example.com", "gs://bucket/dags")
ACTIONS = Request("https://airflow.example.com", "gs://bucket/dags", with_actions=True)
TEXT = config_text(REQUEST, PROJECT)

_SWITCHED_OFF = re.compile(r"^( *)# ", re.MULTILINE)
_SPARK = re.compile(r"^  # spark:\n(?:^  #  .*\n)+", re.MULTILINE)


def switched_on(text: str) -> str:
    """Remove `# ` from every setting; the first line is for editors."""
    head, rest = text.split("\n", 1)
    return f"{head}\n" + _SWITCHED_OFF.sub(r"\1", rest)


def spark_blocks(text: str) -> list[str]:
    """Return the alternatives for Spark."""
    return _SPARK.findall(text)


def with_everything(text: str, alternative: int) -> str:
    """Return the text with every setting switched on, and one of the alternatives."""
    for number, block in enumerate(spark_blocks(text)):
        if number != alternative:
            text = text.replace(block, "")
    return switched_on(text)


def parse(text: str) -> dict[str, Any]:
    """Parse a text as the export does: a key that stands twice is an error."""
    file = parse_file("airflow-k8s.yml", text)
    assert isinstance(file, ConfigFile), file
    return file.tree


EVERYTHING = [parse(with_everything(TEXT, number)) for number in range(len(spark_blocks(TEXT)))]
