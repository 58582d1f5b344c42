"""Functions that say what a hive and its week were like."""

import pandas as pd


def describe_weather(weather: pd.DataFrame, trend_weeks: int) -> pd.DataFrame:
    """Add the mean of the last weeks: flowers remember the sunshine."""
    weather = weather.sort_values(["season", "week"], ignore_index=True)
    trend = (
        weather.groupby("season")["sunshine_h"]
        .rolling(trend_weeks, min_periods=1)
        .mean()
        .reset_index(drop=True)
    )
    return weather.assign(sunshine_trend_h=trend.round(3))


def build_training_table(
    gains: pd.DataFrame, hives: pd.DataFrame, weather: pd.DataFrame
) -> pd.DataFrame:
    """Join gains, hives and weather: one row per hive and week."""
    table = gains.merge(hives, on="hive").merge(weather, on=["season", "week"])
    table["queen_age"] = (table["season"] - table["queen_born"]).clip(lower=0)
    return table.drop(columns="queen_born").sort_values(
        ["season", "week", "hive"], ignore_index=True
    )
