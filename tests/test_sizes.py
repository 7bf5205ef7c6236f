"""No package and no file grows beyond what was reached; `make sizes` prints the sizes."""

import textwrap

from code_lines import code_lines, files, packages

# Lines of code.  Lower a limit when a package has become smaller; to raise one needs a reason.
MOST = {
    "livingreview": 2030,  # studies, timeline, audit, protocol, shares, overlaps, command line
    "livingreview_audit": 3964,
    "livingreview_book": 2205,  # the site: style sheet, policy, citations, feed; 100 explain terms
    "livingreview_cohort": 5170,  # drawing patients is as much as analysing them; curves
    "livingreview_display": 1677,  # forest plots, lanes on one axis, both for phone and desktop
    "livingreview_plan": 1130,
    "livingreview_pool": 3154,  # tau2 on any design, for networks; what is read first
    "livingreview_appraisal": 1110,  # missing evidence; sentences in languages; settlements
    "livingreview_search": 914,  # one paper on two studies; ongoing trials
    "livingreview_explorer": 245,
    "livingreview_network": 768,  # captions; the share of earlier treatment of those who enter
    "livingreview_results": 1380,  # survival on one axis of months; what is read first
    "livingreview_certainty": 664,  # the plain summary; baselines; numbers needed by no other model
    "livingreview_start": 656,
    "livingreview_record": 3175,  # leads; certainty; networks; printed_as; trials extracted again
}
MOST_IN_A_FILE = 300


def test_docstrings_comments_and_blank_lines_are_no_code():
    text = textwrap.dedent('''
        """A module
        of two lines."""

        # a comment
        VALUE = """a text
        of two lines"""


        def function():  # a comment
            """A docstring."""
            return (
                VALUE
            )
    ''')
    assert code_lines(text) == 6


def test_every_package_keeps_its_size():
    found = packages()
    assert found.keys() == MOST.keys()
    grown = {name: lines for name, lines in found.items() if lines > MOST[name]}
    assert grown == {}, "see tests/test_sizes.py: make it smaller, or raise the limit and say why"


def test_no_file_is_longer_than_can_be_read_in_one_sitting():
    long = {n: lines for n, lines in files().items() if lines > MOST_IN_A_FILE}
    assert long == {}
