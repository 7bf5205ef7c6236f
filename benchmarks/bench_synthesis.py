"""Time the synthesis engine beside its peers, in one run on the same data.

    python benchmarks/bench_synthesis.py            print the table
    python benchmarks/bench_synthesis.py --write    and put it into benchmarks/README.md

PyMARE and statsmodels are timed where they can be imported (`pip install pymare
statsmodels`), metafor where `Rscript` is found; what is absent is named in the table.
Times are processor times with one thread each, so that other work on the machine distorts
them little.  Two scopes are kept apart: the estimate alone, and all that `random_effects`
returns (mean and interval, Q, I2, H2, Q-profile limits of tau2, prediction interval).
"""

import argparse
import importlib.metadata
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from livingreview_pool import random_effects, random_effects_batch
from livingreview_pool.models import MeanBatch, MeanModel, scaled
from livingreview_pool.tau2 import estimate_tau2, estimate_tau2_batch

HERE = Path(__file__).parent
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
ROUNDS = 5
SECONDS_PER_ROUND = 0.4
BATCH = 2000
SEED = 20261121
BARS = {  # peer, task -> how many times faster the engine has to be
    ("metafor", "one fit, k = 10"): 30,
    ("metafor", "one fit, k = 100"): 100,
    ("PyMARE", "one fit, k = 10"): 20,
    ("PyMARE", "one fit, k = 100"): 20,
    ("metafor", f"{BATCH:,} fits, k = 10"): 500,
}


class Row(NamedTuple):
    """Median seconds of one program for one task in one scope."""

    task: str
    scope: str
    program: str
    call: str
    seconds: float


def simulated(count: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Effects with tau2 of 0.3 around sampling variances from 0.02 to 0.3."""
    generator = np.random.default_rng(SEED + k)
    vi = generator.uniform(0.02, 0.3, (count, k))
    return generator.normal(0, np.sqrt(vi + 0.3)), vi


def seconds_per_call(function: Callable[[], object]) -> float:
    """Median of processor time over as many calls as fit into one round, at least three."""
    function()
    times: list[float] = []
    while len(times) < 3 or sum(times) < SECONDS_PER_ROUND:
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times)


def ours(yi: np.ndarray, vi: np.ndarray) -> dict[tuple[str, str, str], Callable[[], object]]:
    """Timed calls of this package: one data set, or all of them as one batch."""
    name = "livingreview"
    if len(yi) > 1:
        return {
            (name, "estimate", "estimate_tau2_batch"): lambda: estimate_tau2_batch(
                MeanBatch(*scaled(yi, vi)[:2]), "reml"
            ),
            (name, "complete", "random_effects_batch"): lambda: random_effects_batch(yi, vi),
        }
    return {
        (name, "estimate", "estimate_tau2"): lambda: estimate_tau2(
            MeanModel(*scaled(yi[0], vi[0])[:2]), "reml"
        ),
        (name, "complete", "random_effects"): lambda: random_effects(yi[0], vi[0]),
    }


def pymare(yi: np.ndarray, vi: np.ndarray) -> dict[tuple[str, str, str], Callable[[], object]]:
    """Timed calls of PyMARE on the first data set."""
    try:
        from pymare import Dataset
        from pymare.estimators import VarianceBasedLikelihoodEstimator
    except ImportError:
        return {}
    y, v = yi[0][:, None], vi[0][:, None]
    data = Dataset(y=y, v=v)

    def fit() -> object:
        return VarianceBasedLikelihoodEstimator(method="REML").fit_dataset(data)

    def complete() -> object:
        summary = VarianceBasedLikelihoodEstimator(method="REML").fit_dataset(data).summary()
        return summary.get_fe_stats(), summary.get_re_stats(), summary.get_heterogeneity_stats()

    return {
        ("PyMARE", "estimate", "fit_dataset, REML"): fit,
        ("PyMARE", "complete", "fit_dataset, fe, re and heterogeneity stats"): complete,
    }


def statsmodels(yi: np.ndarray, vi: np.ndarray) -> dict[tuple[str, str, str], Callable[[], object]]:
    """Timed call of statsmodels, which has Paule-Mandel and no REML."""
    try:
        from statsmodels.stats.meta_analysis import combine_effects
    except ImportError:
        return {}

    def fit() -> object:
        return combine_effects(yi[0], vi[0], method_re="iterated", use_t=True)

    return {("statsmodels", "complete", "combine_effects, Paule-Mandel"): fit}


def metafor(yi: np.ndarray, vi: np.ndarray) -> list[tuple[str, str, float]]:
    """Seconds of metafor per data set for both scopes, and its version."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.csv"
        np.savetxt(data, np.hstack([yi, vi]), delimiter=",", fmt="%.17g")
        command = [rscript, str(HERE / "bench_metafor.R"), str(data), "1"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"metafor left out: {done.stderr.strip().splitlines()[-1]}\n")
        return []
    times = [line.split() for line in done.stdout.strip().splitlines()]
    VERSIONS["metafor"] = times[0][2]
    plain, complete = (statistics.median(float(row[column]) for row in times) for column in (0, 1))
    return [
        ("estimate", "rma, REML", plain),
        ("complete", "rma, confint, predict", complete),
    ]


VERSIONS: dict[str, str] = {}


def measure(task: str, yi: np.ndarray, vi: np.ndarray, *, with_metafor: bool) -> list[Row]:
    """Time every program in turn, several rounds, so that all meet the same machine."""
    single = len(yi) == 1
    calls = ours(yi, vi)
    if single:
        calls |= pymare(yi, vi) | statsmodels(yi, vi)
    times: dict[tuple[str, str, str], list[float]] = {key: [] for key in calls}
    for _ in range(ROUNDS):
        for key, call in calls.items():
            times[key].append(seconds_per_call(call))
        if with_metafor:
            # one data set is repeated within R, whose clock counts milliseconds
            many = [column.repeat(40, axis=0) if single else column[:100] for column in (yi, vi)]
            for scope, call, seconds in metafor(*many):
                total = seconds if single else seconds * len(yi)
                times.setdefault(("metafor", scope, call), []).append(total)
    return [
        Row(task, scope, program, call, statistics.median(found))
        for (program, scope, call), found in times.items()
    ]


def table(rows: list[Row]) -> list[str]:
    """Lines of a Markdown table; a ratio is the peer's time over ours in the same scope."""
    mine = {(row.task, row.scope): row.seconds for row in rows if row.program == "livingreview"}
    lines = [
        "| task | scope | program | call | median | times slower | bar |",
        "| --- | --- | --- | --- | ---: | ---: | --- |",
    ]
    for row in sorted(rows, key=lambda row: (TASKS.index(row.task), row.scope != "estimate")):
        ratio = row.seconds / mine[row.task, row.scope]
        bar = BARS.get((row.program, row.task))
        shown = "" if ratio == 1 else f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}"
        verdict = "" if bar is None else f"{bar}: {'reached' if ratio >= bar else 'missed'}"
        lines.append(
            f"| {row.task} | {row.scope} | {row.program} | {row.call} | "
            f"{row.seconds * 1e3:.3f} ms | {shown} | {verdict} |"
        )
    return lines


