"""Check the log of the search: its records, its decisions, and the studies of the review."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from livingreview_record import Collector, Problem, Review, is_day, shown
from livingreview_search.records import (
    NEVER,
    READ,
    STAGES,
    Decision,
    Record,
    SearchLog,
    same_doi,
)

STATUS = {  # of a study, by the decision on its reports
    "include": "included",
    "awaiting": "awaiting-classification",
    "ongoing": "ongoing",
    "exclude": "excluded",
}
ROW = "add a row to decisions.csv; a row that stands is never changed"


def check_studies(log: SearchLog, review: Review) -> list[Problem]:
    """Problems where the log and the studies of the review do not say the same.

    Each report under `data/studies/` has its record, and the decision that stands on the record of
    a study's report is the study's status.
    """
    problems: list[Problem] = []
    collector = Collector("data/search/records.csv", problems)
    linked = {(one.study_id, one.report_id): one for one in log.records.values() if one.report_id}
    reports = {
        (study.id, report.id) for study in review.studies.values() for report in study.reports
    }
    for study_id, report_id in sorted(reports - linked.keys()):
        needed = f"a record of report {report_id!r} of study {study_id!r}"
        do = "add the record, or write study_id and report_id into the record that it has"
        collector.need("", needed, "none", f"{do}, with its decisions in decisions.csv")
    for key in sorted(linked.keys() - reports):
        place = f"row {linked[key].line} column report_id"
        collector.need(
            place, "a report of data/studies/", repr("/".join(key)), "correct or empty it"
        )
    _check_papers(collector, log, review)
    _check_statuses(log, review, problems)
    return problems


def _check_papers(collector: Collector, log: SearchLog, review: Review) -> None:
    """Records of one paper on two studies: both studies declare it under `also_in`."""
    reports = {
        (study.id, report.id): report
        for study in review.studies.values()
        for report in study.reports
    }
    for one in log.records.values():
        report = reports.get((one.study_id, one.report_id))
        others = {other.study_id for other in log.of_report(one)} - {one.study_id, ""}
        if report is not None and not others <= set(report.other_studies):
            needed = f"a report that declares the other study of its paper ({', '.join(others)})"
            do = "declare it under also_in in the study.yaml of both, or part the group"
            found = shown(", ".join(report.other_studies) or None)
            collector.need(f"row {one.line} column duplicate_group", needed, found, do)


def _check_statuses(log: SearchLog, review: Review, problems: list[Problem]) -> None:
    collector = Collector("data/search/decisions.csv", problems)
    found: dict[str, dict[str, Decision]] = defaultdict(dict)
    for record_id, decision in log.standing("eligibility").items():
        for one in log.of_report(log.records[record_id]):
            if one.study_id in review.studies:
                found[one.study_id][decision.decision] = decision
    for study_id, decisions in found.items():
        status = review.studies[study_id].status
        if status not in {STATUS[one] for one in decisions}:
            last = max(decisions.values(), key=lambda one: one.number)
            place = f"row {last.line} (record {last.record_id})"
            needed = f"the decision that goes with the status {status!r} of study {study_id!r}"
            collector.need(place, needed, repr(last.decision), f"{ROW}, or mend the status")


def check_records(collector: Collector, log: SearchLog) -> None:
    """Add a problem for each record, and each group of duplicates, that cannot be right."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for one in log.records.values():
        place = f"row {one.line} (record {one.record_id})"
        collector.one_of(f"{place} column source_id", one.source_id, log.sources)
        if not (one.title or one.described):
            needed, do = "a title, or what it is in our words", "fill in title or described"
            collector.need(place, needed, "neither", do)
        for name in ("authors", "year", "title", "journal", "volume_pages", "doi"):
            text = getattr(one, name)
            if one.printed and text not in one.printed:
                needed = f"words of the printed reference in column {name}"
                collector.need(place, needed, repr(text), "copy them as printed")
        if bool(one.study_id) != bool(one.report_id):
            needed, do = "study_id and report_id, or neither", "fill in both or none"
            collector.need(place, needed, "one of them", do)
        if one.duplicate_group:
            groups[one.duplicate_group].append(one)
    for name, members in groups.items():
        _check_group(collector, name, members, log)
    _check_dois(collector, log.records.values())


def _check_group(collector: Collector, name: str, members: list[Record], log: SearchLog) -> None:
    rows = ", ".join(str(one.line) for one in members)
    kept = log.records.get(name)
    if kept is None or kept.duplicate_group != name:
        needed = f"the record {name!r} in its own group"
        do = "name a group after the record that is kept, and give that record the group too"
        collector.need(f"rows {rows} column duplicate_group", needed, "no such record", do)
    studies = sorted({one.study_id for one in members if one.study_id})
    papers = {same_doi(one.doi) for one in members if one.study_id}
    if len(studies) > 1 and (len(papers) > 1 or "" in papers):
        needed = "records of one report in a group of duplicates"
        found = f"a group that spans the studies {' and '.join(studies)}"
        do = "part the group: reports of two studies are no duplicates, unless one DOI has both"
        collector.need(f"rows {rows} column duplicate_group", needed, found, do)


