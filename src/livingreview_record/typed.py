"""Entries of a YAML file as values of the types that read them.

The schema says what a file may hold; a type says what of it the program reads, with the value of
each key that may be left out.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Plain = str | int | float | bool | None  # a value of a key that the review itself describes
Described = Mapping[str, Plain | list[str]]  # keys of data/dictionary.csv with their values
Texts = Mapping[str, str]  # an entry whose keys the schema lists, all of them texts
Rule = Mapping[str, str | float | bool]  # what an arm or a design must be, by its keys
T = TypeVar("T", bound="DataclassInstance")


def typed(kind: type[T], entry: Mapping[str, Any], **given: Any) -> T:
    """Return the entry of a file as a value of `kind`; `given` are fields that are built elsewhere.

    Each key fills the field of its name (`except_` for `except`), or of which it is the `key` of
    the metadata.  A list becomes a tuple; an entry within it, or by its id, is a value of the type
    that the field names.  Keys that have no field go to the field `described`, if there is one.
    """
    kinds, names = _fields(kind)
    found = {names[key]: _value(kinds[key], one) for key, one in entry.items() if key in names}
    if "described" in names:
        found["described"] = {key: one for key, one in entry.items() if key not in names}
    return kind(**{**found, **given})


@cache
def _fields(kind: type[Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The type, and the name, of the field that each key of an entry fills."""
    hints = get_type_hints(kind)
    names = {one.metadata.get("key", one.name.rstrip("_")): one.name for one in fields(kind)}
    return {key: hints[name] for key, name in names.items()}, names


def _value(kind: Any, found: Any) -> Any:
    if get_origin(kind) is UnionType:
        one_of = [one for one in get_args(kind) if one is not NoneType]
        return _value(one_of[0], found) if len(one_of) == 1 else found
    if is_dataclass(kind) and isinstance(kind, type):
        return typed(kind, found)
    if isinstance(found, list):
        inner = next(iter(get_args(kind)), str)
        return tuple(_value(inner, one) for one in found)
    if isinstance(found, dict):
        _, inner = get_args(kind)
        with_id = is_dataclass(inner) and isinstance(inner, type)
        return {
            key: typed(inner, one, id=key) if with_id else _value(inner, one)
            for key, one in found.items()
        }
    return found
