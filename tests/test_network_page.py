"""The review's own networks: geometry, what is shown and what is withheld, and bad declarations."""

import math
from dataclasses import replace

import pytest

from livingreview_network import network_synthesis, tables
from livingreview_network.joined import review_networks
from livingreview_plan import carry_out
from livingreview_record import DataProblemsError, load_review
from livingreview_record.protocol import NetworkCertainty, Transitivity
from the_review import ROOT, the_review

VERY_LOW = NetworkCertainty(level="very low", reasons=("made up",))
PLAUSIBLE = Transitivity(plausible=True, reasons=("made up",))


@pytest.fixture(scope="module")
def review():
    return the_review()


@pytest.fixture(scope="module")
def networks(review):
    return review_networks(review)


def changed(review, **entries):
    """The review with the first network changed, and with `components` where they are given."""
    networks = review.protocol.networks
    components = entries.pop("components", networks.components)
    of = (replace(networks.of[0], **entries), *networks.of[1:])
    protocol = replace(review.protocol, networks=replace(networks, of=of, components=components))
    return next(iter(review_networks(replace(review, protocol=protocol)).values()))


def plausible(review, **entries):
    return changed(review, transitivity=PLAUSIBLE, certainty=VERY_LOW, **entries)


def test_a_network_takes_the_estimates_that_its_syntheses_take(review, networks):
    for network in networks.values():
        used = [
            (effect.study, effect.yi, effect.vi)
            for synthesis in network.plan.syntheses
            for effect in carry_out(review, synthesis)[0].effects
        ]
        taken = [(edge.effect.study, edge.effect.yi, edge.effect.vi) for edge in network.edges]
        assert taken == used


def test_every_comparison_of_an_included_study_is_drawn(review, networks):
    design = review.protocol.networks.design
    for network in networks.values():
        drawn = {edge.study.id for edge in (*network.edges, *network.silent)}
        wanted = {
            study.id
            for study in review.studies.values()
            if study.status == "included" and design.items() <= study.design.items()
            if any(
                study.arms[one.experimental].treatment_class
                != study.arms[one.control].treatment_class
                for one in study.comparisons.values()
            )
        }
        assert drawn == wanted


def test_no_estimate_of_a_network_is_shown_where_transitivity_is_not_plausible(networks):
    for network in networks.values():
        assert not network.is_plausible
        shown = tables.evidence(network).to_string(max_colwidth=None)
        for whole in network.syntheses:
            for split in whole.splits:
                if split.direct is None:
                    assert tables._ratio(network, split.network) not in shown
                    assert tables._ratio(network, split.network, -1) not in shown
        assert set(tables.evidence(network)["Through other treatments"]) <= {
            tables.WITHHELD, tables.NO_PATH
        }  # fmt: skip


def test_where_it_is_plausible_direct_and_indirect_stand_apart_with_their_certainty(review):
    network = plausible(review)
    (whole,) = network.syntheses
    rows = tables.evidence(network)
    assert len(rows) == len(whole.splits)
    assert set(rows["Certainty"]) == {"very low"}
    for row, split in zip(rows.to_dict("records"), whole.splits, strict=True):
        assert (row["Indirect"] == "none") == (split.indirect is None)
        assert (row["Direct"] == "none") == (split.direct is None)
        assert row["Together"].endswith(f"{100 * split.share:.0f}% direct")


def test_a_row_stands_in_the_direction_of_its_study_and_shows_what_is_printed(networks):
    network = networks["os-relapse"]
    rows = tables.evidence(network)["Direct, by study"].tolist()
    for edge in network.edges:
        assert any(f"{edge.label}: {edge.printed}" in row for row in rows)
        first, second = tables._direction(network, edge.pair)
        assert (edge.arms[0].treatment_class, edge.arms[1].treatment_class) == (first, second)


