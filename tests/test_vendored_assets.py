"""What the site's pages load and others wrote: its version, licence and every byte are known."""

import hashlib
import re
import shutil
from pathlib import Path

ASSETS = Path(__file__).parent.parent / "assets"
OURS = {"book.css", "book.js", "explorer.js", "favicon.svg", "first.js", "no-script.css"}
OURS |= {"mathjax/README.md", "mathjax/SHA256SUMS"}


def listed(assets: Path) -> dict[str, str]:
    """Each vendored file with the hash of what was taken over."""
    lines = (assets / "mathjax" / "SHA256SUMS").read_text("utf-8").splitlines()
    return {f"mathjax/{name}": mark for mark, name in (line.split("  ") for line in lines)}


def present(assets: Path) -> dict[str, str]:
    """Each file that we did not write with its hash."""
    files = {path.relative_to(assets).as_posix(): path for path in assets.rglob("*")}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if path.is_file() and name not in OURS
    }


def test_every_vendored_file_is_listed_and_has_the_bytes_that_were_taken_over() -> None:
    assert present(ASSETS) == listed(ASSETS)


def test_a_changed_byte_or_a_further_file_would_be_noticed(tmp_path: Path) -> None:
    copy = tmp_path / "assets"
    shutil.copytree(ASSETS, copy)
    script = copy / "mathjax" / "tex-chtml.js"
    script.write_bytes(script.read_bytes()[:-1] + b" ")
    (copy / "other.js").touch()
    found = set(present(copy).items()) ^ set(listed(copy).items())
    assert {name for name, _ in found} == {"mathjax/tex-chtml.js", "other.js"}


def test_version_and_licence_are_those_of_the_files() -> None:
    text = (ASSETS / "mathjax" / "README.md").read_text("utf-8")
    [version] = re.findall(r"npm package `mathjax`, version ([\d.]+) \(Apache-2\.0", text)
    script = (ASSETS / "mathjax" / "tex-chtml.js").read_text("utf-8")
    assert f'VERSION="{version}"' in script
    assert "Apache License" in (ASSETS / "mathjax" / "LICENSE").read_text("utf-8")
