"""The columns that a wide table can have, and where it comes from.

| kind of the synthesis | columns                                                                  |
| --------------------- | ------------------------------------------------------------------------ |
| two-arm               | `experimental_events`, `experimental_n` or `experimental_no_event`, and  |
|                       | the same of `control`                                                    |
| means                 | `..._mean`, `..._sd`, `..._n`                                            |
| rates                 | `..._events`, `..._person_time`                                          |
| estimate              | `estimate`, and `se` or `ci_lower` with `ci_upper`                       |

Beside them stand `study`, `year` if there is one, and keys of the design that the review's
dictionary describes, such as its moderators.  The usual names of metafor are known too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from livingreview_record import SIDES

STUDY, YEAR, REPORT = "study", "year", "imported-table"
METAFOR = {  # its names, by ours
    **{"ai": "experimental_events", "bi": "experimental_no_event", "n1i": "experimental_n"},
    **{"ci": "control_events", "di": "control_no_event", "n2i": "control_n"},
    **{"tpos": "experimental_events", "tneg": "experimental_no_event"},
    **{"cpos": "control_events", "cneg": "control_no_event"},
    **{"m1i": "experimental_mean", "sd1i": "experimental_sd"},
    **{"m2i": "control_mean", "sd2i": "control_sd"},
    **{"x1i": "experimental_events", "t1i": "experimental_person_time"},
    **{"x2i": "control_events", "t2i": "control_person_time"},
    **{"yi": "estimate", "sei": "se"},
}
ARM_COLUMNS = {
    "two-arm": ("events", "n", "no_event"),
    "means": ("mean", "sd", "n"),
    "rates": ("events", "person_time"),
}
NEEDED = {"two-arm": ("events",), "means": ("mean", "sd", "n"), "rates": ("events", "person_time")}
OUTCOME_KIND = {"two-arm": "binary", "means": "continuous", "rates": "count", "estimate": "binary"}
WHOLE_NUMBERS = ("events", "n", "no_event")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the table comes from, and how it is to be read.

    `level` says how the reports were read from which its numbers come (as in `study.yaml`), with
    the `address` and the day of it.  `columns` gives our names of columns the names in the file,
    `ignore` names those to be left out.  `unit` is that of means, differences or person-time,
    `statistic` the form of an estimate, such as `rr` or `log-rr`.
    """

    level: str = "secondary"
    address: str = ""
    read: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    ignore: Sequence[str] = ()
    synthesis: str = ""
    unit: str = ""
    statistic: str = ""


@dataclass(frozen=True)
class Row:
    """One study of the table: its line, its name and id, and its cells by our names."""

    line: int
    label: str
    id: str
    cells: Mapping[str, str]


def columns_of(kind: str) -> tuple[list[str], list[str]]:
    """Return the columns that a kind needs, and those that it can have."""
    if kind == "estimate":
        return ["estimate"], ["estimate", "se", "ci_lower", "ci_upper"]
    needed = [f"{side}_{what}" for side in SIDES for what in NEEDED[kind]]
    return needed, [f"{side}_{what}" for side in SIDES for what in ARM_COLUMNS[kind]]
