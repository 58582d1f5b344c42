"""Type hints that name Spark, in every spelling; most of them with pyspark out of reach."""

from __future__ import annotations

import functools
import importlib
import itertools
import math
import operator
import sys
import textwrap
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.export import spark_sources
from kairflow.export.spark_hints import Finding, HintReader
from kairflow.export.spark_sources import Sources
from tests.export.tiny import write

Load = Callable[..., ModuleType]

FRAME = "pyspark.sql.DataFrame"
ARGUMENT = f"type hint of argument 'x': {FRAME}"
TYPING = "import sys\nfrom typing import *\nfrom collections.abc import Iterator as Several\n"
CHECKED = f"from __future__ import annotations\n{TYPING}if TYPE_CHECKING:\n    "


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import a module `hinted`, a package, of a text; `others` are modules beside it."""

    def import_hinted(text: str, **others: str) -> ModuleType:
        named = {f"hinted/{name}.py": text for name, text in others.items()}
        write(tmp_path, {"hinted/__init__.py": "", "hinted/nodes.py": text, **named})
        return importlib.import_module("hinted.nodes")

    monkeypatch.syspath_prepend(str(tmp_path))
    yield import_hinted
    for name in [name for name in sys.modules if name.split(".")[0] == "hinted"]:
        del sys.modules[name]


def read(function: Any) -> Finding:
    return HintReader(Sources()).read(function)


def import_or_skip(module: str) -> Any:
    """Import a module of Spark's, some of which fail where others than theirs are too new."""
    try:
        return importlib.import_module(module)
    except (ImportError, AttributeError, SystemExit) as error:
        pytest.skip(f"{module} cannot be imported: {error}")


IMPORTS = [
    ("from pyspark.sql import DataFrame", "DataFrame"),
    ("from pyspark.sql import DataFrame as Frame", "Frame"),
    ("from pyspark.sql.dataframe import DataFrame", "DataFrame"),
    ("import pyspark.sql as ps", "ps.DataFrame"),
    ("import pyspark.sql", "pyspark.sql.DataFrame"),
    ("import pyspark", "pyspark.sql.DataFrame"),
    ("from pyspark import sql", "sql.DataFrame"),
    ("from pyspark import sql as s", "s.dataframe.DataFrame"),
    ("import pyspark.sql.dataframe as d", "d.DataFrame"),
    ("import pyspark.sql as s; Frame = s.DataFrame", "Frame"),
    ("import pyspark.sql; s = pyspark.sql", "s.DataFrame"),
]


@pytest.mark.parametrize(("statement", "hint"), IMPORTS)
def test_an_import_for_type_checkers_is_read(load: Load, statement: str, hint: str) -> None:
    for text in (
        f"{CHECKED}{statement}\ndef f(x: {hint}): ...",
        f"{CHECKED}{statement}\ndef f(x: '{hint}'): ...",
        f"import typing as t\nif t.TYPE_CHECKING:\n    {statement}\ndef f(x: '{hint}'): ...",
    ):
        sys.modules.pop("hinted.nodes", None)
        assert read(load(text).f) == Finding(spark=ARGUMENT)


HINTS = [
    "DataFrame",
    "Optional[DataFrame]",
    "DataFrame | None",
    "None | int | DataFrame",
    "Union[int, DataFrame]",
    "list[DataFrame]",
    "dict[str, DataFrame]",
    "tuple[int, DataFrame]",
    "tuple[DataFrame, ...]",
    "Tuple[DataFrame, DataFrame]",
    "Sequence[DataFrame]",
    "Iterable[Mapping[str, Optional[DataFrame]]]",
    "Several[DataFrame]",
    "dict[str, Callable[[], DataFrame]]",
    "Callable[[DataFrame], int]",
    "Annotated[DataFrame, 'raw']",
    "Annotated[list['DataFrame'], 1, 2]",
    "dict[Literal['a', 'b'], dict[str, list[DataFrame]]]",
    "type[DataFrame]",
    "Final[DataFrame]",
]


