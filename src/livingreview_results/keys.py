"""Every number of the results as text, by a stable key."""

from collections.abc import Iterator, Mapping, Sequence

from livingreview_display import number, percent
from livingreview_plan import ArmCount, PlannedResult
from livingreview_results.rows import (
    estimate_text,
    forest_rows,
    interval_text,
    main_model,
    models_shown,
    prediction,
)


class Texts(dict[str, str]):
    """Numbers as texts by their keys; a key that is not there raises `ValueError`."""

    def __missing__(self, key: str) -> str:
        near = [known for known in self if known.partition(".")[0] == key.partition(".")[0]]
        msg = (
            f"need a number that the syntheses give, found {key!r}; those of its synthesis are "
            f"{', '.join(near) or 'none, as no study enters it'} (see `livingreview check`)"
        )
        raise ValueError(msg)


def texts_by_key(results: Mapping[str, Sequence[PlannedResult]]) -> Texts:
    """Every number of the results as text with a stable key.

    Keys are `synthesis.measure[.group].study-or-model`; studies are named by their ids, an arm by
    the study's and its own.
    """
    return Texts(
        (f"{key}.{name}", text)
        for group in results.values()
        for result in group
        for key in [".".join(filter(None, (result.plan.id, result.measure, result.group)))]
        for name, text in _texts(result)
    )


def _texts(result: PlannedResult) -> Iterator[tuple[str, str]]:
    texts = forest_rows(result)["text"]
    for position, effect in enumerate(result.effects):
        count = result.estimates[position]
        name = f"{effect.study}.{count.arm_id}" if isinstance(count, ArmCount) else effect.study
        yield name, str(texts[position])
    if result.effects:
        yield "studies", str(len(result.effects))
    for name, _, model in models_shown(result):
        yield name, estimate_text(result, model)
    random = main_model(result)
    if random is None or random.k == 1:
        return
    if (ends := prediction(result)) is not None:
        yield "prediction", interval_text(result, *ends)
    yield "i2", percent(random.i2)
    yield "tau2", number(random.tau2, 3)
    if result.pooled is not None and result.pooled.bayes is not None:
        yield "probability-of-benefit", percent(100 * result.pooled.bayes.probability_benefit)
