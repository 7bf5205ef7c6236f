"""What papers print: each number as text, with its place.

A review is a folder of YAML and CSV files.  `load_review` reads and validates them all and
raises `DataProblemsError`, which lists every problem with file, place and the way to mend it.
"""