@pytest.mark.parametrize("hint", HINTS)
def test_a_frame_is_found_at_any_depth_of_a_text(load: Load, hint: str) -> None:
    text = f"{CHECKED}from pyspark.sql import DataFrame\ndef f(y: int, x: {hint}): ..."
    assert read(load(text).f) == Finding(spark=ARGUMENT)


@pytest.mark.parametrize("hint", [hint for hint in HINTS if "| DataFrame" not in hint])
def test_a_frame_is_found_at_any_depth_of_an_object(load: Load, hint: str) -> None:
    quoted = hint.replace("'DataFrame'", "DataFrame").replace("DataFrame", "'DataFrame'")
    if quoted == "'DataFrame' | None":
        quoted = "Optional['DataFrame']"
    head = f"{TYPING}if TYPE_CHECKING:\n    from pyspark.sql import DataFrame\n"
    assert read(load(f"{head}def f(y: int, x: {quoted}): ...").f) == Finding(spark=ARGUMENT)


@pytest.mark.parametrize("hint", HINTS)
def test_with_spark_at_hand_the_classes_themselves_are_read(load: Load, hint: str) -> None:
    pytest.importorskip("pyspark")
    head = f"{TYPING}from pyspark.sql import DataFrame\n"
    assert read(load(f"{head}def f(y: int, x: {hint}): ...").f) == Finding(spark=ARGUMENT)


def test_what_a_function_returns_counts_too(load: Load) -> None:
    text = f"{CHECKED}from pyspark.sql import DataFrame\ndef f(x: int) -> DataFrame: ..."
    assert read(load(text).f).spark == f"type hint of what it returns: {FRAME}"


@pytest.mark.parametrize("argument", ["*x", "**x", "*, x", "x, /, y=1", "y, *, x"])
def test_every_kind_of_argument_counts(load: Load, argument: str) -> None:
    hinted = argument.replace("x", "x: 'list[DataFrame]'")
    text = f"{CHECKED}from pyspark.sql import DataFrame\ndef f({hinted}): ..."
    assert read(load(text).f) == Finding(spark=ARGUMENT)


CLASSES = [
    ("pyspark.sql", "SparkSession", "pyspark.sql.SparkSession"),
    ("pyspark.sql.session", "SparkSession", "pyspark.sql.SparkSession"),
    ("pyspark.sql", "Column", "pyspark.sql.Column"),
    ("pyspark.sql", "GroupedData", "pyspark.sql.GroupedData"),
    ("pyspark.sql.types", "StructType", "pyspark.sql.types.StructType"),
    ("pyspark", "RDD", "pyspark.RDD"),
    ("pyspark.rdd", "RDD", "pyspark.RDD"),
    ("pyspark", "SparkContext", "pyspark.SparkContext"),
    ("pyspark.ml", "PipelineModel", "pyspark.ml.PipelineModel"),
    ("pyspark.ml", "Transformer", "pyspark.ml.Transformer"),
    ("pyspark.ml.feature", "VectorAssembler", "pyspark.ml.feature.VectorAssembler"),
    ("pyspark.pandas", "DataFrame", "pyspark.pandas.DataFrame"),
    ("pyspark.pandas", "Series", "pyspark.pandas.Series"),
    ("pyspark.pandas", "Index", "pyspark.pandas.Index"),
]


@pytest.mark.parametrize(("module", "name", "shown"), CLASSES)
def test_every_class_of_sparks_counts(load: Load, module: str, name: str, shown: str) -> None:
    text = f"{CHECKED}from {module} import {name}\ndef f(x: {name}): ..."
    assert read(load(text).f).spark == f"type hint of argument 'x': {shown}"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("module", "name", "shown"), CLASSES)