TASKS = [f"one fit, k = {k:,}" for k in (10, 100, 10_000)] + [f"{BATCH:,} fits, k = 10"]


def report(rows: list[Row]) -> str:
    """The table with the machine, the versions, and what could not be timed."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    VERSIONS["livingreview"] = project["project"]["version"] + " (this source tree)"
    for package in ("numpy", "scipy", "PyMARE", "statsmodels"):
        try:
            VERSIONS[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            VERSIONS.setdefault(package, "absent")
    versions = ", ".join(f"{name} {version}" for name, version in VERSIONS.items())
    return "\n".join(
        [
            *table(rows),
            "",
            f"Machine: {platform.machine()}, {os.cpu_count()} processors, {platform.system()}, "
            f"Python {platform.python_version()}; load {os.getloadavg()[0]:.1f} at the end.",
            f"Versions: {versions}{'' if 'metafor' in VERSIONS else ', metafor absent'}.",
            f"For {BATCH:,} fits metafor does the first 100; the time is scaled.",
            "metafor is not timed at k = 10,000: it builds k-by-k matrices of 0.8 GB each.",
        ]
    )


def main() -> None:
    """Time, print, and with --write renew the table in the README."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="renew benchmarks/README.md")
    options = parser.parse_args()
    if any(os.environ.get(name) != "1" for name in THREADS):  # numpy reads them when loaded
        os.execve(
            sys.executable, [sys.executable, *sys.argv], os.environ | dict.fromkeys(THREADS, "1")
        )
    rows: list[Row] = []
    for task, (count, k) in zip(TASKS, ((1, 10), (1, 100), (1, 10_000), (BATCH, 10)), strict=True):
        rows += measure(task, *simulated(count, k), with_metafor=k < 1000)
        sys.stderr.write(f"{task} done\n")
    text = report(rows)
    sys.stdout.write(text + "\n")
    if options.write:
        readme = HERE / "README.md"
        begin, end = "<!-- synthesis: begin -->", "<!-- synthesis: end -->"
        before, rest = readme.read_text(encoding="utf-8").split(begin)
        after = rest.split(end)[1]
        readme.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
