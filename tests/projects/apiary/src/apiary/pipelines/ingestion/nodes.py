"""Functions that clean what the beekeeper and the hive scales wrote down."""

import logging
from collections.abc import Callable

import pandas as pd

logger = logging.getLogger(__name__)


def clean_hives(hives: pd.DataFrame) -> pd.DataFrame:
    """Mend spelling, and take an unknown queen to be of a middling age."""
    return hives.assign(
        hive=hives["hive"].str.strip().str.lower(),
        site=hives["site"].str.strip().str.lower(),
        queen_born=hives["queen_born"].fillna(hives["queen_born"].median()).astype(int),
    ).sort_values("hive", ignore_index=True)


def clean_weighings(
    weighings: dict[str, Callable[[], pd.DataFrame]],
    weighing_time: str,
    excluded_hives: list[str],
) -> pd.DataFrame:
    """Put the seasons together, keeping one weighing a week for each hive.

    Only weighings at `weighing_time` count: in the evening all the bees are at home,
    and a strong colony weighs several kilos more.
    """
    seasons = [
        load().assign(season=int(season)) for season, load in sorted(weighings.items())
    ]
    everything = pd.concat(seasons, ignore_index=True)
    wanted = (everything["time"] == weighing_time) & ~everything["hive"].isin(
        excluded_hives
    )
    return (
        everything.loc[wanted, ["hive", "season", "week", "weight_kg"]]
        .drop_duplicates(["hive", "season", "week"])
        .sort_values(["hive", "season", "week"], ignore_index=True)
    )


def check_weighings(
    weighings: pd.DataFrame,
    hives: pd.DataFrame,
    weight_kg: dict[str, float],
    allow_unknown_hives: bool,
) -> None:
    """Raise when a scale must be broken, or a hive is in no register."""
    unknown = sorted(set(weighings["hive"]) - set(hives["hive"]))
    if unknown and not allow_unknown_hives:
        raise ValueError(f"Weighed, but not in the register of hives: {unknown}")
    sound = weighings["weight_kg"].between(weight_kg["lowest"], weight_kg["highest"])
    if not sound.all():
        raise ValueError(f"Broken scales? {weighings[~sound].to_dict('records')}")
    logger.info("All %d weighings are sound", len(weighings))


def weekly_gains(weighings: pd.DataFrame, swarm_loss_kg: float) -> pd.DataFrame:
    """Turn weights into what a hive gained from one week to the next.

    A hive that lost more than `swarm_loss_kg` has swarmed, or lost its honey to the
    beekeeper: neither says anything about nectar, so that week is left out.
    """
    steps = weighings.groupby(["hive", "season"])[["week", "weight_kg"]].diff()
    gains = weighings.assign(gain_kg=steps["weight_kg"].round(2))
    usable = (steps["week"] == 1) & (gains["gain_kg"] > -swarm_loss_kg)
    return gains.loc[usable, ["hive", "season", "week", "gain_kg"]].reset_index(
        drop=True
    )
