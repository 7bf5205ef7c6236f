"""Build a living review as a Jupyter Book: execute, remember, publish, validate."""
