"""The finished site as a browser meets it: Chromium, and a server that compresses.

`make test-site` installs what is needed into `_build/site-tools` and runs these tests.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from finished_site import BROWSERS, FLAGS, SITE, Handler, Quiet, find_browser


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").is_file():
        pytest.fail(f"{SITE}: need a built book, found no index.html; run `make book`")
    return SITE


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; without it the tests fail in CI, and are left out elsewhere."""
    found = find_browser()
    if found is None:
        said = (
            f"no Chromium: looked on PATH for {', '.join(BROWSERS)}; install one, as with "
            "`apt-get install chromium` (Debian), `dnf install chromium`, `brew install chromium`"
        )
        pytest.fail(said) if "CI" in os.environ else pytest.skip(said)
    return str(found)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The address of a server of the site on this machine."""
    http = Quiet(("127.0.0.1", 0), lambda *args: Handler(*args, directory=str(site)))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()
