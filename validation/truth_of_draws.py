"""Writes data/cohort/coverage.csv: how often real patients lie in the range of a re-enactment.

.venv/bin/python validation/truth_of_draws.py [papers]     (200 papers: about half an hour)
"""

import csv
import sys
from multiprocessing import Pool
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "helpers"))
from cohort_truth import COLUMNS, Covered, covered, summary  # noqa: E402

TARGET = ROOT / "data" / "cohort" / "coverage.csv"
FIRST, PAPERS = 1000, 200  # the first papers were looked at while the draws were made


def of_paper(seed: int) -> list[Covered]:
    """Every statistic of one simulated paper."""
    return list(covered(seed))


def main() -> None:
    """Simulate, draw and write the file."""
    papers = int(sys.argv[1]) if len(sys.argv) > 1 else PAPERS
    with Pool(2) as pool:
        found = [one for ones in pool.imap(of_paper, range(FIRST, FIRST + papers)) for one in ones]
    TARGET.parent.mkdir(exist_ok=True)
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(summary(found))


if __name__ == "__main__":
    main()