def test_the_class_itself_is_told_as_its_text_is(
    load: Load, module: str, name: str, shown: str
) -> None:
    import_or_skip(module)
    text = f"from {module} import {name}\ndef f(x: {name}): ..."
    assert read(load(text).f).spark == f"type hint of argument 'x': {shown}"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "module", ["pyspark.sql.connect.dataframe", "pyspark.sql.classic.dataframe"]
)
def test_the_frames_that_a_session_makes_count(load: Load, module: str) -> None:
    text = f"{CHECKED}from {module} import DataFrame\ndef f(x: DataFrame): ..."
    assert read(load(text).f).spark == f"type hint of argument 'x': {module}.DataFrame"
    found = import_or_skip(module)

    def node(x): ...  # type: ignore[no-untyped-def]

    node.__annotations__["x"] = found.DataFrame
    assert read(node).spark == f"type hint of argument 'x': {module}.DataFrame"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("delta.tables", "DeltaTable"),
        ("delta", "DeltaTable"),
        ("databricks.connect", "DatabricksSession"),
        ("pandera.typing.pyspark_sql", "DataFrame"),
    ],
)
def test_what_is_made_of_sparks_classes_counts(load: Load, module: str, name: str) -> None:
    text = f"{CHECKED}from {module} import {name}\ndef f(x: {name}): ..."
    assert read(load(text).f).spark == f"type hint of argument 'x': {module}.{name}"


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("from pandas import DataFrame", "DataFrame"),
        ("import pandas as pd", "dict[str, pd.DataFrame] | None"),
        ("from polars import DataFrame", "DataFrame"),
        ("from snowflake.snowpark import DataFrame", "DataFrame"),
        ("from deltalake import DeltaTable", "DeltaTable"),
        ("from pyspark_like import DataFrame", "DataFrame"),
        ("from .models import MyModel", "MyModel"),
        ("from .models import Parent as MyModel", "list[MyModel]"),
        ("from . import models", "models.MyModel"),
        ("from hinted import models as m", "m.MyModel"),
        ("from .models import *", "MyModel"),
        ("import nowhere.to.be_found as n", "n.Thing | n.deeper.Thing"),
        ("from decimal import Decimal", "Decimal"),
        ("import numpy.typing as npt", "npt.NDArray[np.float64] if False else int"),
    ],
)
def test_a_hint_that_leads_elsewhere_is_no_matter(load: Load, statement: str, hint: str) -> None:
    models = "class Parent: ...\nclass MyModel(Parent):\n    class Inner: ..."
    head = f"{CHECKED}{statement}\n    import numpy as np\n"
    assert read(load(f"{head}def f(x: {hint}): ...", models=models).f) == Finding()


@pytest.mark.parametrize(
    "signature",
    [
        "(x)",
        "(x: int, y: str = '') -> None",
        "(x: 'the raw data')",
        "(x: '')",
        "(x: Literal['DataFrame'])",
        "(x: 'Literal[\"pyspark.sql.DataFrame\"]')",
        "(x: Annotated[int, 'DataFrame', 'pyspark.sql.DataFrame'])",
        "(x: 'Annotated[int, \"DataFrame\"]')",
        "(x: Any, y: object) -> Optional[Any]",
        "(x: 5, y: print, z: [1, 2])",
        "(x: 'len(3)', y: 'int or str', z: '{}')",
        "(x: 'Self', y: 'str.title')",
        "(x: T, y: Json)",
        "(x: Loop)",
        "(x: Generator[int, None, str]) -> NoReturn",
    ],
)
def test_hints_without_spark_are_no_matter(load: Load, signature: str) -> None:
    head = f"""
from typing import *
try:
    from typing import Self
except ImportError:
    Self = 'Self'
T = TypeVar('T', bound='Sequence[str]')
Json = Union[str, list['Json'], dict[str, 'Json']]
class Loop: ...
def f{signature}: ...
"""
    assert read(load(head).f) == Finding()


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        ("'DataFrame'", "DataFrame"),
        ("'list[DataFrame]'", "DataFrame"),
        ("list['DataFrame']", "DataFrame"),
        ("'ps.DataFrame | None'", "ps.DataFrame"),
        ("'Gone'", "Gone"),
    ],
)
def test_what_nothing_explains_is_not_guessed(load: Load, hint: str, name: str) -> None:
    head = "import typing\nif typing.TYPE_CHECKING:\n    from .models import Gone\n"
    found = read(load(f"{head}def f(x: {hint}): ...", models="").f)
    assert found.spark is None
    assert found.unread == f"type hint of argument 'x': nothing explains {name!r}"


