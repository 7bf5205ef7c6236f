"""What if: how far one choice in the design of a study could have moved its results.

Each question is asked of synthetic patients that agree with the printed numbers, or of patients for
whom nothing has an effect.  The strongest that an answer says of a paper is that its numbers would
arise if something held.  Which study asks what is data (`what_if` in its `pipeline.yaml`).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from livingreview_cohort.answer import (
    DRAWS,
    LOW,
    Series,
    WhatIf,
    pair_of,
    printed_number,
    ratio_of,
    series_of,
)
from livingreview_cohort.choices import Pipeline, Question
from livingreview_cohort.curves import curve_test
from livingreview_cohort.draw import draw
from livingreview_cohort.event_times import Curve, Point, Times, through_points
from livingreview_cohort.fit import FittedStudy
from livingreview_cohort.patients import TimeToEvent
from livingreview_cohort.readings import caliper_readings
from livingreview_record import Quantity, Study

Floats = NDArray[np.float64]
STEPS, TESTS = 6, 200
SHAPES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)  # Weibull: 1 is a risk that stays the same over time


def answers(fitted: FittedStudy, pipeline: Pipeline) -> tuple[WhatIf, ...]:
    """The answer to each question of the pipeline, in its order."""
    return tuple(
        QUESTIONS[question.kind](fitted, pipeline, question) for question in pipeline.what_if
    )


def early_deaths(fitted: FittedStudy, pipeline: Pipeline, question: Question) -> WhatIf:
    """The hazard ratio with those who died early put back into one arm, or into both.

    Adds patients who die at times spread evenly up to `months`.
    """
    study, outcome = fitted.study, question.outcome
    months, most = question.months, question.most
    first, second = pair_of(study)
    counts = np.arange(0, most + 1, max(1, most // STEPS))
    one_arm, both = (np.empty((DRAWS, counts.size)) for _ in range(2))
    for seed in range(DRAWS):
        patients = draw(fitted, seed)
        own = patients.times[outcome]
        is_first = (patients.arm == first).astype(float)
        share = float((1 - is_first).sum() / is_first.sum())
        for place, added in enumerate(counts.tolist()):
            one_arm[seed, place] = _with_early(own, is_first, (added, 0), months)
            both[seed, place] = _with_early(own, is_first, (added, round(added * share)), months)
    labels = study.arms[first].label, study.arms[second].label
    middle = np.median(one_arm, axis=0)
    needed = float(np.interp(1.0, middle, counts)) if middle[-1] >= 1 else None
    printed = printed_number(
        study,
        Quantity(
            outcome=outcome,
            comparison=next(iter(study.comparisons)),
            adjustment="unadjusted",
            statistic="hr",
        ),
    )
    shown = printed.value if printed else "ratio"
    if needed is not None:
        answer = (
            f"The printed hazard ratio of {shown} would arise with a true ratio of 1 if about "
            f"{needed:.0f} patients with {labels[0]}, and none with {labels[1]}, had died within "
            f"{months:g} months and been left out."
        )
    else:
        answer = (
            f"Even {most} early deaths with {labels[0]}, and none with {labels[1]}, would not "
            f"bring the printed hazard ratio of {shown} to 1."
        )
    parity = float(np.median(both[:, -1]))
    return WhatIf(
        kind="early-deaths",
        title="Early deaths left out",
        sentence=(
            f"{answer} If both arms lost the same share of their patients so, the ratio of all "
            f"patients would be about {parity:.2f}. How many were left out is not printed."
        ),
        assumed=(f"those left out died at times spread evenly over the first {months:g} months",),
        x_label=f"Patients with {labels[0]} who died early and were left out",
        y_label="Hazard ratio of all patients",
        series=(
            series_of(f"none left out with {labels[1]}", counts, one_arm),
            series_of("the same share left out of both arms", counts, both),
        ),
        printed=1.0,
        printed_label="no difference",
        each="left out:",
    )


def _with_early(own: TimeToEvent, is_first: Floats, added: tuple[int, int], months: float) -> float:
    """The hazard ratio with early deaths added to the first and the second arm."""
    times = [(np.arange(n) + 0.5) / max(n, 1) * months for n in added]
    time = np.concatenate([own.time, *times])
    event = np.concatenate([own.event, np.ones(sum(added), bool)])
    column = np.concatenate([is_first, np.ones(added[0]), np.zeros(added[1])])
    return ratio_of(time, event, column)


def clock_origin(fitted: FittedStudy, pipeline: Pipeline, question: Question) -> WhatIf:
    """The hazard ratio of an earlier time when the clock starts before it, or after it.

    The time after it has no link with it; only the origin differs.
    """
    study, outcome, covariate = fitted.study, question.outcome, question.covariate
    found = np.empty((DRAWS, 3))
    for seed in range(DRAWS):
        patients = draw(fitted, seed)
        rng = np.random.Generator(np.random.PCG64([seed, 1]))
        earlier = np.asarray(patients.variables[covariate], dtype=float)
        own = patients.times[outcome].of(rng.permutation(patients.n))
        later = float(np.median(own.time))
        shorter = own.time * max(later - float(np.median(earlier)), 0.1 * later) / later
        times = (own.time, earlier + own.time, earlier + shorter)
        found[seed] = [ratio_of(time, own.event, earlier) for time in times]
    printed = printed_number(
        study,
        Quantity(
            arm_id="all",
            outcome=outcome,
            comparison=covariate,
            adjustment="unadjusted",
            statistic="hr",
        ),
    )
    label, unit = study.vocabulary(covariate).label, study.vocabulary(covariate).unit
    middle = np.median(found, axis=0)
    lowest = np.quantile(found[:, 2], LOW)
    end = f"; the paper prints {printed.value}" if printed else ""
    origin = study.outcomes[outcome].origin
    said = f", and counts survival from the {origin}" if origin else ""
    return WhatIf(
        kind="clock-origin",
        title="Where the clock starts",
        sentence=(
            f"{label} without any effect on the time after it would show a hazard ratio of "
            f"{middle[1]:.2f} for each of its {unit} if survival were counted from its own start "
            f"instead of its end, and of {middle[2]:.2f} (as low as {lowest:.2f}) if the printed "
            f"survival were already counted so{end}{said}."
        ),
        assumed=(f"{label} tells nothing about the time that follows it",),
        x_label="",
        y_label=f"Hazard ratio for one of the {unit}",
        series=(series_of("without any effect", range(3), found),),
        printed=printed.number.value if printed else None,
        printed_label="printed",
        ticks=(
            "from its end",
            "from its start, later time as printed",
            "from its start, whole time as printed",
        ),
    )


def chance_selection(fitted: FittedStudy, pipeline: Pipeline, question: Question) -> WhatIf:
    """How many characteristics have a small p where none of them has any effect."""
    study, outcome = fitted.study, question.outcome
    model = next(one for one in pipeline.models if outcome in one.outcomes)
    names = [name for name in model.candidates if name in study.variables]
    found = np.zeros((DRAWS, len(names) + 1))
    repeats = 10
    for seed in range(DRAWS):
        patients = draw(fitted, seed)
        rng = np.random.Generator(np.random.PCG64([seed, 2]))
        for _ in range(repeats):
            own = patients.times[outcome].of(rng.permutation(patients.n))
            small = sum(
                curve_test(own.time, own.event, patients.column(name)).p < model.p_below
                for name in names
            )
            found[seed, small] += 100 / repeats
    share = found.mean(axis=0)
    printed = _selected(study, outcome, names, model.p_below)
    count = int(draw(fitted, 0).times[outcome].event.sum())
    return WhatIf(
        kind="chance-selection",
        title="Characteristics chosen by their p-values",
        sentence=(
            f"If none of the {len(names)} characteristics had any effect on survival, at least one "
            f"would still have p below {model.p_below:g} in {100 - share[0]:.0f} of 100 such "
            f"studies with {count} events, and at least {max(printed, 1)} in "
            f"{share[max(printed, 1) :].sum():.0f} of 100; the paper prints {printed}."
        ),
        assumed=("nobody's characteristics have anything to do with survival",),
        x_label=f"Characteristics with p below {model.p_below:g}",
        y_label="Of 100 studies without any effect",
        series=(
            Series(
                "simulated",
                tuple(float(k) for k in range(7)),
                *(tuple(float(v) for v in share[:7]) for _ in range(3)),
            ),
        ),
    )


def _selected(study: Study, outcome: str, names: Sequence[str], limit: float) -> int:
    """How many of the characteristics have a printed p below the limit."""
    small = set()
    for quantity, places in study.by_quantity.items():
        name = quantity.contrast[0]
        alone = quantity.statistic == "p" and quantity.adjustment == "unadjusted"
        if alone and quantity.outcome == outcome and name in names:
            number = places[0].number
            if number.relation in ("=", "<", "<=") and number.value < limit:
                small.add(name)
    return len(small)


def curve_p(fitted: FittedStudy, pipeline: Pipeline, question: Question) -> WhatIf:
    """Which p the printed medians can give, by how much events crowd together in time."""
    study, outcome, most = fitted.study, question.outcome, question.most
    arms = pair_of(study)
    medians = [fitted.curves[outcome, arm].points[0] for arm in arms]
    sizes = [int(fitted.counts.table("arm")[1][list(study.arms).index(arm)]) for arm in arms]
    label = np.repeat(np.arange(2), sizes)
    tests = np.empty((TESTS, len(SHAPES)))
    for place, shape in enumerate(SHAPES):
        curves = [Curve.through([point], shape) for point in medians]
        for seed in range(TESTS):
            rng = np.random.Generator(np.random.PCG64([seed, place]))
            own = [c.times(rng.random(n)) for c, n in zip(curves, sizes, strict=True)]
            tests[seed, place] = _test(own, medians, label, most)
    quantity = Quantity(
        outcome=outcome,
        comparison=next(iter(study.comparisons)),
        adjustment="unadjusted",
        statistic="p",
    )
    printed = printed_number(study, quantity)
    limit = printed.number.value if printed else 0.05
    often = 100 * (tests <= limit).mean(axis=0)
    first = next((s for s, share in zip(SHAPES, often, strict=True) if share >= 50), None)
    crowd = (
        f"It would arise if events crowded together in time (a Weibull shape of {first:g} or more)."
        if first
        else "No crowding of events that was tried makes it usual."
    )
    shown = printed.value if printed else "0.05"
    pair = " and ".join(f"{point.time:g}" for point in medians)
    return WhatIf(
        kind="curve-p",
        title="What p these medians can give",
        sentence=(
            f"With medians of {pair} months in arms of {sizes[0]} and {sizes[1]}, and at most "
            f"{most} events, a p as small as the printed {shown} comes out in {often[0]:.0f} of "
            f"100 studies whose risk stays the same over time. {crowd}"
        ),
        assumed=(
            "the log-rank test, as the paper names none",
            "both arms have curves of the same shape through their printed medians",
        ),
        x_label="Shape of the curves (1: the risk stays the same; larger: events crowd together)",
        y_label="p of the log-rank test",
        series=(series_of("simulated", SHAPES, np.maximum(tests, 1e-6)),),
        printed=limit,
        printed_label=f"printed p ({shown})",
        each="shape",
        log=True,
        digits=4,
    )


def _test(
    own: Sequence[Floats], medians: Sequence[Point], label: NDArray[np.int_], most: int
) -> float:
    """The p of two arms whose curves have these medians, followed until so many events."""
    every = np.sort(np.concatenate(own))
    end = float(every[min(most, every.size) - 1])
    end = max(end, *(point.time * 1.02 for point in medians))
    cut = [Times(np.minimum(time, end), time <= end) for time in own]
    moved = [through_points(times, [point], end) for times, point in zip(cut, medians, strict=True)]
    time, event = (np.concatenate(part) for part in zip(*moved, strict=True))
    return curve_test(time, event, label).p


QUESTIONS: Mapping[str, Callable[[FittedStudy, Pipeline, Question], WhatIf]] = {
    "early-deaths": early_deaths,
    "clock-origin": clock_origin,
    "caliper-readings": caliper_readings,
    "chance-selection": chance_selection,
    "curve-p": curve_p,
}
