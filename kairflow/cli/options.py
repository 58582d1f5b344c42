"""Options that verbs share, spelt and explained once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from kairflow.export.group_by import GroupBy
from kairflow.lower.airflow.options import AirflowLine, Runtime

_OUTPUT = "Output"
_SELECTION = "Selection, as in kedro run"
_LOCAL = "Local runtime"


def _folder(text: str) -> Path:
    """Refuse an empty text, which may be a variable of the shell that nobody has set."""
    if not text:
        raise typer.BadParameter("found an empty text, expected a folder")
    return Path(text)


# What is said and where it goes
Debug = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.", rich_help_panel=_OUTPUT)
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON object about the outcome instead of messages.",
        rich_help_panel=_OUTPUT,
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print errors only.", rich_help_panel=_OUTPUT)
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="File or folder to write to. Without it the product goes to standard output.",
        rich_help_panel=_OUTPUT,
    ),
]

Dags = Annotated[
    Path,
    typer.Option("--output", "-o", help="File or folder for the DAG.", rich_help_panel=_OUTPUT),
]

# Which project, and what of its configuration
Project = Annotated[
    Path, typer.Option(help="The Kedro project's folder, or one below it.", metavar="DIR")
]
Pipeline = Annotated[str, typer.Option("--pipeline", "-p", help="Name of the registered pipeline.")]
All = Annotated[
    bool, typer.Option("--all", help="Export every registered pipeline into the folder -o.")
]
Env = Annotated[
    str | None, typer.Option("--env", "-e", envvar="KEDRO_ENV", help="Configuration environment.")
]
ConfSource = Annotated[
    str | None,
    typer.Option(help="Where the configuration is: a folder or an archive.", metavar="PATH"),
]
Params = Annotated[
    str, typer.Option(help="Parameters for every run, as in kedro run.", metavar="NAME=VALUE,…")
]
Group = Annotated[GroupBy, typer.Option(help="Nodes that share a task, besides those that must.")]
Image = Annotated[
    str | None,
    typer.Option("--image", "-i", help="Image of the pods, instead of the configuration's."),
]

Archive = Annotated[
    Path | None,
    typer.Option(
        parser=_folder,
        help="Folder for an archive of the project as git tracks it, which Spark jobs fetch.",
        metavar="DIR",
        rich_help_panel=_OUTPUT,
    ),
]


def _selects(*names: str, help: str) -> object:  # noqa: A002  typer's own word
    return typer.Option(*names, help=help, metavar="A,B", rich_help_panel=_SELECTION)


# Which nodes
Tags = Annotated[str, _selects("--tags", "-t", help="Nodes with one of these tags.")]
Nodes = Annotated[str, _selects("--nodes", "-n", help="These nodes.")]
FromNodes = Annotated[str, _selects("--from-nodes", help="Nodes to start from.")]
ToNodes = Annotated[str, _selects("--to-nodes", help="Nodes to end with.")]
FromInputs = Annotated[str, _selects("--from-inputs", help="Datasets to start from.")]
ToOutputs = Annotated[str, _selects("--to-outputs", help="Datasets to end with.")]
Namespaces = Annotated[str, _selects("--namespaces", "-ns", help="Nodes of these namespaces.")]

# What the DAG is
RuntimeChoice = Annotated[
    Runtime, typer.Option(help="Run tasks as pods on Kubernetes, or as processes of the worker.")
]
Airflow = Annotated[
    AirflowLine | None,
    typer.Option(
        help="Airflow that the DAG is for: `3` is 3.1 and later, `2` is 2.9 to 2.11. Without it: "
        "that of the server, where one is asked, else `3`."
    ),
]
DagName = Annotated[str | None, typer.Option("--dag-name", "-d", help="Id of the DAG.")]
Cron = Annotated[
    str | None,
    typer.Option(
        "--cron-expression", "-c", help="Schedule, or an empty text for none.", metavar="CRON"
    ),
]


def _zone(text: str) -> str:
    """Refuse a time zone that this machine knows not, before Airflow does."""
    from kairflow.export.time_zones import complaint

    if wrong := complaint(text):
        raise typer.BadParameter(wrong)
    return text


Timezone = Annotated[
    str | None,
    typer.Option(
        parser=_zone, help="Time zone of the schedule, such as `Europe/Berlin`.", metavar="ZONE"
    ),
]

# Where the DAG is to run
_SERVER = "Airflow"
Host = Annotated[
    str | None,
    typer.Option(
        envvar="KAIRFLOW_HOST",
        help="Address of the Airflow web server, instead of the configuration's `host`.",
        metavar="URL",
        rich_help_panel=_SERVER,
    ),
]
CaFile = Annotated[
    str | None,
    typer.Option(
        envvar="KAIRFLOW_CA_FILE",
        help="File of the certificates that the server may be signed with.",
        metavar="FILE",
        rich_help_panel=_SERVER,
    ),
]
Place = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        envvar="KAIRFLOW_OUTPUT",
        help="Where Airflow finds its DAG files, instead of the configuration's `output`: a folder "
        "or an address such as `gs://bucket/dags`.",
        metavar="ADDRESS",
        rich_help_panel=_SERVER,
    ),
]
Ir = Annotated[
    str | None,
    typer.Argument(
        help="IR file, or `-` for standard input. Without it the project here is exported.",
        metavar="[IR]",
    ),
]
ArchiveFrom = Annotated[
    Path | None,
    typer.Option(
        "--archive",
        parser=_folder,
        help="Folder that has the project archive which the IR names; else the IR's own folder.",
        metavar="DIR",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
]


def _number(minutes: float | None) -> float | None:
    """Refuse what Python counts among the numbers, and no comparison knows: `nan`."""
    if minutes is not None and math.isnan(minutes):
        raise typer.BadParameter("nan is no number of minutes")
    return minutes


Timeout = Annotated[
    float | None,
    typer.Option(min=0, callback=_number, help="How long to wait, in minutes.", metavar="MINUTES"),
]

# What one run is given
_RUN = "The run"
Conf = Annotated[
    str | None,
    typer.Option(help="What the run is given, as JSON.", metavar="JSON", rich_help_panel=_RUN),
]
RunParams = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        help="One parameter of the run; the value is YAML. Can be given several times.",
        metavar="NAME=YAML",
        rich_help_panel=_RUN,
    ),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Follow the run to its end.", rich_help_panel=_RUN)
]
WaitMinutes = Annotated[
    int | None,
    typer.Option(
        "--wait-for-completion",
        "-w",
        min=0,
        help="The same as `--wait --timeout MINUTES`.",
        metavar="MINUTES",
        rich_help_panel=_RUN,
    ),
]


def _artifacts(what: str) -> object:
    text = f"Folder for {what} that Spark jobs fetch, to be uploaded to `artifacts_path`."
    return typer.Option(
        "--artifacts", parser=_folder, help=text, metavar="DIR", rich_help_panel=_OUTPUT
    )


Artifacts = Annotated[Path | None, _artifacts("the scripts")]
AllArtifacts = Annotated[Path | None, _artifacts("the project archive and the scripts")]
AllowCustom = Annotated[
    bool,
    typer.Option(
        "--allow-custom-operators",
        help="Take over Python text that a class of the project wrote (`spark.type: custom`).",
    ),
]
ProjectDir = Annotated[
    str | None,
    typer.Option(
        help="The project's folder as the worker sees it.", metavar="DIR", rich_help_panel=_LOCAL
    ),
]
Python = Annotated[
    str | None,
    typer.Option(
        help="The interpreter that has the project's requirements.",
        metavar="PATH",
        rich_help_panel=_LOCAL,
    ),
]
