"""Lines of code of each package: without docstrings, comments and blank lines (`make sizes`)."""

import ast
import io
import tokenize
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
}


def code_lines(text: str) -> int:
    """Return how many lines of a module hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node
        ):
            docstring = node.body[0]
            lines.difference_update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(lines)


@cache
def files() -> dict[str, int]:
    """Return the lines of code of every module, by its path under `src`."""
    paths = sorted(SOURCE.rglob("*.py"))
    return {p.relative_to(SOURCE).as_posix(): code_lines(p.read_text("utf-8")) for p in paths}


def packages() -> dict[str, int]:
    """Return the lines of code of every package."""
    found: dict[str, int] = {}
    for name, lines in files().items():
        package = name.partition("/")[0]
        found[package] = found.get(package, 0) + lines
    return found


if __name__ == "__main__":
    for package, lines in packages().items():
        print(f"{lines:6,}  {package}")
    print(f"{sum(packages().values()):6,}  all")
