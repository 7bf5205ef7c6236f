"""YAML files as plain text, numbers, lists and mappings, with every fault noted.

A small part of YAML: no aliases but of texts, no merge keys, no tags, no other spellings of
numbers, dates and truth values, so that what a reader sees is what is read.
"""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from livingreview_record.files import named_invisible, read_text
from livingreview_record.problems import Collector, Problem

try:  # libyaml reads a study some ten times faster; every usual wheel of PyYAML has it
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

DEEPEST = 20  # lists and mappings within each other; a study needs six
TOO_DEEP = (
    f"at most {DEEPEST} lists and mappings within each other",
    "more",
    "close a bracket, or write it flatter",
)
MERGED = ("every key written out", "a merge key (<<)", "write the keys out")
TAGGED = ("text without a tag", "a tag (!)", "remove it, or put the text in quotes")
NOT_A_TEXT = (
    "an alias (*) of a text that has its anchor (&) above",
    "another alias",
    "write the list or mapping out, or put a text that begins with * in quotes",
)


def read_yaml(path: Path, problems: list[Problem]) -> dict[str, Any]:
    """The file's top-level mapping; empty, with a problem noted, when it is not one."""
    text, collector = read_text(path, problems), Collector(str(path), problems)
    if not text:
        return {}
    try:
        _check_structure(text)
        content = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        collector.need(*_fault(text, error))
        return {}
    if not isinstance(content, dict):
        found = f"a {type(content).__name__}"
        do = "begin each line of the top level with a name and a colon"
        collector.need("", "a mapping of names to values", found, do)
        return {}
    return content


def _check_structure(text: str) -> None:
    """Raise `YAMLError` for endless nesting, tags, merge keys, and aliases of more than text.

    Events come one by one, so that nothing of a deep or self-repeating file is built.
    """
    depth, texts = 0, set[str | None]()
    event: Any
    for event in yaml.parse(text, Loader=_SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        is_text = isinstance(event, yaml.ScalarEvent)
        if is_text:
            texts.add(event.anchor)
        for is_fault, fault in (
            (depth > DEEPEST, TOO_DEEP),
            (is_text and event.value == "<<" and event.implicit[0], MERGED),
            (isinstance(event, yaml.AliasEvent) and event.anchor not in texts, NOT_A_TEXT),
            (getattr(event, "tag", None) not in (None, "!"), TAGGED),
        ):
            if is_fault:
                raise _FaultError(*fault, event.start_mark)


class _FaultError(yaml.MarkedYAMLError):
    """A fault in a YAML file: what was needed, what was found, what to do, and where."""

    def __init__(self, needed: str, found: str, do: str, mark: Any) -> None:
        super().__init__(problem=found, problem_mark=mark)
        self.needed, self.found, self.do = needed, found, do


def _fault(text: str, error: yaml.YAMLError) -> tuple[str, str, str, str]:
    """Return the place of a fault, what was needed and found, and what to do."""
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    if isinstance(error, _FaultError):
        return place, error.needed, error.found, error.do
    found = str(getattr(error, "problem", error) or error).removeprefix("found ")
    line = [*text.splitlines(), "", ""][mark.line] if mark else ""
    sign = line[mark.column : mark.column + 1] if mark else ""
    if "mapping values" in found:
        needed, found = "one name and one text on the line", "another colon and a space"
        do = "put the text in quotes: it holds a colon; or mend the indentation"
    elif "\t" in (sign, line[: len(line) - len(line.lstrip())][-1:]):
        needed, found, do = "spaces", "a tab", "replace the tab by spaces"
    elif "cannot start any token" in found:
        needed, found = "text that begins with a letter or digit", repr(sign)
        do = "put the text in quotes"
    else:
        needed, do = "valid YAML", "mend the line or the one before it"
    return place, needed, found, do


class _PlainLoader(_SafeLoader):
    """YAML whose plain words stay words: only true and false are booleans, dates stay text.

    A key that occurs twice is an error, so that nothing is dropped silently; so is an escape in
    quotes that stands for an invisible character.  A number of more than 18 digits stays text.
    """

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        if found := named_invisible(str(node.value)):
            what = f"an escape that nobody can see, {found}"
            raise _FaultError("text that a reader can see", what, "remove it", node.start_mark)
        return super().construct_scalar(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _FaultError("a name", repr(key), "put it in quotes", key_node.start_mark)
            if key in seen:
                raise _FaultError(
                    "each key once",
                    f"the key {key!r} twice",
                    "remove or rename one",
                    key_node.start_mark,
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_PlainLoader.yaml_implicit_resolvers = {}
for _tag, _words, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]{0,17})", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]{0,17})\.[0-9]+", list("-0123456789")),
):
    _PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_words})$"), _first
    )
