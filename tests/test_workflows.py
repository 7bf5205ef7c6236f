"""What runs on other people's machines is pinned and holds no key that it does not need."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent.parent / ".github" / "workflows"


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(FOLDER.glob("*.yml")):
        for name, job in yaml.safe_load(path.read_text("utf-8"))["jobs"].items():
            yield from ((f"{path.name} {name}", step) for step in job["steps"])


def test_no_checkout_leaves_its_credentials_to_the_steps_after_it() -> None:
    checkouts = [
        (where, s) for where, s in steps() if s.get("uses", "").startswith("actions/check")
    ]
    assert len(checkouts) > 5
    kept = [w for w, s in checkouts if s.get("with", {}).get("persist-credentials") is not False]
    assert kept == []


def test_every_action_is_pinned_by_its_hash() -> None:
    used = [(where, step["uses"]) for where, step in steps() if "uses" in step]
    assert [pair for pair in used if not re.search(r"@[0-9a-f]{40}$", pair[1])] == []
