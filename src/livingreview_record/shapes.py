"""Whether a YAML file has the shape that its schema asks for, in words that say what to mend.

The schemas are closed.  Where a map is open (`open: true`), a further key must be described in
the review's own `data/dictionary.csv`, which may also say which values it takes
(`one of: all, none`).
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError

from livingreview_record.dictionary import FILES, Dictionary
from livingreview_record.kinds import COMPARED, KINDS, MEASURES
from livingreview_record.problems import Collector, Problem, perhaps, shown
from livingreview_record.times import is_day

TYPES = {
    "string": "text",
    "array": "a list",
    "object": "a mapping of names to values",
    "boolean": "true or false, without quotes",
    "integer": "a whole number, without quotes",
    "number": "a number, without quotes",
}
ADVICE = {
    "string": "write text, in quotes where it looks like a number or a word such as true",
    "array": "write each item on a line of its own that begins with a hyphen",
    "object": "write each entry as a name, a colon and a value",
}
LIMITS = {
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "minProperties": "at least {} of them",
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
}


def check_shape(
    path: Path,
    schema: str,
    content: Mapping[str, Any],
    declared: Dictionary,
    problems: list[Problem],
) -> None:
    """Add a problem for everything in the file that its schema or the dictionary does not allow."""
    if not content:
        return
    collector = Collector(str(path), problems)
    errors = _validator(schema).iter_errors(content)
    for error in sorted(errors, key=lambda error: list(map(str, error.absolute_path))):
        _explain(collector, schema, error, declared)


def known_keys(schema: str, parent: str, declared: Dictionary) -> list[str]:
    """The keys that a map may hold: those of its schema (by its path) and those described."""
    node: Any = _validator(schema).schema
    for part in parent.split("."):
        key = part.removesuffix("[]")
        node = node["additionalProperties"] if key == "*" else node["properties"][key]
        node = node["items"] if part != key else node
    return list(dict.fromkeys((*node.get("properties", ()), *declared.below(schema, parent))))


def _explain(collector: Collector, schema: str, error: Any, declared: Dictionary) -> None:
    place = ".".join(map(str, error.absolute_path))
    name, kind, found = _name(error), str(error.validator), error.instance
    if kind == "required":
        what = _meaning(declared, schema, f"{name}.{error.message}".removeprefix("."))
        needed = f"the key {error.message!r}{what and f' ({what})'}"
        collector.need(place, needed, "nothing", "add it")
    elif kind == "additionalProperties":
        known = list(error.schema["properties"])
        do = (
            f"correct or remove it{perhaps(error.message, known)}; a new key is declared in "
            f"src/livingreview_record/schema/{schema}.yaml and described in data/dictionary.csv"
        )
        collector.need(place, f"one of the keys {', '.join(known)}", repr(error.message), do)
    elif kind == "open":
        _check_own(collector, schema, error, declared)
    elif found is None:
        what = _meaning(declared, schema, name)
        do = "fill it in, or remove the line if it is not needed"
        collector.need(place, f"{_needed(error)}{what and f' ({what})'}", "nothing", do)
    else:
        do = ADVICE.get(str(error.validator_value), "correct it")
        near = perhaps(str(found), error.validator_value) if kind == "enum" else ""
        collector.need(place, _needed(error), shown(found), do + near)


def _check_own(collector: Collector, schema: str, error: Any, declared: Dictionary) -> None:
    """Check a key that the review's own dictionary describes, not the schema."""
    parent, key = _name(error), error.message
    place = ".".join(map(str, (*error.absolute_path, key)))
    allowed = declared.values(schema, f"{parent}.{key}")
    value: Any = error.instance[key]
    if allowed is None:
        known = known_keys(schema, parent, declared)
        do = (
            f"correct it{perhaps(key, known)}, or describe it in data/dictionary.csv: "
            f"file {FILES[schema]}, name {parent}.{key}"
        )
        collector.need(place, f"a key that is known ({', '.join(known)})", repr(key), do)
    elif value is None or (isinstance(value, str) and not value.strip()):
        what = _meaning(declared, schema, f"{parent}.{key}")
        collector.need(place, f"an entry ({what})", "nothing", "fill it in, or remove the line")
    elif allowed and (type(value) is not type(allowed[0]) or value not in allowed):
        near = perhaps(str(value), map(str, allowed))
        do = f"correct it{near}, or allow it in data/dictionary.csv"
        needed = f"one of {', '.join(map(str, allowed))}"
        if allowed == [True, False]:
            needed, do = TYPES["boolean"], "correct it"
        collector.need(place, needed, shown(value), do)
    elif isinstance(value, dict) or (
        isinstance(value, list)
        and not all(isinstance(item, str) and item.strip() for item in value)
    ):
        collector.need(
            place, "text, a number, true, false or a list of texts", shown(value), "correct it"
        )


def _meaning(declared: Dictionary, schema: str, name: str) -> str:
    """Return what the key means, as words within a sentence."""
    meaning = declared.meaning(schema, name)
    return meaning[:1].lower() + meaning[1:]


def _name(error: Any) -> str:
    """The path of the fault as the dictionary names it: `arms.*.label`, `reports[].title`."""
    name, parts = "", iter(error.absolute_schema_path)
    for part in parts:
        if part == "properties":
            name += f".{next(parts)}"
        elif part == "items":
            name += "[]"
        elif part == "additionalProperties" and error.validator != part:
            name += ".*"
    return name.removeprefix(".")


def _needed(error: Any) -> str:
    if isinstance(error.schema, Mapping) and "description" in error.schema:
        return str(error.schema["description"])
    kind, value = str(error.validator), error.validator_value
    if kind == "enum":
        return f"one of {', '.join(map(str, value))}"
    if kind == "type":
        kinds = [value] if isinstance(value, str) else value
        return " or ".join(TYPES[kind] for kind in kinds)
    words = {"pattern": "text that is not blank", "uniqueItems": "each item once"}
    return words.get(kind) or LIMITS[kind].format(value)


def _required(_: object, keys: list[str], found: object, __: object) -> Iterator[ValidationError]:
    missing = (key for key in keys if isinstance(found, dict) and key not in found)
    yield from (ValidationError(key) for key in missing)


def _open(
    _: object, __: object, found: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    extra = set(found if isinstance(found, dict) else ()).difference(schema.get("properties", ()))
    yield from (ValidationError(key) for key in sorted(extra))


def _additional(
    validator: Any, rule: Any, found: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if rule is False:
        yield from _open(validator, rule, found, schema)
    else:
        yield from Draft202012Validator.VALIDATORS["additionalProperties"](
            validator, rule, found, schema
        )


@cache
def _validator(schema: str) -> Any:
    text = (
        resources.files("livingreview_record").joinpath(f"schema/{schema}.yaml").read_text("utf-8")
    )
    keywords = {"required": _required, "open": _open, "additionalProperties": _additional}
    make: Any = validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    content = yaml.safe_load(text)
    for name, words in (("kind", KINDS), ("measure", MEASURES), ("compared", COMPARED)):
        content["$defs"][f"synthesis_{name}"] = {"enum": [*words]}  # as `kinds` lists them
    return make(content, format_checker=_FORMATS)


_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date")
def _is_day(text: object) -> bool:
    return not isinstance(text, str) or is_day(text)
