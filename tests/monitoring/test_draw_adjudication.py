"""Studies are drawn with probabilities on record, read blinded, and weighted as they were drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import select

from monitoring.adjudicated import (
    AUGMENTED,
    NAIVE,
    WEIGHTED,
    JudgedStudy,
    judged_studies,
    performance,
    prepare_adjudicated,
)
from monitoring.adjudication_chances import chances_of
from monitoring.adjudication_design import (
    AdjudicationRule,
    FrameStudy,
    draw,
    read_rule,
    stratum_of,
)
from monitoring.draw_adjudication import (
    draw_again,
    draw_audit_sample,
    draw_behind_alert,
    version_read,
)
from records.adjudicated import (
    ReadStudy,
    adjudicated_truths,
    answers_against,
    cases_of,
    read_studies_of,
    samples_of,
)
from records.adjudication import (
    ADJUDICATED,
    NOT_ESTIMABLE,
    SETTLED,
    AdjudicationCase,
    AdjudicationReading,
)
from records.adjudication_queue import (
    ABSENT,
    CANNOT_TELL,
    PRESENT,
    count_waiting,
    next_case,
    read_case,
)
from records.cases import ReaderAssessment, ReferenceStandard, Study
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.held_definition import definition_of
from records.people import find_actor
from records.product import Device, ModelVersion
from records.queries import prediction_rows
from records.store import Store
from records.surveillance import Alert
from tests.adjudicated_workspace import (
    FOURTH,
    READERS,
    SINCE,
    UNTIL,
    WHY,
    populate_read,
    read_queue,
)
from tests.dashboards.small_workspace import SITES, TODAY


def sampled(store: Store, *, seed: int = 11) -> None:
    with store.transaction("demo.quality", WHY, now=TODAY) as tx:
        version = version_read(tx, tx.get_one(Device, 1))
        draw_audit_sample(tx, version, since=SINCE, until=UNTIL, seed=seed,
                          by=find_actor(tx, "demo.quality"), now=TODAY)  # fmt: skip


def behind_alert(store: Store, share: float = 1.0) -> None:
    with store.transaction("demo.quality", WHY, now=TODAY) as tx:
        draw_behind_alert(tx, tx.get_one(Alert, 1), tx.get_one(ModelVersion, 1), share=share,
                          seed=12, by=find_actor(tx, "demo.quality"), now=TODAY)  # fmt: skip


def frame(n: int = 200) -> list[FrameStudy]:
    return [
        FrameStudy(at, f"site {at % 2}", (at % 10) / 10, at % 10 >= 6, at % 50 == 0)
        for at in range(1, n + 1)
    ]


def test_the_same_seed_draws_the_same_and_every_stratum_its_share() -> None:
    rule = AdjudicationRule(0.1, None, (0.3, 0.6), 4)
    strata, drawn = draw(frame(), rule, days=28, seed=7)
    again = draw(list(reversed(frame())), rule, days=28, seed=7)
    assert (strata, {one.study_id for one in drawn}) == (
        again[0], {one.study_id for one in again[1]}
    )
    assert {one.study_id for one in draw(frame(), rule, days=28, seed=8)[1]} != {
        one.study_id for one in drawn
    }
    assert sum(one.studies for one in strata) == 200
    for one in strata:
        wanted = one.studies if "disagree" in one.name else min(one.studies, 4)
        assert one.drawn >= wanted and 0 < one.probability <= 1
        assert sum(two.stratum == one.name for two in drawn) == one.drawn
    weekly, chosen = draw(frame(), AdjudicationRule(None, 10, (0.3, 0.6), 2), days=28, seed=7)
    assert 40 <= len(chosen) <= 40 + 2 * len(weekly) + 4


def test_a_plan_says_how_many_and_a_wrong_one_is_refused_by_field() -> None:
    assert read_rule(None, operating_point=0.5).rate == 0.05
    assert stratum_of(FrameStudy(1, "north", 0.3, False, False), (0.3,)).endswith("0.3 to 1")
    for wrong, word in (
        ({"rate": 2}, "rate"), ({"rate": 0.1, "per_week": 3}, "either"), ({"share": 1}, "share"),
        ({"rate": 0.1, "bands": [0.5, 0.2]}, "bands"), ({"per_week": True}, "per_week"),
        ({"rate": 0.1, "minimum_per_stratum": 1}, "minimum_per_stratum"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match=word):
            read_rule(wrong, operating_point=0.5)


def test_a_product_without_scores_is_drawn_by_decision_and_has_no_figure_of_the_score() -> None:
    rule = read_rule({"rate": 0.2}, operating_point=None)
    assert rule.bands == ()
    with pytest.raises(InvalidInput, match="bands: the product states no score"):
        read_rule({"rate": 0.2, "bands": [0.5]}, operating_point=None)
    bare = [replace(one, score=None) for one in frame()]
    strata, drawn = draw(bare, rule, days=28, seed=7)
    assert {one.name.partition(", ")[2] for one in strata} == {
        "flagged, no score", "not flagged, no score", "readers disagree"
    }
    chance = {one.name: one.probability for one in strata}
    of = {one.study_id: one for one in drawn}
    rows = [
        JudgedStudy(
            ReadStudy(one.study_id, f"P{one.study_id}", "north", SINCE, None, one.decision, TODAY,
                      None),
            one.study_id % 3 == 0 if one.study_id in of else None, one.study_id in of,
            chance[stratum_of(one, ())], stratum_of(one, ()),
        )
        for one in bare
    ]  # fmt: skip
    found = {(one.subgroup.partition(": ")[2], one.measure): one for one in performance(rows, ())}
    assert found[WEIGHTED, "sensitivity"].value is not None
    for column, measure in ((NAIVE, "auc"), (WEIGHTED, "auc"), (AUGMENTED, "auc"),
                            (AUGMENTED, "sensitivity")):  # fmt: skip
        assert found[column, measure].value is None
        assert found[column, measure].reason == "the product states no score"


def test_a_study_is_queued_once_and_carries_the_chance_of_being_in_either_sample(
    store: Store,
) -> None:
    populate_read(store)
    sampled(store)
    with store.reader() as reader:
        alone = {one.study_id: one.probability for one in cases_of(reader, version(reader))}
    behind_alert(store, share=0.5)
    with store.reader() as reader:
        known = version(reader)
        cases, samples = cases_of(reader, known), samples_of(reader, known)
        studies = read_studies_of(reader, known, since=SINCE, until=UNTIL)
        chances = chances_of(
            studies, answers_against(reader, known, since=SINCE, until=UNTIL), samples
        )
        assert len({one.study_id for one in cases}) == len(cases) > len(alone)
        assert not chances.changed
        for one in cases:
            assert one.probability == pytest.approx(chances.probability[one.study_id])
        window = [one for one in studies if one.site == SITES[1] and one.arrived_on.day >= 25]
        both = {str(one["stratum"]): one for one in samples[1].design[1:]}
        assert sum(one["studies"] for one in both.values()) == len(window)
        raised = [one for one in cases if one.study_id in alone
                  and one.probability > alone[one.study_id]]  # fmt: skip
        assert raised and {one.study_id for one in raised} <= {one.study_id for one in window}
        assert sorted(one.position for one in cases if one.sample_id == samples[0].id) == list(
            range(1, len(alone) + 1)
        )


def version(reader: object) -> ModelVersion:
    return reader.get_one(ModelVersion, 1)  # type: ignore[attr-defined, no-any-return]


def test_what_readers_answer_otherwise_is_drawn_whole(store: Store) -> None:
    populate_read(store)
    with store.transaction("setup", "readings", now=TODAY) as tx:
        rows = prediction_rows(tx, version(tx), since=SINCE, until=UNTIL)[:30]
        tx.add_all(
            ReaderAssessment(study_id=row["study_id"], reader="R1", finding="pneumonia",
                             present=not row["decision"], saw_output=True, assessed_on=UNTIL,
                             received_at=TODAY)
            for row in rows
        )  # fmt: skip
    sampled(store)
    with store.reader() as reader:
        cases = {one.study_id: one for one in cases_of(reader, version(reader))}
    for row in rows:
        assert cases[row["study_id"]].probability == 1.0
        assert cases[row["study_id"]].stratum.endswith("readers disagree")


def test_two_who_agree_settle_a_case_and_a_third_reads_only_where_they_do_not(
    store: Store,
) -> None:
    populate_read(store)
    sampled(store)
    answers = {READERS[0]: PRESENT, READERS[1]: ABSENT, READERS[2]: CANNOT_TELL}
    with store.transaction("demo.quality", "read", now=TODAY) as tx:
        device = tx.get_one(Device, 1)
        task = definition_of(device).task
        first, second, third = (find_actor(tx, one) for one in READERS)
        case = next_case(tx, device, first)
        assert case is not None and case.position == 1
        read_case(tx, case, answers[first.name], task=task, by=first, now=TODAY)
        with pytest.raises(NotAllowed, match="has read this study before"):
            read_case(tx, case, ABSENT, task=task, by=first, now=TODAY)
        assert next_case(tx, device, first) != case
        read_case(tx, case, answers[second.name], task=task, by=second, now=TODAY)
        assert case.status == "waiting" and next_case(tx, device, third) == case
        read_case(tx, case, answers[third.name], task=task, by=third, now=TODAY)
        assert case.status == NOT_ESTIMABLE
        assert not tx.exec(
            select(ReferenceStandard).where(ReferenceStandard.source == ADJUDICATED)
        ).all()
        parts = [one.part for one in tx.exec(select(AdjudicationReading))]
        assert parts == ["first", "second", "arbiter"]
        other = next_case(tx, device, first)
        assert other is not None
        read_case(tx, other, PRESENT, task=task, by=first, now=TODAY)
        read_case(tx, other, PRESENT, task=task, by=second, comment=" left base ", now=TODAY)
        assert other.status == SETTLED
        truth = tx.exec(
            select(ReferenceStandard).where(ReferenceStandard.study_id == other.study_id)
        ).one()
        assert (truth.kind, truth.source, truth.present) == ("consensus", ADJUDICATED, True)
        assert (truth.evidence, truth.reader) == (other.label, f"{READERS[0]}, {READERS[1]}")
        with pytest.raises(Refused, match="is settled"):
            read_case(tx, other, ABSENT, task=task, by=third, now=TODAY)
        with pytest.raises(InvalidInput, match="is no answer"):
            read_case(tx, case, "maybe", task=task, by=third, now=TODAY)
        with pytest.raises(NotAllowed, match="may not read studies"):
            next_case(tx, device, find_actor(tx, "demo.quality"))


def test_whoever_read_a_study_in_the_clinic_does_not_adjudicate_it(store: Store) -> None:
    populate_read(store)
    sampled(store)
    with store.transaction("setup", "readings", now=TODAY) as tx:
        device, reader = tx.get_one(Device, 1), find_actor(tx, READERS[0])
        before, case = count_waiting(tx, device, reader), next_case(tx, device, reader)
        assert case is not None
        tx.add(ReaderAssessment(study_id=case.study_id, reader="Demo.Reader1", finding="x",
                                present=True, saw_output=True, assessed_on=UNTIL,
                                received_at=TODAY))  # fmt: skip
        tx.flush()
        assert count_waiting(tx, device, reader) == before - 1
        with pytest.raises(NotAllowed):
            read_case(tx, case, ABSENT, task=definition_of(device).task, by=reader, now=TODAY)


def test_a_case_read_again_makes_a_new_version_and_changes_no_weight(store: Store) -> None:
    truth = populate_read(store)
    sampled(store)
    read_queue(store, truth)
    with store.transaction("demo.quality", "doubts", now=TODAY) as tx:
        case = tx.get_one(AdjudicationCase, 1)
        draw_again(tx, case, by=find_actor(tx, "demo.quality"), now=TODAY)
        with pytest.raises(InvalidInput, match="still waits"):
            draw_again(tx, case, by=find_actor(tx, "demo.quality"), now=TODAY)
        known = {one.study.study_id: one.probability for one in judged_studies(tx, version(tx))}
        assert len(known) == len(truth)
        device, task = tx.get_one(Device, 1), definition_of(tx.get_one(Device, 1)).task
        assert next_case(tx, device, find_actor(tx, READERS[0])) is None
        for name in (READERS[2], FOURTH):
            again = next_case(tx, device, find_actor(tx, name))
            assert again is not None and again.study_id == case.study_id and again.id != case.id
            read_case(tx, again, ABSENT if truth[case.study_id] else PRESENT, task=task,
                      by=find_actor(tx, name), now=TODAY)  # fmt: skip
        assert adjudicated_truths(tx, version(tx))[case.study_id] is not truth[case.study_id]
        first, second = tx.exec(
            select(ReferenceStandard).where(ReferenceStandard.study_id == case.study_id)
            .order_by(ReferenceStandard.version)  # type: ignore[arg-type]
        )
        assert (second.version, second.supersedes_id) == (2, first.id)


def test_half_a_queue_is_weighted_as_what_it_is_and_a_corrected_study_is_refused(
    store: Store,
) -> None:
    truth = populate_read(store)
    with store.reader() as reader, pytest.raises(NotFound, match="Nothing was drawn"):
        judged_studies(reader, version(reader))
    sampled(store)
    with store.reader() as reader:
        facts, _ = prepare_adjudicated(
            reader, version(reader), definition_of(reader.get_one(Device, 1)).task
        )
    reasons = {one.reason for one in facts.estimates if one.subgroup.endswith(WEIGHTED)}
    assert reasons and all("had no chance of being drawn and told" in one for one in reasons)
    read_queue(store, truth)
    with store.transaction("setup", "another site", now=TODAY) as tx:
        one = read_studies_of(tx, version(tx), since=SINCE, until=UNTIL)[0]
        tx.get_one(Study, one.study_id).site_id = 3
    with store.reader() as reader, pytest.raises(Refused, match="are not those that are here"):
        judged_studies(reader, version(reader))