def test_a_function_without_a_source_is_read_by_its_values(load: Load) -> None:
    names: dict[str, Any] = {}
    exec("def f(x: 'DataFrame', y: 'int'): ...", names)
    unread = "type hint of argument 'x': nothing explains 'DataFrame'"
    assert read(names["f"]) == Finding(unread=unread)
    names["DataFrame"] = int
    assert read(names["f"]) == Finding()


def test_a_name_is_looked_up_before_it_is_judged(load: Load) -> None:
    pandas = pytest.importorskip("pandas")
    text = f"{CHECKED}import pyspark\nfrom pandas import DataFrame\ndef f(x: DataFrame): ..."
    assert read(load(text).f) == Finding()

    def node(x): ...  # type: ignore[no-untyped-def]

    node.__annotations__["x"] = pandas.DataFrame
    assert read(node) == Finding()


STAND_INS = [
    "DataFrame = None",
    "DataFrame = Any",
    "DataFrame = object",
    "DataFrame = 'DataFrame'",
    "DataFrame = TypeVar('DataFrame')",
    "class DataFrame: ...",
    "class DataFrame:\n        pass\n    assert DataFrame",
    "import unittest.mock; DataFrame = unittest.mock.MagicMock()",
]


@pytest.mark.parametrize("stand_in", STAND_INS)
@pytest.mark.parametrize("hint", ["DataFrame", "dict[str, DataFrame]", "'DataFrame'"])
@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
def test_an_import_that_may_fail_is_read(load: Load, stand_in: str, hint: str, future: str) -> None:
    text = f"""
{future}from typing import *
try:
    from pyspark.sql import DataFrame
except ImportError:
    {stand_in}
def f(x: {hint}): ...
"""
    assert read(load(text).f) == Finding(spark=ARGUMENT)


@pytest.mark.parametrize("hint", ["DataFrame", "Frames", "compat.DataFrame", "'Frames'"])
def test_the_stand_in_may_be_anothers(load: Load, hint: str) -> None:
    compat = """
from typing import *
if TYPE_CHECKING:
    from pyspark.sql import DataFrame
else:
    DataFrame = Any
Frames = dict[str, DataFrame]
"""
    text = f"from . import compat\nfrom .compat import *\ndef f(x: {hint}): ..."
    assert read(load(text, compat=compat).f) == Finding(spark=ARGUMENT)


def test_where_pandas_stands_in_for_spark_it_is_pandas(load: Load) -> None:
    pytest.importorskip("pandas")
    text = """
try:
    from pyspark_that_is_missing.sql import DataFrame
except ImportError:
    from pandas import DataFrame
def f(x: DataFrame): ...
"""
    assert read(load(text).f) == Finding()


ALIASES = [
    "Frame = DataFrame",
    "Frame: TypeAlias = 'DataFrame'",
    "Frame: TypeAlias = 'dict[str, DataFrame]'",
    "Frame = Union['DataFrame', int]",
    "Frame = TypeVar('Frame', bound='DataFrame')",
    "Frame = TypeVar('Frame', int, 'DataFrame')",
    "Frame = NewType('Frame', DataFrame)",
    "Frame = List['DataFrame'] if sys.version_info else int",
    "Inner = 'DataFrame'\n    Frame = list[Inner]",
]


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_for_type_checkers_is_followed(load: Load, alias: str) -> None:
    head = f"{CHECKED}from pyspark.sql import DataFrame\n    {alias}\n"
    assert read(load(f"{head}def f(x: Frame): ...").f) == Finding(spark=ARGUMENT)


