"""Texts of a person as ids of files, and as Markdown that says what was typed."""

import re
import unicodedata

LIVE = re.compile(r"([\\`*_{}\[\]<>#$&|~^:!()])")  # what Markdown or MyST would read as markup


def slug(text: str, joint: str = "-") -> str:
    """Return the text as an id: lower-case letters and digits of ASCII, words joined.

    >>> slug("Frimodt-Møller et al. 1973"), slug("Years of age", "_")
    ('frimodt-m-ller-et-al-1973', 'years_of_age')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "replace").decode()
    return re.sub(r"[^a-z0-9]+", joint, plain.lower()).strip(joint)


def as_markdown(text: str) -> str:
    r"""Return Markdown that shows the text as it was typed.

    >>> as_markdown("Ferguson & *Simes*")
    'Ferguson \\& \\*Simes\\*'
    """
    return LIVE.sub(r"\\\1", text)