def test_an_estimate_against_the_direction_of_its_row_is_turned(networks):
    network = networks["os-relapse"]
    first, second = tables._direction(network, network.edges[0].pair)
    turned = list(tables._studies(network, (second, first)))
    own = [edge.effect.yi for edge in network.edges if edge.pair == network.edges[0].pair]
    assert all(f": {math.exp(-yi):.2f} (" in text for yi, text in zip(own, turned, strict=True))


def test_what_differs_names_each_comparison_by_its_study_and_its_numbers(networks):
    network = networks["os-relapse"]
    rows = tables.differences(network)
    numbers = list(tables.geometry(network).nodes)
    told = dict(zip(rows["Study"], rows["Comparison"], strict=True))
    for edge in network.edges:
        places = [numbers.index(arm.treatment_class) + 1 for arm in edge.arms]
        assert told[edge.label] == f"{edge.comparison.label} ({places[0]} and {places[1]})"
    share = rows[network.review.protocol.networks.compare["prior_ici"]]
    assert set(share) <= {"all", "mixed: 42.5%", "none", "not stated", tables.NOT_PRINTED}


def test_the_share_is_that_of_the_patients_whose_estimate_it_is(networks):
    network = networks["os-relapse"]
    said = network.review.protocol.networks.compare["prior_ici"]
    (own,) = (one for one in network.edges if one.study.id == "zhang-2025")
    whole = replace(own, asked=replace(own.asked, population="whole", subgroup=""))
    assert own.asked.subgroup or own.asked.population != "whole"
    assert tables._said(network, own, "prior_ici") == "all"
    assert tables._said(network, whole, "prior_ici") == "mixed: 42.5%"
    rows = tables.differences(network)
    assert dict(zip(rows["Study"], rows[said], strict=True))["Zhang 2025"] == "all"


def test_the_drawing_says_in_words_what_it_shows(networks):
    network = networks["os-relapse"]
    drawing = tables.geometry(network)
    told = drawing.alternative()
    for treatment in (*network.parts[0], *network.alone):
        assert tables.label_of(network, treatment) in told
    studies = {edge.study.id for edge in (*network.edges, *network.silent)}
    assert sum(every for _, every in drawing.pairs.values()) >= len(studies)
    assert sum(used for used, _ in drawing.pairs.values()) == len(network.edges)


def test_the_drawing_has_a_node_for_each_class_and_a_line_for_each_pair(networks):
    drawing = tables.geometry(networks["os-relapse"])
    (axes,) = drawing.figure().axes
    assert len(axes.collections) == len(drawing.nodes)
    assert len(axes.lines) == len(drawing.pairs)
    widths = [line.get_linewidth() for line in axes.lines]
    used = [used for used, _ in drawing.pairs.values()]
    solid = [line.get_linestyle() == "-" for line in axes.lines]
    assert solid == [bool(one) for one in used]
    assert widths[used.index(max(used))] == max(widths)


def test_every_word_of_a_drawing_s_title_is_seen(networks):
    for network in networks.values():
        drawing = tables.geometry(network)
        figure = drawing.figure()
        figure.canvas.draw()
        assert " ".join(text.get_text() for text in figure.texts) == drawing.title
        boxes = [text.get_window_extent() for text in figure.texts]
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_the_caption_says_how_the_drawing_is_read(networks):
    drawing = tables.geometry(networks["os-relapse"])
    assert drawing.caption().startswith(f"{drawing.title}. ")
    assert "broken" in drawing.caption()


def test_patients_that_are_not_printed_are_not_counted_as_none(networks):
    network = networks["os-relapse"]
    for treatment, (patients, complete) in network.patients.items():
        words = tables.geometry(network).alternative()
        label = tables.label_of(network, treatment)
        if not complete:
            assert f"{label}: {'at least' if patients else 'not printed'}" in words