@pytest.mark.parametrize("alias", [alias for alias in ALIASES if "'DataFrame'" in alias][:5])
@pytest.mark.parametrize("hint", ["Frame", "'Frame'", "list[Frame]"])
def test_an_alias_with_a_text_in_it_is_followed(load: Load, alias: str, hint: str) -> None:
    head = f"{TYPING}if TYPE_CHECKING:\n    from pyspark.sql import DataFrame\n{alias}\n"
    assert read(load(f"{head}def f(x: {hint}): ...").f) == Finding(spark=ARGUMENT)


def test_an_alias_of_a_module_that_is_not_loaded_is_followed(load: Load) -> None:
    frames = f"{CHECKED}from pyspark import sql\nFrame = Optional['sql.DataFrame']"
    text = f"{CHECKED}from hinted.frames import Frame\ndef f(x: Frame): ..."
    assert read(load(text, frames=frames).f) == Finding(spark=ARGUMENT)
    assert "hinted.frames" not in sys.modules


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 has these statements")
@pytest.mark.parametrize(
    "text",
    [
        "type Frame = DataFrame\ndef f(x: Frame): ...",
        "type Frames[T] = dict[T, DataFrame]\ndef f(x: Frames[str]): ...",
        "type Frame = DataFrame\ndef f(x: list[Frame]): ...",
        "def f[T: DataFrame](x: T): ...",
        "def f[T: (int, DataFrame)](x: list[T]): ...",
        "def f[T: DataFrame](x: 'T'): ...",
    ],
)
def test_the_statements_of_python_312_are_read(load: Load, text: str) -> None:
    head = f"{TYPING}if TYPE_CHECKING:\n    from pyspark.sql import DataFrame\n"
    assert read(load(head + text).f) == Finding(spark=ARGUMENT)
    sys.modules.pop("hinted.nodes")
    future = f"from __future__ import annotations\n{head}"
    assert read(load(future + text).f) == Finding(spark=ARGUMENT)


def test_a_class_of_ones_own_counts_by_its_ancestors(load: Load) -> None:
    frames = f"{CHECKED}from pyspark.sql import DataFrame\nclass Flights(DataFrame): ..."
    frames = frames.replace("\nclass Flights", "\n    class Flights")
    more = "from .frames import Flights\nclass Late(Flights): ..."
    text = f"{CHECKED}from .more import Late\ndef f(x: Late): ..."
    expected = f"type hint of argument 'x': hinted.more.Late, a {FRAME}"
    assert read(load(text, frames=frames, more=more).f).spark == expected


def test_a_class_of_ones_own_counts_by_its_real_ancestors(load: Load) -> None:
    pytest.importorskip("pyspark")
    text = "from pyspark.sql import DataFrame\nclass Late(DataFrame): ...\ndef f(x: Late): ..."
    expected = f"type hint of argument 'x': hinted.nodes.Late, a {FRAME}"
    assert read(load(text).f).spark == expected


FUNCTIONS = """
from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from hinted.wrappers import Logged, log

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def plain(x: DataFrame): ...

@log
def decorated(x: DataFrame): ...

@log
@functools.lru_cache
@log
def decorated_often(x: DataFrame): ...

@Logged
def decorated_by_an_object(x: DataFrame): ...

class Model:
    def __call__(self, x: DataFrame): ...
    def method(self, x: DataFrame): ...
    @classmethod
    def of_class(cls, x: DataFrame): ...
    @staticmethod
    def static(x: DataFrame): ...

class Made:
    def __init__(self, x: DataFrame): ...

class Quiet:
    def __call__(self, x): ...

class Heir(Model): ...

def outer():
    from pyspark_is_not_here import nothing

def enclosing():
    if TYPE_CHECKING:
        import pyspark.sql as ps
    def inner(x: ps.DataFrame): ...
    return inner

class Holder:
    if TYPE_CHECKING:
        from pyspark.sql import DataFrame as Held
    def method(self, x: Held): ...

if not TYPE_CHECKING:
    def plain_again(x: DataFrame): ...

def two(x: int): ...
two_first = two
def two(x: DataFrame): ...
"""
WRAPPERS = """
import functools
from decimal import Decimal as DataFrame

def log(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

class Logged:
    def __init__(self, function):
        functools.update_wrapper(self, function)
    def __call__(self, *args: "DataFrame"):
        ...
"""


