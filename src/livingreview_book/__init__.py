"""Build a living review as a Jupyter Book: execute, remember, publish, validate.

``execute`` runs the chapters, ``executions`` remembers them, ``extension`` hands them to Sphinx,
``results`` collects the numbers that chapters published and ``expected`` holds them against what
was accepted.  Chapters need nothing of it.
"""
