"""The helper that chapters import; `__all__` is all that they need of it.

The pages show the sections of chapters.  The tables of studies, audit and protocol stand here, and
the command line; the other pages and tables are handed on from the packages that own them.
A name is imported when it is first asked for: what uses two names need not wait for tables and
figures.
"""

from importlib import import_module
from typing import TYPE_CHECKING

# isort: off
# fmt: off
if TYPE_CHECKING:
    from livingreview_explorer.page import ExplorerPage as ExplorerPage
    from livingreview_appraisal.page import AppraisalPage as AppraisalPage
    from livingreview_network.page import NetworkPage as NetworkPage
    from livingreview_cohort.design_page import (
        DesignPage as DesignPage, coverage_table as coverage_table,
    )
    from livingreview_cohort.page import (
        ReenactmentPage as ReenactmentPage, SingleArmPage as SingleArmPage,
    )
    from livingreview_cohort.tables import reenacted_curves as reenacted_curves
    from livingreview.study_page import StudyPage as StudyPage
    from livingreview.tables.audit import AuditPage as AuditPage
    from livingreview.tables.effect_modifiers import effect_modifiers as effect_modifiers
    from livingreview.tables.printed_outcomes import printed_outcomes as printed_outcomes
    from livingreview.tables.protocol import (
        ProtocolPage as ProtocolPage, evidence_size as evidence_size,
        not_yet_held as not_yet_held,
    )
    from livingreview.tables.subgroups import subgroup_words as subgroup_words
    from livingreview_certainty import (
        FindingsPage as FindingsPage, absolute_table as absolute_table,
    )
    from livingreview_display import (
        Words as Words, bullets as bullets, printed as printed, publish as publish, show as show,
    )
    from livingreview_record import (
        DataProblemsError as DataProblemsError, Problem as Problem, Reported as Reported,
        ReportedInterval as ReportedInterval, load_review as load_review, load_study as load_study,
        patients as patients,
    )
    from livingreview_results import (
        SynthesisPage as SynthesisPage, certainty_table as certainty_table,
        choice_table as choice_table, control_table as control_table,
        control_words as control_words, headline_table as headline_table,
        heterogeneity_table as heterogeneity_table,
        left_out_table as left_out_table, left_out_words as left_out_words,
        multiverse_table as multiverse_table, policy_notes as policy_notes,
        priors_table as priors_table, proportional_words as proportional_words,
        restricted_mean_table as restricted_mean_table, scale_words as scale_words,
        sensitivity_table as sensitivity_table,
    )
    from livingreview_search.page import SearchPage as SearchPage

_NAMES = {  # of the module that holds them
    "livingreview_appraisal.page": "AppraisalPage",
    "livingreview_network.page": "NetworkPage",
    "livingreview_explorer.page": "ExplorerPage",
    "livingreview_cohort.design_page": "DesignPage coverage_table",
    "livingreview_cohort.page": "ReenactmentPage SingleArmPage",
    "livingreview_cohort.tables": "reenacted_curves",
    "livingreview.study_page": "StudyPage",
    "livingreview.tables.audit": "AuditPage",
    "livingreview.tables.effect_modifiers": "effect_modifiers",
    "livingreview.tables.printed_outcomes": "printed_outcomes",
    "livingreview.tables.protocol": "ProtocolPage evidence_size not_yet_held",
    "livingreview.tables.subgroups": "subgroup_words",
    "livingreview_certainty": "FindingsPage absolute_table",
    "livingreview_search.page": "SearchPage",
    "livingreview_results":
        "SynthesisPage certainty_table choice_table control_table control_words headline_table "
        "heterogeneity_table left_out_table left_out_words multiverse_table "
        "policy_notes priors_table proportional_words restricted_mean_table scale_words "
        "sensitivity_table",
    "livingreview_display": "Words bullets printed publish show",
    "livingreview_record":
        "DataProblemsError Problem Reported ReportedInterval load_review load_study "
        "patients",
}
# fmt: on
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}
__all__ = sorted(_MODULE_OF)

if not TYPE_CHECKING:  # a type checker would take it for any name at all

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        globals()[name] = value = getattr(import_module(_MODULE_OF[name]), name)
        return value
