"""The error tree, diagnostics and exit codes; it imports nothing of ours.

Every mistake that a user can make is a `KairflowError` made of `Diagnostic`s. A bug of ours is an
`InternalError`, which stands outside the tree so that nothing catches it by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, TypeVar


class ExitCode(IntEnum):
    """What the shell is told; the same numbers for every command."""

    OK = 0
    INPUT = 1
    USAGE = 2
    REMOTE = 3
    TIMEOUT = 4
    RUN_FAILED = 5
    INTERRUPTED = 130


class Severity(str, Enum):
    """An error stops the command; a warning is shown and the command goes on."""

    ERROR = "error"
    WARNING = "warning"


class Code(str, Enum):
    """What went wrong, as a stable name that a program or a search engine can hold on to."""

    PROJECT_NOT_FOUND = "KF101"
    PROJECT_IMPORT = "KF102"
    PIPELINE_NOT_FOUND = "KF103"
    SELECTION_EMPTY = "KF104"
    SELECTION_UNKNOWN = "KF105"
    PARAMS_SYNTAX = "KF106"
    KEDRO_MISSING = "KF107"
    KEDRO_UNSUPPORTED = "KF108"
    CONFIG_LOADER = "KF109"
    CATALOG_INVALID = "KF110"
    PARAMETER_MISSING = "KF111"
    MEMORY_INPUT = "KF112"
    LOCAL_CONFIG_USED = "KF113"
    ENVIRONMENT_NAME = "KF114"
    PARAMETER_NOT_JSON = "KF115"
    DATASET_TYPE_UNKNOWN = "KF116"
    NODE_NAME_UNSTABLE = "KF117"
    SPARK_HINT_UNREAD = "KF118"
    GIT_UNUSABLE = "KF120"
    ARCHIVE_CONTENT = "KF121"
    ARCHIVE_INCOMPLETE = "KF122"
    ARCHIVE_UNCOMMITTED = "KF123"
    ARCHIVE_LARGE = "KF124"
    OPERATOR_FACTORY = "KF130"
    OPERATOR_FACTORY_FAILED = "KF131"
    OPERATOR_FACTORY_UNUSED = "KF132"
    OPERATOR_FACTORY_ARCHIVE = "KF133"

    CONFIG_MISSING = "KF201"
    CONFIG_SYNTAX = "KF202"
    CONFIG_AMBIGUOUS = "KF203"
    CONFIG_UNKNOWN_KEY = "KF204"
    CONFIG_VALUE = "KF205"
    CONFIG_REQUIRED_KEY = "KF206"
    CONFIG_PLACEHOLDER = "KF207"
    CONFIG_UNKNOWN_NODE = "KF208"
    MLFLOW_OFF = "KF209"
    POD_TEMPLATE = "KF210"
    MLFLOW_EXPERIMENT = "KF211"
    INIT_SCRIPT = "KF212"

    IR_SYNTAX = "KF301"
    IR_VERSION = "KF302"
    IR_UNKNOWN_KEY = "KF303"
    IR_VALUE = "KF304"
    IR_MISSING_KEY = "KF305"
    IR_DANGLING_NAME = "KF306"
    IR_DUPLICATE_NAME = "KF307"
    IR_GROUP_CYCLE = "KF308"
    IR_GROUP_OVERLAP = "KF309"
    IR_NODE_WITHOUT_GROUP = "KF310"
    IR_NEEDS_INCOMPLETE = "KF311"
    IR_NODE_ORDER = "KF312"
    IR_GROUP_ENGINE = "KF314"
    IR_MEMORY_ACROSS_GROUPS = "KF315"
    IR_SETTINGS_CONFLICT = "KF316"

    RESOURCES_CONFLICT = "KF401"
    TEMPLATE_CONFLICT = "KF402"
    RESOURCE_CLASS_UNKNOWN = "KF403"
    GROUP_ID_COLLISION = "KF404"
    GROUP_PULLED_IN = "KF405"
    SETTINGS_CONFLICT = "KF406"

    TASK_ID_COLLISION = "KF501"
    TASK_ID_ILLEGAL = "KF502"
    NOT_LOWERED = "KF503"
    PARAMETER_UNTRANSPORTABLE = "KF504"
    DAG_ID_CHANGED = "KF505"
    SCHEDULE_INVALID = "KF506"
    DATA_STAYS_IN_POD = "KF507"
    RUNTIME_OPTION = "KF508"
    NODE_NAME_UNTRANSPORTABLE = "KF509"
    TAG_CHANGED = "KF510"
    NAME_INVALID = "KF511"
    MACRO_UNKNOWN = "KF512"
    PLACEHOLDER_UNKNOWN = "KF513"
    TASK_ID_CHANGED = "KF514"
    CLUSTER_SHARED = "KF517"
    ARTEFACTS_LEFT = "KF518"
    ARTEFACTS_UNUSED = "KF519"
    CUSTOM_OPERATORS = "KF515"
    CUSTOM_OPERATOR_TEXT = "KF516"

    FILE_UNREADABLE = "KF601"
    FILE_UNWRITABLE = "KF602"
    FILE_EXISTS = "KF603"

    OUTPUT_MISSING = "KF701"
    HOST_MISSING = "KF702"
    ADDRESS_INVALID = "KF703"
    FILESYSTEM_MISSING = "KF704"
    UPLOAD_FAILED = "KF705"
    ARCHIVE_MISSING = "KF706"
    ARCHIVE_CHANGED = "KF707"
    FILE_NOT_OURS = "KF708"
    NOT_CONFIRMED = "KF709"

    AIRFLOW_UNREACHABLE = "KF711"
    AIRFLOW_UNAUTHORIZED = "KF712"
    AIRFLOW_FORBIDDEN = "KF713"
    AIRFLOW_NOT_FOUND = "KF714"
    AIRFLOW_CONFLICT = "KF715"
    AIRFLOW_REFUSED = "KF716"
    AIRFLOW_BROKEN = "KF717"
    AIRFLOW_REDIRECT = "KF718"
    AIRFLOW_ANSWER = "KF719"
    AIRFLOW_VERSION = "KF720"
    CREDENTIALS_INCOMPLETE = "KF721"
    TLS_UNVERIFIED = "KF722"
    TLS_ABSENT = "KF723"
    CA_FILE = "KF724"

    DAG_IMPORT = "KF731"
    DAG_NOT_PARSED = "KF732"
    RUN_FAILED = "KF733"
    RUN_UNFINISHED = "KF734"
    SCHEDULE_REPLACED = "KF735"
    DAG_PAUSED = "KF736"
    RUN_CONF = "KF737"
    RUN_PARAM_UNKNOWN = "KF738"
    STOPPED_WAITING = "KF739"
    FILE_REPLACED = "KF740"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what was found and expected, where, and what to do next.

    `where` is a path that a person can follow, such as `node 'split' > input 'raw'` or
    `$.nodes[3].inputs[0]`. `hint` names the next action, and is empty when there is none.
    """

    code: Code
    message: str
    where: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f" at {self.where}" if self.where else ""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{self.code.value}{place}: {self.message}{advice}"


