"""Writes data/audit/mistyped.csv: every number mistyped in every way, noticed or not (minutes).

.venv/bin/python validation/mistyped_numbers.py
"""

import csv
import sys
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

from livingreview_record import Study, load_review

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "helpers"))
from mistyping import Guard, mistyped  # noqa: E402

TARGET = ROOT / "data" / "audit" / "mistyped.csv"
COLUMNS = ("study_id", "statistic", "kind", "tried", "noticed")
Row = tuple[str, str, str, int, int]


def rates(study: Study) -> list[Row]:
    """How many changes of each kind were tried and noticed, by statistic."""
    guard = Guard(study)
    tried, noticed = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for change in mistyped(study):
        if guard.checks_of(change.number):
            kind = change.number.quantity.statistic, change.kind
            tried[kind] += 1
            noticed[kind] += guard.notices(change)
    return [(study.id, *kind, tried[kind], noticed[kind]) for kind in sorted(tried)]


def main() -> None:
    """Count again and write the file."""
    studies = [study for study in load_review(ROOT).studies.values() if study.numbers]
    with Pool(2) as pool:
        rows = [row for found in pool.map(rates, studies, chunksize=1) for row in found]
    TARGET.parent.mkdir(exist_ok=True)
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
