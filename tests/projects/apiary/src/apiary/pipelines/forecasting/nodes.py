"""Functions that train, score and compare models, and write the year down."""

import hashlib
from typing import Any, Protocol

import numpy as np
import pandas as pd
from matplotlib.figure import Figure


class Regressor(Protocol):
    """What scoring asks of a model: all those of scikit-learn can do it."""

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return one gain per row."""


def train(
    table: pd.DataFrame,
    columns: list[str],
    season: int,
    method: str,
    options: dict[str, Any],
    seed: int,
) -> Regressor:
    """Fit a model of the weekly gain to all seasons before `season`."""
    # Imported here: a task that trains nothing should not wait seconds for it.
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if method == "ridge":
        model = make_pipeline(StandardScaler(), Ridge(**options))
    elif method == "random_forest":
        model = RandomForestRegressor(random_state=seed, **options)
    else:
        raise ValueError(f"No such method: {method!r}. Use ridge or random_forest.")
    past = table[table["season"] < season]
    fitted: Regressor = model.fit(past[columns], past["gain_kg"])
    return fitted


def score(
    model: Regressor, table: pd.DataFrame, columns: list[str], season: int
) -> dict[str, Any]:
    """Forecast `season`: the error of a week, and the harvest of each hive."""
    present = table[table["season"] == season]
    forecast = pd.Series(model.predict(present[columns]), index=present.index)
    error = (forecast - present["gain_kg"]).abs().mean()
    harvest = forecast.groupby(present["hive"]).sum()
    return {
        "weekly_error_kg": round(float(error), 3),
        "harvest_kg": {hive: round(float(kg), 2) for hive, kg in harvest.items()},
    }


def compare_models(
    gains: pd.DataFrame, linear: dict[str, Any], forest: dict[str, Any], season: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Set both forecasts beside the scales, and beside an average year."""
    totals = gains.groupby(["season", "hive"])["gain_kg"].sum().unstack("season")
    comparison = pd.DataFrame(
        {
            "weighed": totals[season],
            "usual": totals.loc[:, totals.columns < season].mean(axis="columns"),
            "linear": pd.Series(linear["harvest_kg"]),
            "forest": pd.Series(forest["harvest_kg"]),
        }
    ).round(2)
    forecasts = comparison[["usual", "linear", "forest"]]
    errors = forecasts.sub(comparison["weighed"], axis="index").abs().mean()
    metrics = {
        "season": season,
        "harvest_kg": round(float(comparison["weighed"].sum()), 2),
        "error_per_hive_kg": {name: round(float(kg), 3) for name, kg in errors.items()},
        "best": str(errors.idxmin()),
    }
    return comparison, metrics


def plot_comparison(
    comparison: pd.DataFrame, title: str, motto: str, highlighted_hive: str | None
) -> Figure:
    """Draw one group of bars per hive: weighed, usual, and the two forecasts."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    comparison.plot.bar(ax=axes, color=["#d98e04", "#bbbbbb", "#4f7cac", "#5b8c5a"])
    for label in axes.get_xticklabels():
        if label.get_text() == highlighted_hive:
            label.set_fontweight("bold")
    axes.set(title=title, xlabel=motto, ylabel="honey, kg")
    return figure


def write_settings_card(training_table: str, **settings: Any) -> dict[str, Any]:
    """Note what this run was told, word for word, and which table it learned from."""
    digest = hashlib.sha256(training_table.encode()).hexdigest()
    return {"training_table_sha256": digest, "settings": settings}