Known = TypeVar("Known", bound="KairflowError")


class KairflowError(Exception):
    """A mistake that a user can mend; carries every diagnostic found before giving up."""

    exit_code = ExitCode.INPUT

    def __init__(
        self, diagnostics: Iterable[Diagnostic], facts: Mapping[str, Any] | None = None
    ) -> None:
        """Keep the diagnostics, and the facts that a program gets beside them."""
        self.diagnostics = tuple(diagnostics)
        self.facts = dict(facts or {})
        if not self.diagnostics:
            raise InternalError(f"{type(self).__name__} without a diagnostic")
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))

    def with_facts(self: Known, facts: Mapping[str, Any], *more: Diagnostic) -> Known:
        """Return the same error with these facts in place of its own, and more diagnostics."""
        return type(self)((*self.diagnostics, *more), facts)


class ExportError(KairflowError):
    """The Kedro project cannot be turned into an IR."""


class ProjectError(ExportError):
    """The project cannot be found, imported or asked for what was selected."""


class GroupingError(ExportError):
    """The nodes that must share a task ask for things that one task cannot give."""


class IRError(KairflowError):
    """A document that is no valid IR."""


class IRVersionError(IRError):
    """An IR of a version that this release cannot read."""


class LoweringError(KairflowError):
    """The IR is valid, but no working DAG can be made of it."""


class FileError(KairflowError):
    """A file that the user named cannot be read or written."""


class DeployError(KairflowError):
    """What was compiled could not be brought to run."""

    exit_code = ExitCode.REMOTE


class UploadError(DeployError):
    """A place for DAGs or artefacts cannot be read or written."""


class AirflowError(DeployError):
    """The Airflow server does not do what it was asked."""


class UnreachableError(AirflowError):
    """No answer came from the server, or only a part of one."""


class UnauthorizedError(AirflowError):
    """The server does not know who asks, or does not let them."""


class NotFoundError(AirflowError):
    """The server knows no such thing."""


class ConflictError(AirflowError):
    """What was to be made is there already."""


class RefusedError(AirflowError):
    """The server understood the request and found fault with it."""


class ServerBrokenError(AirflowError):
    """The server failed, kept saying that it is busy, or answered nonsense."""


class DagImportError(AirflowError):
    """Airflow cannot import the DAG file."""


class WaitedTooLongError(DeployError):
    """What was waited for did not come in time; it may still come."""

    exit_code = ExitCode.TIMEOUT


class StoppedWaitingError(DeployError):
    """Somebody has seen enough: what they waited for goes on without them."""

    exit_code = ExitCode.INTERRUPTED


class RunFailedError(DeployError):
    """The run that was waited for has failed."""

    exit_code = ExitCode.RUN_FAILED


class UsageError(KairflowError):
    """Options that contradict each other or lack a partner."""

    exit_code = ExitCode.USAGE


class InternalError(Exception):
    """A bug in Kairflow: it keeps its traceback, and nothing in the tree above catches it."""


def errors_in(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics that must stop the command, in their order."""
    return tuple(found for found in diagnostics if found.severity is Severity.ERROR)