def test_components_of_mixed_classes_are_not_told(review, networks):
    assert "cannot be told" in tables.components_told(networks["os-relapse"])[0]
    classes = [one for part in networks["os-relapse"].parts for one in part]
    made_of = {one: ["x"] if place else ["x", "y"] for place, one in enumerate(classes)}
    network = changed(review, components=made_of)
    told = " ".join(tables.components_told(network))
    assert "x: both sides of every comparison hold it, or neither does." in told
    assert f"y: {tables.WITHHELD}." in told
    shown = plausible(review, components=made_of)
    assert tables._ratio(shown, shown.components.components["y"]) in " ".join(
        tables.components_told(shown)
    )


def test_what_joins_and_what_does_not_is_said(review, networks):
    whole = networks["os-relapse"]
    said = " ".join(tables.connection(whole))
    assert "not joined" not in said
    assert all(tables.label_of(whole, one) in said for one in (*whole.parts[0], *whole.alone))
    apart = changed(review, syntheses=["os-engager", "os-maintenance"])
    assert len(apart.parts) == 2
    assert "they are not joined" in " ".join(tables.connection(apart))
    assert [len(one.treatments) for one in apart.syntheses] == [2, 2]


def test_studies_that_share_patients_are_not_joined(networks):
    network = networks["os-relapse"]
    first, *others = network.edges
    shared = replace(first, effect=replace(first.effect, cohorts=others[0].effect.cohorts))
    joined = replace(network, edges=(shared, *others))
    with pytest.raises(ValueError, match="need studies that share no patients"):
        joined.syntheses  # noqa: B018


def test_a_loop_is_examined_for_consistency(review, networks):
    assert "No loop" in tables.consistency(networks["os-relapse"])
    network = plausible(review)
    first, *others = network.edges
    classes = [one for part in network.parts for one in part]
    lone = {edge.pair: edge for edge in network.edges}
    ends = next(
        (a, b) for a in classes for b in classes if a < b and (a, b) not in lone
        if {a, b} <= set(network.parts[0])
    )  # fmt: skip
    study = replace(first.study, id="third", arms={
        arm.id: replace(arm, treatment_class=end)
        for arm, end in zip(first.arms, ends, strict=True)
    })  # fmt: skip
    effect = replace(first.effect, study="third", cohorts=frozenset({"third"}))
    third = replace(first, study=study, effect=effect)
    looped = replace(network, edges=(first, *others, third))
    assert looped.loops == 1
    assert "by the full design-by-treatment interaction model" in tables.consistency(looped)


def problems(tmp_path, old, new):
    data = tmp_path / "data"
    data.mkdir()
    text = (ROOT / "data/review.yaml").read_text("utf-8")
    assert old in text
    (data / "review.yaml").write_text(text.replace(old, new, 1), "utf-8")
    (data / "dictionary.csv").write_text((ROOT / "data/dictionary.csv").read_text("utf-8"), "utf-8")
    (data / "studies").mkdir()
    with pytest.raises(DataProblemsError) as caught:
        load_review(tmp_path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("plausible: false", "plausible: true", "need the certainty of the estimates"),
        ("syntheses: [os-ici-after-ici, os-engager]", "syntheses: [os-engagr]", "networks.of.0"),
        (
            "syntheses: [os-ici-after-ici, os-engager]",
            "syntheses: [os-engager, pfs-ici-after-ici]",
            "of one outcome and one first measure, found os log_hr, pfs log_hr",
        ),
        ("dll3-engager: [T-cell", "dll3-engage: [T-cell", "networks.components"),
        ("compare: {type: Design", "compare: {typ: Design", "networks.compare"),
        ("id: pfs-relapse", "id: os-relapse", "networks.of: need each id once"),
    ],
)
def test_a_network_that_cannot_be_is_named(tmp_path, old, new, told):
    assert told in problems(tmp_path, old, new)


def test_a_review_without_networks_has_none(review):
    none = replace(review.protocol, networks=None)
    assert review_networks(replace(review, protocol=none)) == {}
    assert network_synthesis("1", "A", "B", [1.0], [1.0]).tau2 == 0
