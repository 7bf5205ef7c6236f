"""Lighthouse, as on a phone, over a server that compresses: the median of three runs."""

import json
import os
import subprocess
from pathlib import Path
from statistics import median

import pytest

from finished_site import FLAGS, TOOLS

BARS = {"performance": 0.95, "accessibility": 1.0, "best-practices": 1.0, "seo": 1.0}
PAGES = ("index", "gu-2026", "synthesis", "explorer")
RUNS = 3


def score(chromium: str, address: str, folder: Path) -> dict[str, float]:
    """The four scores of one run, from 0 to 1."""
    report = folder / "report.json"
    flags = " ".join(["--headless=new", *FLAGS])
    command = [
        "node", TOOLS / "lighthouse" / "cli" / "index.js", address, "--quiet",
        "--no-enable-error-reporting", "--output=json", f"--output-path={report}",
        f"--chrome-flags={flags}",
        f"--only-categories={','.join(BARS)}",
    ]  # fmt: skip
    environment = os.environ | {"CHROME_PATH": chromium}
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=240)
    told = json.loads(report.read_text("utf-8"))
    for name, part in told["categories"].items():
        for audit in part["auditRefs"]:
            result = told["audits"][audit["id"]]
            if audit["weight"] and result["score"] is not None and result["score"] < 0.9:
                print(f"  {name}: {result['title']} {result.get('displayValue', '')}")
    return {name: part["score"] for name, part in told["categories"].items()}


@pytest.mark.parametrize("name", PAGES)
def test_the_bars_hold(chromium: str, server: str, tmp_path: Path, name: str) -> None:
    address = f"{server}/chapters/{name}.html"
    runs = [score(chromium, address, tmp_path) for _ in range(RUNS)]
    found = {category: median(run[category] for run in runs) for category in BARS}
    print(name, found)
    assert all(found[category] >= bar for category, bar in BARS.items()), (found, runs)