@pytest.mark.parametrize(
    "get",
    [
        "plain",
        "functools.partial(plain)",
        "functools.partial(functools.partial(plain, x=1))",
        "decorated",
        "decorated_often",
        "decorated_by_an_object",
        "functools.partial(decorated)",
        "Model()",
        "functools.partial(Model())",
        "Model().method",
        "Model.method",
        "Model.of_class",
        "Model.static",
        "Heir()",
        "Heir.of_class",
        "Made",
        "enclosing()",
        "Holder().method",
        "plain_again",
        "two",
        "log(Model().method)",
    ],
)
def test_every_kind_of_function_is_read(load: Load, get: str) -> None:
    module = load(FUNCTIONS, wrappers=WRAPPERS)
    assert read(eval(get, vars(module))) == Finding(spark=ARGUMENT)


def test_the_hints_of_a_wrapper_are_explained_where_they_were_written(load: Load) -> None:
    wrappers = WRAPPERS.replace("from decimal import Decimal as DataFrame", "")
    text = FUNCTIONS.replace("from pyspark.sql import", "from forests import")
    module = load(text, wrappers=wrappers)
    assert read(module.decorated) == Finding()
    assert read(module.decorated_often) == Finding()


@pytest.mark.parametrize("get", ["Quiet()", "Quiet", "two_first", "Heir", "lambda x: x"])
def test_of_two_functions_the_right_one_is_read(load: Load, get: str) -> None:
    module = load(FUNCTIONS, wrappers=WRAPPERS)
    assert read(eval(get, vars(module))) == Finding()


@pytest.mark.parametrize(
    "function",
    [
        len,
        print,
        dict,
        math.sqrt,
        str.upper,
        "text".upper,
        operator.itemgetter(1),
        itertools.chain,
        itertools.chain.from_iterable,
        functools.partial(len),
        functools.lru_cache(len),
        lambda x: x,
        object(),
        None,
    ],
)
def test_what_has_no_hints_is_no_matter(function: Any) -> None:
    assert read(function) == Finding()


class Endless:
    """Says of everything that it is there."""

    def __getattr__(self, name: str) -> Any:
        return Endless()


class Broken:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize("make", [Endless, Broken])
def test_strange_objects_are_survived(make: Callable[[], Any]) -> None:
    assert read(make()).spark is None


def test_a_local_name_hides_one_of_the_module(load: Load) -> None:
    text = """
from __future__ import annotations
from decimal import Decimal as DataFrame
def outer():
    if not DataFrame:
        from pyspark.sql import DataFrame as Frame
    def inner(x: Frame): ...
    def other(x: DataFrame): ...
    return inner, other
def hiding():
    if not DataFrame:
        from pyspark.sql import DataFrame
    def inner(x: DataFrame): ...
    return inner
def unmoved(x: DataFrame):
    from pyspark.sql import DataFrame
def unseen(x: Inside):
    from pyspark.sql import DataFrame as Inside
"""
    module = load(text.replace("not DataFrame", "not len"))
    inner, other = module.outer()
    assert read(inner) == Finding(spark=ARGUMENT)
    assert read(other) == Finding()
    assert read(module.hiding()) == Finding(spark=ARGUMENT)
    assert read(module.unmoved) == Finding()
    assert read(module.unseen).unread == "type hint of argument 'x': nothing explains 'Inside'"


def test_the_first_hint_that_names_spark_is_told(load: Load) -> None:
    text = f"""{CHECKED}from pyspark.sql import Column, DataFrame
def f(a: Lost, b: Column, c: DataFrame) -> DataFrame: ...
"""
    expected = Finding(spark="type hint of argument 'b': pyspark.sql.Column")
    assert read(load(text).f) == expected


