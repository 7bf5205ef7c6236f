"""Time the re-enactment of this review's own studies, cold, in seconds of processor time.

    python benchmarks/bench_cohort.py              50 draws of each study, as on the pages
    python benchmarks/bench_cohort.py 500          as many draws as named

Prints, for each study with a pipeline and results: fitting, one draw, the pipeline on one draw, the
what-if questions, and all draws together.  The bar is 60 seconds for all studies.
"""

import sys
import time
from itertools import pairwise
from pathlib import Path

from livingreview_cohort.choices import load_pipeline
from livingreview_cohort.draw import draw
from livingreview_cohort.pipeline import run
from livingreview_cohort.reenact import fit_for
from livingreview_cohort.what_if import answers
from livingreview_record import load_review

ROOT = Path(__file__).parents[1]
DRAWS, BAR = 50, 60.0
COLUMNS = ("study", "fit", "draw ms", "pipeline ms", "what if", "all")


def main(draws: int) -> None:
    """Print a row for each study, and the sum."""
    review = load_review(ROOT)
    print(f"{COLUMNS[0]:<14}" + "".join(f"{name:>13}" for name in COLUMNS[1:]))
    total = 0.0
    for study in review.studies.values():
        path = ROOT / "data" / "studies" / study.id / "pipeline.yaml"
        if not (study.arms and path.is_file()):
            continue
        pipeline = load_pipeline(study, review.dictionary, ROOT)
        clock = [time.process_time()]
        fitted = fit_for(study, pipeline)
        clock.append(time.process_time())
        patients = [draw(fitted, seed) for seed in range(draws)]
        clock.append(time.process_time())
        for one in patients:
            run(one, pipeline, study)
        clock.append(time.process_time())
        answers(fitted, pipeline)
        clock.append(time.process_time())
        parts = [later - sooner for sooner, later in pairwise(clock)]
        shown = parts[0], 1000 * parts[1] / draws, 1000 * parts[2] / draws, parts[3], sum(parts)
        print(f"{study.id:<14}" + "".join(f"{value:>13.2f}" for value in shown))
        total += sum(parts)
    print(f"{'together':<14}{total:>65.2f}   (bar: {BAR:.0f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS)
