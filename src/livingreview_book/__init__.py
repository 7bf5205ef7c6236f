"""Build a living review as a Jupyter Book: execute, remember, publish, validate.

A chapter needs one name of this package:

>>> from livingreview_book import publish

All others belong to the build: ``execute`` runs the chapters, ``executions`` remembers them,
``extension`` hands them to Sphinx, ``results`` collects the published numbers and ``expected``
holds them against what was accepted.
"""

from livingreview_book.publishing import publish

__all__ = ["publish"]
