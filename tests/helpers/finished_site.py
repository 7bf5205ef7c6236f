"""The finished site's files, and a server that sends them as a static host does."""

import gzip
import os
import shutil
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
TOOLS = ROOT / "_build" / "site-tools" / "node_modules"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".csv", ".txt", ".xml")


def find_browser() -> str | None:
    """The path of Chromium, or of a browser of its kind."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def pages(site: Path = SITE) -> list[str]:
    """Every page of the site by its address, but not its root, which only sends on."""
    found = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(name for name in found if not name.startswith("_static") and name != "index.html")


@cache
def compressed(path: Path) -> bytes:
    """A file as a static host sends it."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class Handler(SimpleHTTPRequestHandler):
    """Serves the site with gzip over connections that stay open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        status = 200 if path.is_file() else 404
        path = path if path.is_file() else SITE / "404.html"
        packed = path.suffix in COMPRESSED
        body = compressed(path) if packed else path.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    """A server that says nothing of a browser that hangs up."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass
