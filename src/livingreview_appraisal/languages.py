"""The sentences of the plain summary, in each language: by certainty and size, from templates.

References: Santesso N and others 2020, *J Clin Epidemiol* 119:126-135 (informative statements).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from livingreview_record import LEVELS, Collector, DataProblemsError, Problem, read_yaml, shown

UNKNOWN, *KNOWN = LEVELS
LARGE, APPRECIABLE = 0.5, 0.75  # ratios, or their inverses, from which an effect is called so
SIZES = ("large", "appreciable", "small")
TEXTS = ("name", "code", "findings", "awaiting", "unknown", "unclear", "about", "rests",
         "rests_each", "noted", "not_counted", "among", "risk_printed", "risk_from_median",
         "nothing", "unreported")  # fmt: skip
NAMES: Mapping[str, tuple[str, ...]] = {  # what a template is filled with
    "unknown": ("subject", "outcome"),
    "unclear": ("subject", "outcome", "certainty"),
    "effect": ("subject", "change", "size", "certainty"),
    "about": ("population",),
    "rests": ("studies", "people"),
    "rests_each": ("outcome", "studies", "people"),
    "noted": ("study", "note"),
    "nothing": ("subject",),
    "unreported": ("outcome",),
    "among": ("event", "without", "control", "with", "treated", "low", "high"),
    "risk_printed": ("control", "study"),
    "risk_from_median": ("control", "study", "median"),
}
FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Language:
    """Templates of one language.

    `verbs` are, by level of certainty, the words that say how sure an effect is; `between` stand
    between the items of a list, the last one before its last item; `checked` names the native
    reader who checked the text and the day, and is empty while nobody has.
    """

    name: str
    code: str
    findings: str
    checked: str
    awaiting: str
    certainty: Mapping[str, str]
    verbs: Mapping[str, list[str]]
    unknown: str
    unclear: str
    effect: Mapping[str, str]
    sizes: Mapping[str, str]
    about: str
    rests: str
    rests_each: str
    noted: str
    not_counted: str
    among: str
    risk_printed: str
    risk_from_median: str
    between: Mapping[str, str]
    nothing: str
    unreported: str

    def listed(self, items: Sequence[str]) -> str:
        """Items as a list in a sentence: one or another."""
        first = self.between["first"].join(items[:-1])
        return f"{first}{self.between['last']}{items[-1]}" if first else items[-1]

    def level_of(self, sentence: str) -> str:
        """The certainty that the verb of a sentence claims: the lowest level without any.

        The longest verb counts where one is a part of another.
        """
        every = [(verb, level) for level, verbs in self.verbs.items() for verb in verbs]
        for verb, level in sorted(every, key=lambda one: -len(one[0])):
            bounds = r"\b" if verb.isascii() else ""
            if re.search(f"{bounds}{re.escape(verb)}{bounds}", sentence):
                return level
        return UNKNOWN


def load_languages(root: Path | str) -> dict[str, Language]:
    """The languages of `root/data/appraisal/languages.yaml`, by id.

    Raises `DataProblemsError` for a template that lacks what it is filled with, and for one that
    speaks with the verb of another level of certainty.
    """
    path = Path(root) / "data" / "appraisal" / "languages.yaml"
    problems: list[Problem] = []
    content = read_yaml(path, problems)
    collector = Collector(str(path), problems)
    found = {}
    for id_, entry in content.items():
        if _is_whole(collector, id_, entry):
            found[id_] = language = Language(**entry)
            _check_templates(collector, id_, language)
    if problems:
        raise DataProblemsError(problems)
    return found


def _is_whole(collector: Collector, id_: str, entry: Any) -> bool:
    """Whether an entry has every key of a language, of its kind; adds a problem for each other."""
    names = [field.name for field in fields(Language)]
    if not isinstance(entry, dict):
        collector.need(id_, "a mapping", shown(entry), "write its keys below it")
        return False
    known = [collector.one_of(id_, key, names, "correct the key") for key in entry]
    keys = {"certainty": LEVELS, "verbs": KNOWN, "effect": KNOWN, "sizes": SIZES}
    keys["between"] = ("first", "last")
    wrong = [name for name in TEXTS if not isinstance(entry.get(name), str) or not entry[name]]
    wrong += [] if isinstance(entry.get("checked"), str) else ["checked"]
    for name in wrong:
        collector.need(f"{id_}.{name}", "a text", shown(entry.get(name)), "fill it in")
    for name, levels in keys.items():
        part = entry.get(name)
        if not isinstance(part, dict) or set(part) != set(levels):
            wrong.append(name)
            words = f"an entry for each of {', '.join(levels)}"
            collector.need(f"{id_}.{name}", words, shown(part), "add or remove entries")
    return not wrong and all(known)


def _check_templates(collector: Collector, id_: str, language: Language) -> None:
    """Add a problem for a template with other fields, or with the verb of another level."""
    templates = {name: getattr(language, name) for name in NAMES if name != "effect"}
    templates |= {f"effect.{level}": text for level, text in language.effect.items()}
    for name, text in templates.items():
        wanted, found = NAMES[name.partition(".")[0]], FIELD.findall(text)
        if sorted(wanted) != sorted(found):
            words = f"each of {', '.join(f'{{{one}}}' for one in wanted)} once"
            has = ", ".join(f"{{{one}}}" for one in found)
            collector.need(f"{id_}.{name}", words, has or "none", "correct the text")
    levels = {f"effect.{level}": level for level in KNOWN} | {"unknown": UNKNOWN}
    for name, level in (levels | {"unclear": UNKNOWN}).items():
        if (said := language.level_of(templates[name])) != level:
            needed = f"a verb of {level} certainty, and of no other" if level in KNOWN else "none"
            do = "say no more than the certainty allows (verbs)"
            collector.need(f"{id_}.{name}", needed, f"one of {said} certainty", do)


def size_of(estimate: float) -> str:
    """How large an effect is, from its estimate on the log scale of a ratio: one of `SIZES`.

    >>> size_of(math.log(0.45)), size_of(math.log(1.4)), size_of(math.log(0.9))
    ('large', 'appreciable', 'small')
    """
    ratio = math.exp(-abs(estimate))
    return SIZES[0] if ratio <= LARGE else SIZES[1] if ratio <= APPRECIABLE else SIZES[2]


def statement(
    language: Language,
    level: str,
    estimate: tuple[float, float, float],
    words: Mapping[str, str],
    *,
    ratio: float | None = None,
) -> str:
    """Say what the evidence says, never stronger than its certainty.

    `estimate` is the value with its limits on the analysis scale, no difference at 0; `words` has
    `subject`, `outcome`, and what `subject` does `below` and `above` no difference.  `ratio` is the
    logarithm of a ratio of risks or hazards by which a large or small effect is called so; without
    it no size is told.
    """
    _, low, high = estimate
    subject, outcome = words["subject"], words["outcome"]
    certainty = language.certainty[level]
    if level == UNKNOWN:
        return language.unknown.format(subject=subject, outcome=outcome)
    if low <= 0 <= high:
        text = language.unclear.format(subject=subject, outcome=outcome, certainty=certainty)
        return f"{text[:1].upper()}{text[1:]}"
    change = words["below"] if high < 0 else words["above"]
    size = "" if ratio is None else language.sizes[size_of(ratio)]
    text = language.effect[level].format(
        subject=subject, change=change, size=size, certainty=certainty
    )
    return f"{text[:1].upper()}{text[1:]}"
