"""Build a living review as a Jupyter Book: execute, remember, publish, validate.

`execute` runs the chapters, `remembered` keeps what they showed and what they read, `extension`
hands it to Sphinx, `published` collects the numbers that they published, and `accepted` holds all
of it against what was accepted last.  It is used by `make`, Sphinx and pytest; chapters need
nothing of it, and nothing is imported from it.
"""

__all__: list[str] = []
