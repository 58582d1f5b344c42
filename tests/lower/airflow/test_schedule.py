"""What we accept as a cron expression, Airflow accepts; and it comes round one day."""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from kairflow.lower.airflow.model import Timetable
from kairflow.lower.airflow.schedule import PRESETS, complaint, timetable
from tests.airflow.running import AIRFLOW_3

GOOD = (
    *PRESETS,
    "* * * * *",
    "0 6 * * 1",
    "*/15 0-23/2 1,15 jan-mar,dec mon-fri",
    "00 06 01 01 00",
    "0 0 * * 7",
    "0 0 * * 0-7",
    "0 0 * * 5-7",
    "5/10 * * * *",
    "59/59 23/23 31/5 12/12 6/6",
    "0 0 29 2 *",
    "0 0 31 * *",
    "0 0 31 4,5 *",
    "0 0 31 2 mon",
    "0 0 30-31 2 0-6",
    "0\t6  * * SUN",
    "*,*/5 * * * *",
    "0 22-2 * * *",
    "0 0 * * sat-sun",
    "0 0 28-3 2 *",
    "0 0 1 nov-feb *",
    "0 0 L * *",
    "0 0 L,15 2 *",
    "0 0 * * 5#2",
    "0 0 * * mon#1,tue#2",
    "0 0 * * L5",
    "0 0 ? * 1",
    "0 0 1 * ?",
    "*/60 */24 */32 * */8",
    "@midnight",
    "@annually",
)
WRONG = {
    "0 6 * *": "found 4 fields",
    "0 6 * * * 2024": "found 6 fields",
    "": "found 0 fields",
    "@fortnightly": "no preset is named '@fortnightly'",
    "@once": "no preset is named '@once'",
    "60 * * * *": "'60' is no minute, which goes from 0 to 59",
    "0 24 * * *": "'24' is no hour, which goes from 0 to 23",
    "0 0 0 * *": "'0' is no day of the month, which goes from 1 to 31",
    "0 0 32 * *": "'32' is no day of the month, which goes from 1 to 31",
    "0 0 * 13 *": "'13' is no month, which goes from 1 to 12",
    "0 0 * mon *": "'mon' is no month, which goes from 1 to 12",
    "0 0 * * 8": "'8' is no day of the week, which goes from 0 to 7",
    "0 0 * * funday": "'funday' is no day of the week, which goes from 0 to 7",
    "0 0 * * 5#6": "'5#6' is no day of the week, which goes from 0 to 7",
    "0 0 ?,1 * *": "'?' is no day of the month, which goes from 1 to 31",
    "? * * * *": "'?' is no minute, which goes from 0 to 59",
    "*/0 * * * *": "'*/0' is no minute, which goes from 0 to 59",
    "1, * * * *": "'' is no minute, which goes from 0 to 59",
    "*-5 * * * *": "'*-5' is no minute, which goes from 0 to 59",
    "٣ * * * *": "'٣' is no minute, which goes from 0 to 59",
    "{{x}} * * * *": "'{{x}}' is no minute, which goes from 0 to 59",
    "0 0 30 2 *": "no month '2' has a day '30'",
    "0 0 31 feb,apr,jun *": "no month 'feb,apr,jun' has a day '31'",
    "0 0 30-31 2 1,*": "no month '2' has a day '30-31'",
}
REFUSED_THOUGH_AIRFLOW_TAKES_THEM = (
    "0 0 * * * *",  # a sixth field counts seconds, which no schedule needs
    "000 6 * * *",
    "@DAILY",
)
CHECK = """
import json, sys
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable
import pendulum
def accepts(cron):
    try:
        for kind in (CronDataIntervalTimetable, CronTriggerTimetable):
            timetable = kind(cron, timezone="UTC")
            timetable.validate()
            timetable._get_next(pendulum.datetime(2024, 1, 1))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return True
answers = [accepts(cron) for cron in json.load(sys.stdin)]
print("ANSWER" + json.dumps(answers))
"""


@pytest.mark.parametrize("cron", GOOD)
def test_a_good_expression_has_nothing_wrong(cron: str) -> None:
    assert complaint(cron) == ""


@pytest.mark.parametrize("cron", WRONG)
def test_a_wrong_expression_is_told_where_it_is_wrong(cron: str) -> None:
    assert complaint(cron) == WRONG[cron]


def test_the_kinds_of_timetable() -> None:
    assert timetable("interval", "@daily") == Timetable("CronDataIntervalTimetable", "@daily")
    assert timetable("trigger", "@daily") == Timetable("CronTriggerTimetable", "@daily")
    assert timetable("interval", None) is None


def test_a_timetable_has_the_time_zone_that_was_asked_for() -> None:
    found = timetable("trigger", "@daily", "Europe/Berlin")
    assert found == Timetable("CronTriggerTimetable", "@daily", "Europe/Berlin")


def random_expressions(number: int) -> list[str]:
    """Return expressions of which most are good, and those that are not are nearly so."""
    chance = random.Random(2024)
    limits = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    words = [[], [], [], ["jan", "MAR", "dec"], ["sun", "Wed", "sat"]]

    def part(low: int, high: int, named: list[str]) -> str:
        first, last = chance.choices(range(low, high + 1), k=2)
        step = chance.randint(1, high)
        plain = [f"{first}", f"{first}-{last}", f"{first}-{last}/{step}", f"{first}/{step}"]
        return chance.choice([*plain, "*", "*", "*", f"*/{step}", f"{first},{last}", *named])

    return [
        " ".join(part(*limit, named) for limit, named in zip(limits, words, strict=True))
        for _ in range(number)
    ]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | bool]:
    """Return what Airflow says about every expression of this module."""
    if not AIRFLOW_3.exists():
        pytest.skip("Airflow is not installed; `make environments` does it")
    days = (f"0 0 {d} {m} *" for d, m in itertools.product((28, 29, 30, 31), range(1, 13)))
    asked = [*GOOD, *WRONG, *REFUSED_THOUGH_AIRFLOW_TAKES_THEM, *days, *random_expressions(600)]
    home = tmp_path_factory.mktemp("airflow")
    done = subprocess.run(
        [AIRFLOW_3, "-c", CHECK],
        input=json.dumps(asked),
        env={**os.environ, "AIRFLOW_HOME": str(home), "PYTHONWARNINGS": "ignore"},
        cwd=Path(home),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout.split("ANSWER", 1)[1])
    return dict(zip(asked, answers, strict=True))


def test_airflow_takes_what_we_accept(airflow: dict[str, str | bool]) -> None:
    accepted = [cron for cron in airflow if not complaint(cron)]
    assert len(accepted) > 400
    assert {cron: airflow[cron] for cron in accepted if airflow[cron] is not True} == {}


def test_we_refuse_little_that_airflow_takes(airflow: dict[str, str | bool]) -> None:
    refused = {cron for cron, answer in airflow.items() if answer is True and complaint(cron)}
    by_hand = {*REFUSED_THOUGH_AIRFLOW_TAKES_THEM, "0 6 * * * 2024", "*-5 * * * *"}
    assert set(REFUSED_THOUGH_AIRFLOW_TAKES_THEM) <= refused
    assert refused <= by_hand
