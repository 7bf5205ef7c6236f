"""Time the audit on reviews of growing size, made of copies of this review's own studies.

    python benchmarks/bench_audit.py               4, 40 and 400 studies
    python benchmarks/bench_audit.py 1000          as many studies as named

Prints seconds of processor time, numbers audited and microseconds a number; linear growth shows as
a constant last column.
"""

import sys
import time
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from livingreview_audit import audit
from livingreview_record.load import load_review
from livingreview_record.studies import Study

SIZES = (4, 40, 400)


def copies(originals: list[Study], wanted: int) -> list[Study]:
    """As many studies as wanted, each with its own id and its own printed numbers."""
    found = []
    for position, study in enumerate(islice(cycle(originals), wanted)):
        name = f"{study.id}-{position}"
        numbers = tuple(replace(number, study_id=name) for number in study.numbers)
        found.append(replace(study, id=name, numbers=numbers))
    return found


def main(sizes: tuple[int, ...]) -> None:
    """Print a row for each size."""
    review = load_review(Path(__file__).parents[1])
    originals = [study for study in review.studies.values() if study.numbers]
    print(f"{'studies':>8} {'numbers':>8} {'seconds':>8} {'us/number':>10}")
    for size in sizes:
        studies = copies(originals, size)
        started = time.process_time()
        for study in studies:
            audit(study)
        seconds = time.process_time() - started
        numbers = sum(len(study.numbers) for study in studies)
        print(f"{size:>8} {numbers:>8} {seconds:>8.2f} {1e6 * seconds / numbers:>10.0f}")


if __name__ == "__main__":
    main(tuple(int(word) for word in sys.argv[1:]) or SIZES)