def nested(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Yield hints of any shape over these names."""

    def wrap(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        one = st.sampled_from(
            [
                "list[{}]",
                "Optional[{}]",
                "dict[str, {}]",
                "Annotated[{}, 'x']",
                "Callable[[{}], int]",
            ]
        )
        two = st.sampled_from(["Union[{}, {}]", "tuple[{}, {}]", "dict[{}, list[{}]]"])
        return st.builds(str.format, one, inner) | st.builds(str.format, two, inner, inner)

    return st.recursive(leaves, wrap, max_leaves=8)


@given(nested(st.sampled_from(["int", "None", "Frame", "Any", "T", "'Frame'", "'list[T]'"])))
def test_a_hint_names_spark_as_text_and_as_object_alike(hint: str) -> None:
    frame = type("DataFrame", (), {"__module__": "pyspark.sql.dataframe"})
    names: dict[str, Any] = {**vars(typing), "Frame": frame}
    exec("T = TypeVar('T', bound='list[Frame]')", names)
    exec(f"def by_value(x: {hint}): ...", names)
    exec(f"def by_text(x: {hint!r}): ...", names)
    expected = Finding(spark=ARGUMENT) if "Frame" in hint or "T" in hint else Finding()
    assert read(names["by_value"]) == read(names["by_text"]) == expected


def quoted(text: str) -> Any:
    def node(x): ...  # type: ignore[no-untyped-def]

    node.__annotations__["x"] = text
    return node


@given(st.text() | st.text("aA.[]|,'\"() *:0\\n\\\\", max_size=30) | st.text("([", min_size=300))
def test_any_text_is_survived(text: str) -> None:
    assert read(quoted(text)).spark is None


def test_a_text_that_python_warns_of_is_read_quietly(load: Load) -> None:
    text = CHECKED + "from pyspark.sql import DataFrame\ndef f(x: DataFrame): ..."
    with pytest.warns((SyntaxWarning, DeprecationWarning)):
        module = load(text + "\nPATTERN = '\\d' is 1")
    assert read(module.f) == Finding(spark=ARGUMENT)
    assert read(quoted("1 is 1")) == Finding()


def test_no_text_is_ever_evaluated(load: Load) -> None:
    text = """
import typing
def f(x: "open('evaluated', 'w')", y: "[print(1)][0]", z: "(lambda: DataFrame)()"): ...
type_checked = False
if type_checked:
    raise SystemExit
"""
    assert read(load(text).f) == Finding()
    assert not Path("evaluated").exists()


def test_lazy_modules_are_not_woken(load: Load) -> None:
    lazy = "def __getattr__(name):\n    raise SystemExit(f'woken for {name}')"
    text = "import hinted.lazy as lazy\ndef f(x: 'lazy.sql.DataFrame'): ..."
    found = read(load(text, lazy=lazy).f)
    assert found.unread == "type hint of argument 'x': nothing explains 'sql.DataFrame'"


def test_a_module_is_parsed_once_for_all_its_functions(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = list[Path]()
    parse = spark_sources._parse

    def counted(path: Path, module: str) -> Any:
        parsed.append(path)
        return parse(path, module)

    monkeypatch.setattr(spark_sources, "_parse", counted)
    functions = "\n".join(f"def f{i}(x: list[Frame]): ..." for i in range(200))
    frames = f"{CHECKED}from pyspark.sql import DataFrame as Frame"
    module = load(f"{CHECKED}from .frames import Frame\n{functions}", frames=frames)
    reader = HintReader(Sources())
    assert all(reader.read(getattr(module, f"f{i}")).spark for i in range(200))
    assert sorted(path.name for path in parsed) == ["frames.py", "nodes.py"]


def test_a_module_whose_hints_need_no_source_is_not_parsed(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_sources, "_parse", lambda *given: pytest.fail(f"parsed {given}"))
    text = """
from __future__ import annotations
from decimal import Decimal
from typing import Dict, Literal, Optional
def f(x: dict[str, Optional[Decimal]], y: Literal["a"], z: int | Dict[str, int]) -> float: ...
def g(x): ...
"""
    module = load(textwrap.dedent(text))
    assert read(module.f) == read(module.g) == Finding()
