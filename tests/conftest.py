"""In which order tests run, and on how many made-up examples a property is tried."""

import gc
import os

import pytest
from hypothesis import settings

# In CI a result depends on the commit alone; elsewhere every run tries other examples.
IN_CI = "CI" in os.environ
# They need a browser, and a built site: `make test-site`.
collect_ignore = [] if "SITE_TESTS" in os.environ else ["site"]
settings.register_profile("all", deadline=None, derandomize=IN_CI)  # a busy machine fails no test
settings.load_profile("all")
settings.register_profile(
    "few", max_examples=10, deadline=None, derandomize=IN_CI
)  # for `make check`


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: [not item.get_closest_marker(name) for name in ("book", "slow")])


def pytest_collection_finish() -> None:
    """What was imported and collected stays: garbage is not looked for in it again and again."""
    gc.freeze()
