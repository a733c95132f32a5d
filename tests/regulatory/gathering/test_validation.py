"""The facts of a validation report agree with the rows they are counted from."""

from dataclasses import replace
from itertools import pairwise

import pytest
from sqlmodel import func, select

from models.tasks import ClassificationTask
from records.base import digest_of
from records.cases import Instance, Quarantine
from records.errors import Refused
from records.product import DatasetVersion, Deployment, Device, JourneyStep, ModelVersion
from records.store import Store
from records.surveillance import Evaluation, EvaluationResult
from regulatory.compile import Request, content_now
from regulatory.documents import validation_report
from regulatory.documents.content import placed_gaps
from regulatory.documents.rendering import render
from regulatory.documents.validation_facts import ValidationFacts
from regulatory.gathering.validation import gather_validation
from regulatory.gathering.validation_model import model_facts
from tests.regulatory.gathering.conftest import basis_in, statements
from tests.regulatory.gathering.small_store import (
    DEVICE,
    add,
    add_device,
    add_evaluation,
    add_study,
    add_truth,
    at,
    definition,
)

OTHER = "Another purpose than that of before."


def facts_of(store: Store) -> ValidationFacts:
    """The facts as of now."""
    with store.reader() as reader:
        return gather_validation(reader, basis_in(reader))


def test_every_file_is_accounted_for(judged: Store) -> None:
    """Received less refused is accepted; accepted less excluded is the dataset."""
    flow = facts_of(judged).dataset.flow
    with judged.reader() as reader:
        instances = reader.exec(select(func.count()).select_from(Instance)).one()
        refused = reader.exec(select(func.count()).select_from(Quarantine)).one()
    assert [step.count for step in flow] == [instances + refused, instances, 18]
    assert flow[0].removed == (("refused: file cut off", 2), ("refused: not a DICOM file", 1))
    assert flow[1].removed == (("excluded: no reference standard", 1),)
    for step, after in pairwise(flow):
        assert step.count - sum(count for _, count in step.removed) == after.count


def test_studies_that_nobody_left_out_are_said_to_be_missing(judged: Store) -> None:
    """A study that is neither excluded nor in the dataset is not passed over in silence."""
    with judged.transaction("demo.engineer", "one more", now=at(13)) as tx:
        add_study(tx, 99, site_id=1, purpose="development", day=at(7))
    step = facts_of(judged).dataset.flow[1]
    assert ("excluded: not in this dataset version, reason not recorded", 1) in step.removed


def test_sites_add_up_to_the_parts_of_the_dataset(judged: Store) -> None:
    """What each site contributed sums to the stored parts."""
    data = facts_of(judged).dataset
    by_site = {one.site: one for one in data.sites}
    assert {one.split: one.studies for one in data.splits} == {
        "train": 6, "tuning": 2, "internal_test": 4, "external_test": 6,
    }  # fmt: skip
    assert (by_site["northfield"].studies, by_site["westhaven"].studies) == (12, 6)
    assert sum(one.positives for one in data.sites) == sum(one.positives for one in data.splits)
    assert (by_site["northfield"].female, by_site["northfield"].male) == (11, 1)
    assert by_site["westhaven"].split == "external_test"


def test_intake_is_summed_up_from_each_image(judged: Store) -> None:
    """De-identification, acceptance check and missing facts are counts of what is stored."""
    data = facts_of(judged).dataset
    said = dict(data.deidentification)
    assert said["Elements kept"] == str(4 * 19)
    assert said["Elements removed"] == str(2 * 19)
    assert (data.gate_passed, data.gate_total, data.assigned) == (2, 2, ("date",))
    missing = {one.field: (one.missing, one.total) for one in data.missing}
    assert missing["sex"] == (2, 18)
    assert missing["reference standard"] == (1, 19)


def test_estimates_are_the_stored_ones(judged: Store) -> None:
    """Every estimate of the report is a stored row, number for number."""
    facts = facts_of(judged)
    with judged.reader() as reader:
        stored = {one.label: one for one in reader.exec(select(EvaluationResult))}
    shown = [one for result in facts.results for one in (*result.measures, *result.subgroups)]
    assert len(shown) == 2 * (4 + 2 * 3)  # groups: only what is claimed or judged
    for one in shown:
        row = stored[one.record]
        assert (one.estimate.value, one.estimate.low, one.estimate.high, one.estimate.n) == (
            row.value, row.low, row.high, row.n,
        )  # fmt: skip
    curve = facts.results[0].roc
    assert curve is not None and curve.operating_point == (0.5, 1.0)
    assert curve.false_positive_rate == (0.0, 0.0, 1.0)


