"""Write the raw data of the example: the same seed, the same bytes.

Run it from anywhere; it needs the standard library only:

    python scripts/make_data.py
"""

import csv
import json
import random
from collections.abc import Iterable
from pathlib import Path

RAW = Path(__file__).parents[1] / "data" / "01_raw"
SEASONS = range(2022, 2025)
VARIETIES = {
    "Gravenstein": "dessert",
    "Cox's Orange Pippin": "dessert",
    "Boskoop": "dessert",
    "Kingston Black": "cider",
    "Dabinett": "cider",
}
COLUMNS = {"season": "integer", "day": "string", "tree": "string", "kg": "double"}


def main() -> None:
    """Write the register of trees, the pickings, and what their columns are."""
    rng = random.Random(1905)
    trees = list(make_trees(rng))
    write("trees", ["tree", "variety", "use", "planted"], trees)
    write("pickings", list(COLUMNS), pick(rng, trees))
    fields = [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in COLUMNS.items()
    ]
    schema = json.dumps({"type": "struct", "fields": fields}, indent=2)
    (RAW / "pickings.schema.json").write_text(schema + "\n", encoding="utf-8")


def make_trees(rng: random.Random) -> Iterable[list]:
    """Plant four rows of six trees. The register is as tidy as registers are."""
    for row in "ABCD":
        for number in range(1, 7):
            variety = rng.choice(list(VARIETIES))
            written = f" {variety.upper()}" if number % 5 == 1 else variety
            planted = rng.randint(1975, 2015)
            yield [f"{row}-{number:02}", written, VARIETIES[variety], planted]


def pick(rng: random.Random, trees: list[list]) -> Iterable[list]:
    """Visit every tree three times each autumn; the last time only wasps are glad."""
    for season in SEASONS:
        for day, share in (("09-14", 1.0), ("09-28", 0.7), ("10-12", 0.02)):
            for tree, *_ in trees:
                kg = max(0.0, rng.gauss(38, 12)) * share
                yield [season, f"{season}-{day}", tree, f"{kg:.1f}"]


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