def _check_dois(collector: Collector, records: Iterable[Record]) -> None:
    seen: dict[str, Record] = {}
    for one in records:
        first = seen.setdefault(same_doi(one.doi) or one.record_id, one)
        if first is not one and (
            not one.duplicate_group or one.duplicate_group != first.duplicate_group
        ):
            needed = f"the duplicate_group of {first.record_id} (row {first.line}), of the same DOI"
            do = "give both the group that is named after the record to keep"
            place = f"row {one.line} column duplicate_group"
            collector.need(place, needed, shown(one.duplicate_group or None), do)


def check_decisions(collector: Collector, log: SearchLog) -> None:
    """Add a problem for each decision that cannot be right, and for each that is missing."""
    last: dict[tuple[str, str], Decision] = {}
    day = ""
    for one in log.decisions:
        place = f"row {one.line}"
        key = (one.record_id, one.stage)
        if _check_words(collector, place, one, log):
            earlier = last.get(key)
            expected = str(earlier.number) if earlier else ""
            if one.supersedes != expected:
                needed = (
                    f"{expected}, the decision that stood before"
                    if expected
                    else "nothing: it is the first decision on this record at this stage"
                )
                do = "write the number of the decision that it replaces"
                collector.need(
                    f"{place} column supersedes", needed, shown(one.supersedes or None), do
                )
            if one.date < day:
                needed, do = f"{day} or later", "add new rows at the end"
                collector.need(f"{place} column date", needed, repr(one.date), do)
        last[key], day = one, max(day, one.date)
    _check_order(collector, last, log)


def _check_words(collector: Collector, place: str, one: Decision, log: SearchLog) -> bool:
    """Whether the words of a decision are known and its record is the kept one."""
    known = len(collector.problems)
    if collector.one_of(f"{place} column record_id", one.record_id, log.records) and (
        not log.records[one.record_id].is_kept
    ):
        kept = log.records[one.record_id].duplicate_group
        do = f"decide on {kept}, which is kept of its duplicates"
        collector.need(f"{place} column record_id", kept, repr(one.record_id), do)
    if collector.one_of(f"{place} column stage", one.stage, STAGES):
        collector.one_of(f"{place} column decision", one.decision, STAGES[one.stage])
    collector.one_of(f"{place} column read", one.read, READ)
    if collector.one_of(f"{place} column reason", one.reason, log.reasons, "give a reason"):
        goes_with = log.reasons[one.reason].decision
        if goes_with != one.decision:
            needed, do = f"a reason to {one.decision}", f"{one.reason} is one to {goes_with}"
            collector.need(f"{place} column reason", needed, repr(one.reason), do)
    if not one.why:
        do = "say in a few words why"
        collector.need(f"{place} column why", "a reason in words", "nothing", do)
    collector.one_of(f"{place} column decided_by", one.decided_by, log.people)
    if not is_day(one.date):
        needed, do = "a day such as 2026-03-31", "correct it"
        collector.need(f"{place} column date", needed, repr(one.date), do)
    return len(collector.problems) == known


def _check_order(
    collector: Collector, last: Mapping[tuple[str, str], Decision], log: SearchLog
) -> None:
    for one in log.records.values():
        if not one.is_kept or collector.problems:
            continue
        screened = last.get((one.record_id, "screening"))
        judged = last.get((one.record_id, "eligibility"))
        if screened is None:
            missing = "screening"
        elif screened.decision == "seek" and judged is None:
            missing = "eligibility"
        elif screened.decision == "exclude" and judged is not None:
            needed, do = "no later decision on a record that was excluded", "mend one of the two"
            collector.need(f"row {judged.line}", needed, repr(judged.decision), do)
            continue
        else:
            continue
        needed = f"a decision on {one.record_id} (records.csv row {one.line}) at stage {missing}"
        collector.need("", needed, "none", ROW)


def check_entries(collector: Collector, log: SearchLog) -> None:
    """Add a problem for each source whose records are not as many as it says."""
    found = Counter(one.source_id for one in log.records.values())
    for id_, source in log.sources.items():
        if source.entries != found[id_]:
            do = "add the records that are missing, or correct the count"
            needed = f"{found[id_]}, the records of this source in records.csv"
            collector.need(f"sources.{id_}.entries", needed, str(source.entries), do)
        if source.date == NEVER and source.entries:
            needed, do = "the day on which its records were found", "fill it in"
            collector.need(f"sources.{id_}.date", needed, repr(NEVER), do)
