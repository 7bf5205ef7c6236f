"""Show the book on this machine while it is written: build again, and reload, on every change."""

import subprocess
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path("_build", "html")
WATCHED = (
    *("chapters", "data", "src", "assets"),
    *("_config.yml", "_toc.yml", "CHANGELOG.md", "CITATION.cff", "requirements.lock"),
)
LOOK = 1.0  # seconds between two looks at the files, and at the server
EARLY, BUILT = "/_static/first.js", "/built"
RELOAD = """
(() => {
  let known = null;
  setInterval(async () => {
    try {
      const built = await (await fetch("%s", { cache: "no-store" })).text();
      if (known !== null && known !== built) location.reload();
      known = built;
    } catch {
      /* the server stopped */
    }
  }, %d);
})();
""" % (BUILT, LOOK * 1000)  # noqa: UP031 - braces stand in the script


class Book:
    """A book in a folder, how often it was built here, and what its sources were at that time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.built = 0
        self.seen: dict[str, tuple[int, int]] = {}

    def changed(self) -> list[str]:
        """Return what changed in the sources since this was asked last."""
        now = self._files()
        names = now.keys() | self.seen.keys()
        different = sorted(name for name in names if now.get(name) != self.seen.get(name))
        self.seen = now
        return different

    def _files(self) -> dict[str, tuple[int, int]]:
        """Return size and time of every source, without hidden files and what Python compiles."""
        paths = [self.root / name for name in WATCHED]
        paths += [path for folder in paths if folder.is_dir() for path in folder.rglob("*")]
        found = {}
        for path in paths:
            parts = path.relative_to(self.root).parts
            if any(part.startswith(".") or part == "__pycache__" for part in parts):
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # removed since it was listed
            if not path.is_dir():
                name = path.relative_to(self.root).as_posix()
                found[name] = (status.st_mtime_ns, status.st_size)
        return found

    def build(self) -> bool:
        """Run `make book`, and return whether it succeeded; what it says is shown as it comes."""
        done = subprocess.run(["make", "--no-print-directory", "book"], cwd=self.root, check=False)
        if done.returncode == 0:
            self.built += 1
        return done.returncode == 0


class Handler(SimpleHTTPRequestHandler):
    """Serves the site; its first script also asks whether the book was built again."""

    def __init__(self, *arguments: object, book: Book) -> None:
        self.book = book
        super().__init__(*arguments, directory=str(book.root / SITE))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with a file of the site, or with the number of builds."""
        path = self.path.partition("?")[0]
        if path == BUILT:
            self._answer(str(self.book.built), "text/plain")
        elif path == EARLY:
            script = Path(self.translate_path(path)).read_text("utf-8")
            self._answer(script + RELOAD, "text/javascript")
        else:
            super().do_GET()

    def _answer(self, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        """Let no browser keep what the next build changes."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of single requests; the terminal shows what the builds say."""


def start(book: Book, port: int) -> ThreadingHTTPServer:
    """Return a server of the book on this machine that answers from now on."""
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, book=book))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def serve(root: Path, port: int) -> None:
    """Serve the book until Ctrl-C; build it first if it is not there, and again on each change."""
    book = Book(root)
    book.changed()
    if not (root / SITE / "index.html").is_file() and not book.build():
        return
    server = start(book, port)
    print(f"Serving on http://127.0.0.1:{server.server_port} (stop with Ctrl-C)", flush=True)
    try:
        while True:
            time.sleep(LOOK)
            if changed := book.changed():
                more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
                print(f"{changed[0]}{more} changed: building ...", flush=True)
                book.build()
    except KeyboardInterrupt:
        print()
    finally:
        server.shutdown()
        server.server_close()
