"""What each package promises: the names at its front door, all of them and no others."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import livingreview

ROOT = Path(__file__).parent.parent

API = {
    "livingreview": """
        AppraisalPage AuditPage DataProblemsError DesignPage ExplorerPage NetworkPage Problem
        ProtocolPage
        ReenactmentPage Reported ReportedInterval SearchPage SingleArmPage StudyPage SynthesisPage
        Words absolute_table bullets certainty_table choice_table control_table control_words
        coverage_table evidence_size headline_table heterogeneity_table
        left_out_table left_out_words load_review load_study multiverse_table reenacted_curves
        not_yet_held patients policy_notes printed priors_table proportional_words publish
        restricted_mean_table scale_words sensitivity_table show subgroup_words
        FindingsPage effect_modifiers printed_outcomes
    """,
    "livingreview_book": "",
    "livingreview_audit": """
        CHECKS Check Fact Finding Kind PROPORTION_INTERVALS Severity Verdict audit audit_review
        count_p facts full_words
    """,
    "livingreview_cohort": """
        Choice Conflict DRAWS FittedStudy Patients Pipeline Reenacted Reenactment Result SEED
        TimeToEvent check_pipelines conflicts draw draw_cohort fit_study flat load_pipeline
        load_single_arm read_patients reenact reenact_patients run write_patients written
    """,
    "livingreview_display": """
        COLOURS WITHOUT_FORMULAS
        HAZARD_RATIO INK LANE_COLUMNS LEVEL MONTHS NO_BREAK_SPACE PERCENT POOLED PREDICTION
        QUIET STUDY WHERE Axis BubbleMap Cited Drawing Flowchart Forest Html Lanes Link Look
        Numbered Places Shown Step Table Words address_of anchor as_printed bullets cell day
        element intervals_of joined light linked listed number p_value percent places
        printed publish scrolling sentence show wrapped
    """,
    "livingreview_plan": """
        ArmCount Estimate LEVEL_WORDS USUAL_LEVEL Moderated PlannedResult PrintedEstimate
        PrintedSurvival TwoArmCount carry_out form_of interval_of moderated
        printed_survival quantity_of select used_numbers
    """,
    "livingreview_pool": """
        AbsoluteEffect BayesianSynthesis Coefficient Complement EggerTest Effect Influence
        KaplanMeier Landmark MEASURES Measure Median Multiverse NumberNeeded PRIOR_SCALE
        PRIOR_SCALES PolicySynthesis PriorMeaning ReconstructedCurve ReconstructedPatients
        Regression RestrictedMean ShrinkageEstimate SubgroupTest Synthesis SynthesisBatch
        TrimAndFill Universe absolute_effect absolute_effects bayes_random_effects
        binomial_normal clopper_pearson common_effect complement contradictions cumulative
        effect_from_ci effect_sizes egger_test few_studies few_studies_notes generic_effect
        influence kaplan_meier leave_one_out log_hazard_ratio_from_ci log_hazard_ratio_from_events
        log_hazard_ratio_from_medians log_hazard_ratio_from_p
        log_hazard_ratio_from_p_and_events log_ratio_from_ci mantel_haenszel measure
        meta_regression multiverse one_arm_effect peto prefer prior_meaning random_effects
        random_effects_batch reconstruct_curve reconstruct_patients residual_tau2 restricted_mean
        restricted_mean_difference restricted_mean_of_patients subgroups synthesise
        trim_and_fill two_arm_effect wilson_interval
    """,
    "livingreview_network": """
        ComponentSynthesis Contrast NetworkSynthesis NotConnectedError QPart Split
        component_synthesis connected_parts network_synthesis
    """,
    "livingreview_explorer": "LARGEST Question explored",
    "livingreview_results": """
        Model Reading SynthesisPage address_of certainty certainty_table choice_table control_table
        control_words
        findings forest_rows headline_table heterogeneity_table left_out_table left_out_words
        multiverse_table policy_notes priors_table proportional_words read_first
        restricted_mean_table scale_words sensitivity_table study_limits texts_by_key touched
    """,
    "livingreview_certainty": "FindingsPage absolute_table",
    "livingreview_start": "Source Start add_commands import_table new_review new_study",
    "livingreview_record": """
        ALL_ARMS Arm COLUMNS Collector Comparison DESIGN_STATISTICS DataProblemsError Dictionary
        DOWN Grade LEVELS START Step UP DAYS_A_MONTH csv_text is_day is_over
        ESTIMATES FORMS FORM_OF INTERVAL_LEVELS INTERVAL_STATISTICS KINDS Kind Level Locator
        NUMBER_WORDS MEASURED NOT_STATED Outcome Place Population Printed PrintedForm
        Problem Quantity TIMED
        Characteristic MapDesign MapPopulation PatientsRule PlannedAbsolute PlannedMultiverse
        PlannedNetwork PlannedSynthesis Protocol ReviewOutcome Rule StudyRule
        Report Reported ReportedInterval Review Roles SIDES SharedPatients Statement Study Terms
        accept_numbers
        arm_flags check_shape check_spreadsheet comparisons_of contrast_of could_not fits has_design
        is_time level_of levels_of load_dictionary load_protocol load_review load_study
        mention months
        months_in nothing_printed numbers_moved outcomes_for outcomes_of patients places_of
        plan read_rows
        read_text
        read_yaml remarks_on_numbers shown spreadsheet_damage table_first
        share_class share_of write_downloads write_whole
    """,
    "livingreview_appraisal": """
        ANSWERS STATES TOOLS Absent Agreement Answer Appraisal Appraisals Asked Domain Judged
        Language MissingEvidence Outcome Question Target Tool agreement check_appraisal
        imprecision inconsistency judge kappa largest_error load_appraisals load_languages
        load_missing load_questions load_tool load_translation share_at_risk size_of statement
    """,
    "livingreview_search": """
        Box Decision Flow Item Look NEVER Reason Record SOURCE_KINDS SearchLog Source
        check_studies flow load_log propose read_ris read_table to_ris to_table
    """,
}


SHOWN_AGAIN = {
    "livingreview": (
        *("livingreview_appraisal", "livingreview_cohort", "livingreview_display"),
        *("livingreview_record", "livingreview_search"),
        *("livingreview_certainty", "livingreview_results"),
    )
}  # what chapters need of other packages


@pytest.mark.parametrize("package", API)
def test_the_front_door_of_a_package_is_the_list_it_states(package):
    found = importlib.import_module(package).__all__
    assert sorted(found) == sorted(API[package].split())
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("package", API)
def test_every_public_name_is_there_and_says_what_it_is(package):
    module = importlib.import_module(package)
    assert module.__doc__
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name
            assert value.__module__.startswith((package, *SHOWN_AGAIN.get(package, ()))), name


@pytest.mark.parametrize("package", API)
def test_a_module_of_the_package_does_not_shadow_a_public_name(package):
    """`package.name` is the function, also after `import package.name`."""
    module = importlib.import_module(package)
    for name in module.__all__:
        assert not inspect.ismodule(getattr(module, name)), name


# Rooms whose page, with its tables and figures, the helper hands on to chapters; importing the room
# alone does not import what shows it.
ROOMS = {
    *("livingreview_appraisal", "livingreview_cohort", "livingreview_explorer"),
    *("livingreview_network", "livingreview_search"),
}
DOORS_OF_ROOMS = ROOT / "src/livingreview/__init__.py"


@pytest.mark.parametrize("package", API)
def test_other_packages_enter_by_the_front_door(package):
    inner = re.compile(rf"(from|import) {package}\.")
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in ("src", "chapters", ".")
        for path in (ROOT / folder).glob("*.*" if folder == "." else "**/*.*")
        if path.suffix in {".py", ".md"} and package not in path.parts
        if path != DOORS_OF_ROOMS or package not in ROOMS
        if inner.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_a_type_checker_is_told_of_the_names_that_the_helper_imports_when_asked():
    (only,) = (
        node
        for node in ast.parse(Path(livingreview.__file__).read_text("utf-8")).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    told = {
        alias.asname: one.module
        for one in only.body
        if isinstance(one, ast.ImportFrom)
        for alias in one.names
    }
    assert told == livingreview._MODULE_OF


def test_a_name_that_the_helper_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'pooled'"):
        livingreview.pooled  # noqa: B018


@pytest.mark.parametrize(
    ("call", "unneeded"),
    [
        ("import livingreview", {"livingreview_pool", "numpy", "yaml"}),
        ("from livingreview.cli import main", {"livingreview_audit", "pandas", "matplotlib"}),
        ("from livingreview_record import load_review", {"numpy"}),
    ],
)
def test_nothing_is_imported_that_is_not_used(call, unneeded):
    code = f"import sys; {call}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert unneeded.isdisjoint(loaded.stdout.split())


def test_the_lines_of_the_readme_run(capsys):
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "latitude" in printed
    assert "nan" not in printed
