"""Write the raw data of the example: the same seed, the same bytes.

Run it from anywhere; it needs the standard library only:

    python scripts/make_data.py
"""

import csv
import math
import random
from collections.abc import Iterable
from pathlib import Path

RAW = Path(__file__).parents[1] / "data" / "01_raw"
SEASONS = range(2020, 2025)
WEEKS = range(14, 36)  # April to August
SITES = {"orchard": 180, "heath": 420, "riverside": 95}  # metres above the sea
HIVES = [
    *("borage", "clover", "comfrey", "heather", "lavender", "linden"),
    *("mallow", "phacelia", "sage", "thyme", "willow", "yarrow"),
]


def main() -> None:
    """Write the register of hives, the weather, and the weighings of each season."""
    rng = random.Random(1851)
    hives = make_hives(rng)
    weather = make_weather(rng)
    write("hives", ["hive", "site", "altitude_m", "boxes", "queen_born"], hives)
    write(
        "weather",
        ["season", "week", "temperature_c", "rain_mm", "sunshine_h"],
        ([*key, *values] for key, values in weather.items()),
    )
    for season in SEASONS:
        write(
            f"weighings/{season}",
            ["hive", "week", "time", "weight_kg"],
            weigh(rng, season, hives, weather),
        )


def make_hives(rng: random.Random) -> list[list]:
    """Place the hives. The register is as tidy as registers are."""
    rows = []
    for number, hive in enumerate(HIVES):
        site = list(SITES)[number % len(SITES)]
        born = "" if number == 7 else rng.choice([2018, 2019, 2020, 2021, 2022])
        written = f" {site.title()}" if number % 4 == 1 else site
        rows.append([hive, written, SITES[site], rng.choice([2, 2, 3, 4]), born])
    return rows


def make_weather(rng: random.Random) -> dict[tuple[int, int], list[float]]:
    """Make one good or bad summer after the other."""
    weather = {}
    for season in SEASONS:
        luck = rng.gauss(0, 1)
        for week in WEEKS:
            summer = math.sin(math.pi * (week - 10) / 32)
            sun = max(5.0, 20 + 35 * summer + 4 * luck + rng.gauss(0, 9))
            temperature = 6 + 14 * summer + 0.5 * luck + (sun - 45) / 9
            rain = max(0.0, 42 - 0.6 * sun + rng.gauss(0, 8))
            weather[season, week] = [round(x, 1) for x in (temperature, rain, sun)]
    return weather


def weigh(
    rng: random.Random,
    season: int,
    hives: list[list],
    weather: dict[tuple[int, int], list[float]],
) -> Iterable[list]:
    """Put every hive on its scale, week by week."""
    for hive, _, altitude, boxes, born in hives:
        weight = 14.0 + 3.2 * boxes + rng.gauss(0, 0.8)
        age = max(0, season - (born or 2020))
        for week in WEEKS:
            temperature, rain, sun = weather[season, week]
            flow = math.exp(-(((week - 22 - altitude / 100) / 4.5) ** 2))  # the bloom
            flight = min(1.0, max(0.0, (temperature - 8) / 10)) * sun / 45
            colony = (0.7 + 0.15 * boxes) * (1 - 0.08 * age)
            gain = 4.2 * flow * flight * colony - 0.012 * rain - 0.35
            weight = max(12.0, weight + gain + rng.gauss(0, 0.25))
            if weight > 60:  # the beekeeper's share
                weight -= 25
            elif rng.random() < 0.006:  # a swarm has left
                weight -= rng.uniform(4.5, 6)
            if rng.random() > 0.02:  # else: an empty battery
                yield [hive, week, "10:30", f"{weight:.2f}"]
            if rng.random() < 0.05:  # a curious look in the evening
                evening = weight + rng.uniform(1, 3)
                yield [hive, week, "21:00", f"{evening:.2f}"]


def write(name: str, header: list[str], rows: Iterable[Iterable]) -> None:
    """Write one CSV file with Unix line ends."""
    path = RAW / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