def test_criteria_and_verdict_are_quoted(judged: Store) -> None:
    """Declared criteria beside the stored verdicts; the decision in its own words."""
    facts = facts_of(judged)
    verdicts = [one.verdict for one in facts.plan.criteria]
    assert verdicts == ["met", "not met", "not available", "not available", "not available"]
    assert facts.plan.criteria[0].observed is not None
    assert facts.verdict.outcome == "not met"
    assert facts.verdict.record == "REL-0001"
    assert facts.verdict.recommendation.startswith("Refused on 2026-05-23 by Demo Quality: AC-2")
    assert len(facts.deviations) == 1  # the criterion that nothing could be said about
    assert facts.plan.declared_at < (facts.plan.first_evaluated_at or at(0))


def test_a_shadow_is_said_to_return_nothing(judged: Store) -> None:
    """Where the version runs is part of the recommendation."""
    with judged.transaction("demo.quality", "shadow", now=at(13)) as tx:
        add(tx, Deployment(model_version_id=1, site_id=1, mode="shadow", started_at=at(13)))
    said = facts_of(judged).verdict.recommendation
    assert said.endswith("Runs as a shadow, with nothing returned to care, at northfield.")


def test_a_version_that_may_not_be_put_into_use_is_said_to_be_barred(
    judged: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was decided, the reader learns that no version of such a device runs."""
    monkeypatch.setattr(ClassificationTask, "not_operated", "nothing is taken in")
    said = facts_of(judged).verdict.recommendation
    assert said.endswith("may be put into use yet: nothing is taken in.")


def test_the_encoder_that_a_network_began_with_is_told_among_its_software(judged: Store) -> None:
    """Weights made elsewhere are software of unknown provenance, named as a library is."""
    facts = facts_of(judged).model
    assert not any(name.startswith("encoder") for name, _ in facts.software)
    assert dict(facts.training)["Encoder that the network began with"].startswith("none")
    known = {"digest": "ab" * 32, "name": "chest", "version": "3", "source": "a university",
             "licence": "MIT", "method": "contrastive"}  # fmt: skip
    with judged.reader() as reader:
        version, basis = reader.get_one(ModelVersion, 1), basis_in(reader)
        reader.expunge(version)
        version.model = version.model | {"encoder": known}
        facts = model_facts(version, basis, dataset_record="DSV-0001")
    (told,) = [text for name, text in facts.software if name == "encoder chest"]
    assert all(known[word] in told for word in ("version", "source", "licence", "digest"))


@pytest.mark.requirement("REG-093")
def test_a_second_look_at_a_test_set_is_a_deviation(judged: Store) -> None:
    """Attempts are counted by the records and told."""
    with judged.transaction("demo.engineer", "again", now=at(13)) as tx:
        add_evaluation(
            tx, tx.get_one(ModelVersion, 1), "internal_test", dataset_version_id=1, attempt=2,
        )
    facts = facts_of(judged)
    assert facts.partition.earlier_uses == 1
    assert facts.deviations[0].description == "the internal test was evaluated 1 time before"


def test_without_an_evaluation_nothing_is_claimed(developed: Store) -> None:
    """No evaluation, no number: 'not available' with the reason, and no recommendation."""
    facts = facts_of(developed)
    assert all(
        one.unavailable == "no evaluation of this model version on it is on record"
        for one in facts.results
    )
    assert {one.verdict for one in facts.plan.criteria} == {"not available"}
    assert facts.verdict.outcome == "not estimable"
    assert facts.plan.first_evaluated_at is None
    validation_report.build(facts)


def test_no_version_no_report(store: Store) -> None:
    """A device without a model is refused, with what to do."""
    with store.transaction("demo.engineer", "define", now=at(0)) as tx:
        add_device(tx)
    with store.reader() as reader, pytest.raises(Refused, match="no model version"):
        gather_validation(reader, basis_in(reader))


@pytest.mark.requirement("REG-032")
def test_traces_hold_the_digests_of_the_records(judged: Store) -> None:
    """A reader can look up what a section rests on and check that it is unchanged."""
    traces = {(one.section, one.query): one.records for one in facts_of(judged).traces}
    refs = traces["8", "evaluations on the test sets"]
    with judged.reader() as reader:
        assert [(one.id, one.digest) for one in refs] == [
            (one.label, digest_of(one.as_recorded())) for one in reader.exec(select(Evaluation))
        ]
    assert {section for section, _ in traces} == {"1", "2", "3", "4", "6", "8", "12"}


def test_questions_do_not_grow_with_the_studies(judged: Store) -> None:
    """The number of statements is the same for nineteen studies as for more."""
    with judged.reader() as reader, statements(judged) as asked:
        gather_validation(reader, basis_in(reader))
        first = asked()
    with judged.transaction("demo.engineer", "more", now=at(13)) as tx:
        for number in range(200, 220):
            add_study(tx, number, site_id=1, purpose="development", day=at(7))
    with judged.reader() as reader, statements(judged) as asked:
        gather_validation(reader, basis_in(reader))
        assert asked() == first < 30


def test_the_report_can_be_set(judged: Store) -> None:
    """From rows to PDF; only people's parts and guideline items are missing."""
    content = validation_report.build(facts_of(judged))
    assert render(content).pdf.startswith(b"%PDF")
    who = {gap.who for _, gap in placed_gaps(content)}
    assert "statistician" in who and "clinical lead" in who


def test_a_dataset_that_a_protocol_chose_counts_the_studies_that_it_took(judged: Store) -> None:
    """Studies in operation are among them; those that it did not take are in no count."""
    with judged.transaction("demo.engineer", "retrain", now=at(13)) as tx:
        for number, present in ((301, True), (302, False), (303, True)):
            study = add_study(tx, number, site_id=2, purpose="clinical", day=at(10))
            add_truth(tx, study, present=present, day=at(11))
        taken = {"train": [[1, 6]], "internal_test": [[13, 15]], "external_test": [[20, 21]]}
        step = add(tx, JourneyStep(
            journey="retraining chest-radiograph-pneumonia 1", step="selected", finished_at=at(12),
            seconds=1.0, summary={"taken": taken, "by_reason": {
                "kept: train of DSV-0001": {"studies": 6},
                "new case: internal test": {"studies": 5},
                "no reference standard": {"studies": 1}, "arrived before then": {"studies": 10},
            }},
        ))  # fmt: skip
        first = tx.get_one(DatasetVersion, 1)
        kept = first.model_dump(exclude={"id", "manifest_digest", "name", "datasheet", "frozen_at"})
        stated = {"run": "retraining 1", "record": JourneyStep.label_of(step), "new_cases": 2}
        grown = add(tx, DatasetVersion(
            **kept, name="grown", manifest_digest="m2", frozen_at=at(12),
            datasheet=first.datasheet | {"selection": stated},
        ))  # fmt: skip
        made = tx.get_one(ModelVersion, 1).model_dump(
            exclude={"id", "name", "version_digest", "dataset_version_id", "status"}
        )
        add(tx, ModelVersion(
            **made, name="small-2", version_digest="v2", dataset_version_id=grown
        ))  # fmt: skip
    with judged.reader() as reader:
        basis = basis_in(reader)
        data = gather_validation(
            reader, replace(basis, versions=tuple(reversed(basis.versions)))
        ).dataset
    assert data.record == "DSV-0002"
    assert [(one.label, one.count) for one in data.flow] == [
        ("Studies looked at by retraining 1", 22), ("Studies in the dataset version", 11),
    ]  # fmt: skip
    assert dict(data.flow[0].removed)["not taken: no reference standard"] == 1
    assert {(one.site, one.split): one.studies for one in data.sites} == {
        ("northfield", "development"): 6, ("westhaven", "development"): 3,
        ("westhaven", "external_test"): 2,
    }  # fmt: skip


def test_a_version_is_reported_by_the_revision_that_it_was_made_under(judged: Store) -> None:
    """After a new revision of the definition its report is still made, and promises what it did."""
    with judged.transaction("demo.engineer", "define anew", now=at(14)) as tx:
        device = tx.get_one(Device, 1)
        later = device.model_dump(exclude={"id", "revision", "status"})
        later["definition"] = device.definition | {"intended_purpose": OTHER}
        later["definition_digest"] = digest_of(later["definition"])
        add(tx, Device(**later, revision=2))
    with judged.reader() as reader:
        request = Request("validation_report", DEVICE)
        basis, content = content_now(reader, request, now=at(15))
        said = str(gather_validation(reader, basis))
    assert content.header.device_versions[0].text.startswith("small-1 ")
    assert definition().intended_purpose in said and OTHER not in said
