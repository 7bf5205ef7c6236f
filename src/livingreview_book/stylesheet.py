"""One stylesheet for the whole site: every sheet that pages ask for, without rules that none uses.

A rule is kept if one of its selectors names only classes and ids that some page or script names;
what stands inside the brackets of a pseudo-class is not looked at.
"""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath

NAMED = re.compile(r"[.#]((?:\\.|[\w-])+)")
IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\]]*\]")
IN_ATTRIBUTES = re.compile(r"""\b(?:class|id)=(?:"([^"]*)"|'([^']*)')""")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
TOKEN = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^)"']*\)|[{};]""", re.DOTALL)
URL = re.compile(r"""url\(\s*(['"]?)([^)'"]+)\1\s*\)""")
IMPORT = re.compile(r"""@import\s+['"]([^'"]+)['"]""")
GROUPS = ("@media", "@supports", "@layer", "@container")


@dataclass(frozen=True)
class Rule:
    """What stands before the braces, and between them; a group holds rules of its own."""

    prelude: str
    body: str
    inner: tuple["Rule", ...] = ()


def rules(text: str) -> Iterator[Rule]:
    """Yield the rules of a style sheet in order; raise `ValueError` if its braces do not pair.

    >>> [rule.prelude for rule in rules("a{b:c} @media print{.d{e:f}} @import 'g';")]
    ['a', '@media print', "@import 'g'"]
    """
    text = COMMENT.sub("", text)
    begin, depth, body = 0, 0, 0
    for token in TOKEN.finditer(text):
        mark = token[0]
        if mark == "{":
            depth += 1
            body = token.end() if depth == 1 else body
        elif mark == "}":
            depth -= 1
            if depth == 0:
                yield _rule(text[begin : body - 1].strip(), text[body : token.start()].strip())
                begin = token.end()
        elif mark == ";" and depth == 0:
            yield Rule(text[begin : token.start()].strip(), "")
            begin = token.end()
        if depth < 0:
            break
    if depth:
        msg = f"style sheet: need as many }} as {{, found them unpaired near {text[begin:][:60]!r}"
        raise ValueError(msg)


def _rule(prelude: str, body: str) -> Rule:
    inner = tuple(rules(body)) if prelude.startswith(GROUPS) else ()
    return Rule(prelude, body, inner)


def names_in_page(page: str) -> set[str]:
    """Return every class and id that a page's markup names."""
    values = (double or single for double, single in IN_ATTRIBUTES.findall(page))
    return {name for value in values for name in value.split()}


def names_in_script(script: str) -> set[str]:
    """Return every word of a script that may be the name of a class or an id."""
    return set(re.findall(r"[A-Za-z_][\w-]*", script))


def used(found: Iterable[Rule], names: Container[str]) -> str:
    r"""Return the rules that these names use, as text.

    >>> used(rules(".a, .b:not(.c) {x: y} .d {x: y} @media print {.d {x: y}}"), {"b"})
    '.b:not(.c){x: y}\n'
    """
    return "".join(text for rule in found if (text := _kept(rule, names)))


def _kept(rule: Rule, names: Container[str]) -> str:
    if rule.inner:
        inner = used(rule.inner, names)
        return f"{rule.prelude}{{\n{inner}}}\n" if inner else ""
    if not rule.body or rule.prelude == "@font-face":
        return ""  # an empty rule; an import, resolved before; typefaces are the reader's own
    if rule.prelude.startswith("@"):
        return f"{rule.prelude}{{{rule.body}}}\n"
    selectors = [one for one in _selectors(rule.prelude) if _is_used(one, names)]
    return f"{','.join(selectors)}{{{rule.body}}}\n" if selectors else ""


def _selectors(prelude: str) -> list[str]:
    """Split at the commas that stand in no brackets."""
    parts, depth, begin = [], 0, 0
    for place, character in enumerate(prelude):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(prelude[begin:place].strip())
            begin = place + 1
    return [*parts, prelude[begin:].strip()]


def _is_used(selector: str, names: Container[str]) -> bool:
    while (outside := IN_BRACKETS.sub("", selector)) != selector:
        selector = outside
    return all(re.sub(r"\\(.)", r"\1", name) in names for name in NAMED.findall(selector))


def sheet(path: Path, place: str) -> str:
    """Return a sheet with those that it imports, its addresses seen from the folder of `place`.

    `place` is the sheet's own address under the folder in which the common sheet will stand.
    """
    text = COMMENT.sub("", path.read_text("utf-8"))
    folder = PurePosixPath(place).parent

    def moved(match: re.Match[str]) -> str:
        address = match[2].strip()
        if re.match(r"[a-z]+:|/|#", address):
            return match[0]
        return f'url("{normpath((folder / address).as_posix())}")'

    imported = [normpath((folder / name).as_posix()) for name in IMPORT.findall(text)]
    root = path.parents[len(folder.parts)]
    return "".join(sheet(root / name, name) for name in imported) + URL.sub(moved, text)
