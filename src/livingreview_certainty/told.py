"""What was found as sentences of a language, each linked to the ground of what it says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from livingreview_appraisal import Asked, Language, Outcome, statement
from livingreview_certainty.finding import Finding
from livingreview_certainty.grade import address_of_reasons
from livingreview_display import Html, element, joined, number


@dataclass(frozen=True)
class Said:
    """Sentences on one outcome, or on several that have the same answer.

    `links` are words of the text in their order, each with the address of its ground.
    """

    text: str
    links: tuple[tuple[str, str], ...] = ()

    def html(self) -> Html:
        """The text with its links."""
        parts: list[str] = []
        rest = self.text
        for words, address in self.links:
            before, found, rest = rest.partition(words)
            parts += [before, element("a", found, href=address)]
        return joined(*parts, rest)


def says(asked: Asked, words: Outcome, finding: Finding, language: Language) -> str:
    """The statement on one outcome in a language, made from its result and certainty.

    `asked` and `words` are the question and the outcome in that language.
    """
    texts = {name: getattr(words, name) for name in ("outcome", "below", "above")}
    return statement(
        language,
        finding.grade.level,
        finding.estimate,
        {"subject": asked.subject, **texts},
        ratio=finding.ratio,
    )


def told(
    asked: Asked, found: Sequence[Finding], language: Language, *, numbers: bool
) -> list[Said]:
    """What was found on a question in a language: what is known first, then what is not.

    Outcomes of which nothing is known share a sentence, and so do those that no study compares.
    With `numbers` it is said how many studies and people each rests on, and what it means among
    1,000 people, where the certainty is more than the lowest.
    """
    words = {one.synthesis: one for one in asked.outcomes}
    said = [
        _known(asked, words[one.outcome.synthesis], one, language, numbers=numbers)
        for one in found
        if one.is_known
    ]
    unknown = [one for one in found if not one.is_known]
    if not found:
        said.append(Said(language.nothing.format(subject=asked.subject)))
    if unknown:
        grounds = [(words[one.outcome.synthesis].outcome, one) for one in unknown]
        texts = [_each(text, one, language) if numbers else text for text, one in grounds]
        text = language.unknown.format(subject=asked.subject, outcome=language.listed(texts))
        links = ((text, address_of_reasons(one.grade.synthesis)) for text, one in grounds)
        said.append(Said(text, tuple(links)))
    if asked.unreported:
        said.append(Said(language.unreported.format(outcome=language.listed(asked.unreported))))
    return said


def _known(
    asked: Asked, words: Outcome, one: Finding, language: Language, *, numbers: bool
) -> Said:
    link = (language.certainty[one.grade.level], address_of_reasons(one.grade.synthesis))
    sentences = [says(asked, words, one, language)]
    if numbers:
        sentences += [language.rests.format(**_size(one, language))]
        sentences += _among(asked, words, one, language)
    return Said(_flowing(sentences), (link,))


def _each(text: str, one: Finding, language: Language) -> str:
    return language.rests_each.format(outcome=text, **_size(one, language))


def _size(one: Finding, language: Language) -> dict[str, str]:
    people = language.not_counted if one.people is None else number(one.people, 0)
    return {"studies": str(len(one.taken)), "people": people}


def _among(asked: Asked, words: Outcome, one: Finding, language: Language) -> Iterator[str]:
    """Events among 1,000 people at the first baseline, and where their risk comes from."""
    if not one.is_one_sided or not one.absolute:
        return
    baseline, effect = one.absolute[0]
    low, high = sorted((effect.experimental_lower, effect.experimental_upper))
    yield language.among.format(
        **{"event": words.event, "without": number(effect.control, 0), "control": asked.control},
        **{"with": number(effect.experimental, 0), "treated": asked.treated},
        **{"low": number(low, 0), "high": number(high, 0)},
    )
    study = baseline.study_label
    if words.baseline_note and baseline.study == one.outcome.baseline_study:
        study = language.noted.format(study=study, note=words.baseline_note)
    if baseline.median is None:
        yield language.risk_printed.format(control=asked.control, study=study)
    else:
        median = f"{baseline.median:g}"
        yield language.risk_from_median.format(control=asked.control, study=study, median=median)


def _flowing(sentences: Sequence[str]) -> str:
    """Sentences one after the other; a space follows only a stop of a script that has spaces."""
    return "".join(f"{one} " if one[-1].isascii() else one for one in sentences).strip()
