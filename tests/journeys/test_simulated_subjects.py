"""Which studies a device is shown with, and that its truth is told in its own words."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlmodel import col, select

from imaging.arriving_files import find_files
from imaging.ingest import Arrival, ingest
from imaging.pixels import read_file, read_pixels
from imaging.sources.base import Defect, SourceRefused
from imaging.sources.knobs import Knobs
from imaging.sources.masks import mask_of
from imaging.sources.simulator import development_plan, operation_day_plan, simulate
from imaging.sources.truth import read_truth_csv, write_truth_csv
from journeys.demonstrate import STEPS, steps_of
from journeys.demonstration_order import Order, operated, same_order
from journeys.receive_truth import receive_truth_list
from journeys.simulated_subjects import (
    SERIES_SUBJECTS,
    SUBJECTS,
    TABLE_SUBJECTS,
    Scale,
    named_truth,
    reported_subject_of,
    subject_of,
)
from models.tasks import TASKS
from records.cases import ReferenceStandard, Study
from records.definition import TaskDefinition, find_definition, load_definition
from records.errors import InvalidInput
from records.outlines import known_outlines, regions_of
from records.store import Store
from records.vault import Vault


def test_every_subject_is_of_a_device_that_comes_with_radvigil() -> None:
    kinds = {load_definition(find_definition(name)).task.kind for name in SUBJECTS}
    assert kinds == {"classification", "multilabel", "segmentation", "triage"} <= set(TASKS)
    assert all(operated(name) for name in SUBJECTS)
    reported = {*TABLE_SUBJECTS, *SERIES_SUBJECTS}
    assert not any(operated(name) for name in reported)
    assert {load_definition(find_definition(name)).task.kind for name in reported} == {
        name for name, task in TASKS.items() if task.not_operated
    }
    assert Order(device="lung-fields").size == subject_of("lung-fields").scale
    assert Order().size == Scale()


def test_a_device_that_is_not_operated_ends_at_a_signed_report_and_knows_no_fault() -> None:
    names = [step.name for step in steps_of("chest-prognosis")]
    assert names[-3:] == ["decide", "document", "verify"]
    assert "operate" not in names
    assert steps_of("chest-triage") == STEPS
    order = Order(device="chest-prognosis")
    assert order.size == reported_subject_of("chest-prognosis").scale
    assert same_order(order.identity(), Order(device="chest-prognosis", drift=False).identity())


@pytest.mark.parametrize(
    "device", ["chest-prognosis", "low-dose-chest", "lung-fields", "pneumonia-lung-radiomics"]
)
def test_real_images_whose_truth_is_more_than_a_finding_are_refused(
    device: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceRefused, match="are not shown day by day"):
        Order(device=device, data=tmp_path).identity()


def test_a_device_without_simulated_studies_is_refused_with_those_that_have_some() -> None:
    with pytest.raises(InvalidInput, match="simulated ones: chest-ct-nodule, chest-findings"):
        Order(device="breast-ultrasound-lesion")
    with pytest.raises(InvalidInput, match="There is no device"):
        Order(device="hip-replacement")


def test_an_order_of_another_device_is_another_order_and_an_old_one_names_none() -> None:
    usual, triage = Order().identity(), Order(device="chest-triage").identity()
    assert not same_order(usual, triage)
    before = {name: value for name, value in usual.items() if name != "device"}
    assert same_order(before, usual)
    assert same_order(usual, before)
    assert not same_order(before, triage)


def test_triage_truth_is_a_class_of_the_device_and_says_the_same_as_the_finding(
    tmp_path: Path,
) -> None:
    task = load_definition(find_definition("chest-triage")).task
    knobs = subject_of("chest-triage").knobs
    plans = [one for one in development_plan(3, 6, knobs=knobs) if one.defect is None]
    told = [named_truth(one, task) for one in simulate(plans, tmp_path, workers=1)]
    names = {one.truth.class_name for one in told if one.truth}
    assert names == set(task.classes)
    for one in told:
        assert one.truth is not None
        assert bool(one.truth.finding) == (one.truth.class_name != task.none)
    lacking = task.model_copy(update={"findings": ["pneumonia"]})
    with pytest.raises(InvalidInput, match="pneumonia and pneumothorax"):
        for one in told:
            named_truth(one, lacking)


def test_the_truth_of_findings_present_together_names_each_and_none_where_there_is_none(
    tmp_path: Path,
) -> None:
    task = load_definition(find_definition("chest-findings")).task
    knobs = Knobs(prevalence=0.5, pneumothorax=0.5, together=True)
    plans = [one for one in development_plan(3, 8, knobs=knobs) if one.defect is None]
    told = [named_truth(one, task) for one in simulate(plans, tmp_path, workers=1)]
    names = {one.truth.class_name for one in told if one.truth}
    assert names == {"none of these findings", "pneumonia", "pneumothorax",
                     "pneumonia|pneumothorax"}  # fmt: skip
    for one in told:
        assert one.truth is not None
        states = task.states(one.truth.class_name, of=one.study_uid)
        assert one.truth.finding == int(1 in states)


def outlined(store: Store, now: datetime) -> tuple[Path, list[str]]:
    """Three studies with outlines, taken in, and their list; which masks it names."""
    subject, incoming = subject_of("lung-fields"), store.workspace.incoming
    plans = subject.planned(
        operation_day_plan(4, "northfield", 0, 3, False, knobs=subject.knobs)
    )
    made = simulate([one for one in plans if one.defect is None], incoming, workers=1)
    write_truth_csv(made, incoming / "truth.csv")
    ingest(
        store, find_files(incoming / "northfield").paths,
        Arrival("northfield", "clinical", now.date()), actor="service:intake", now=now,
    )
    return incoming / "truth.csv", [one.truth.outline for one in made if one.truth]


def receive(store: Store, path: Path, now: datetime, *, outlined: bool = True) -> int:
    kind: Any = "segmentation" if outlined else "classification"
    return receive_truth_list(
        store, path, task=TaskDefinition(kind=kind, finding="lungs", definition="drawn by two"),
        until=date(2026, 7, 1), actor="service:intake", now=now, adjudicated=True,
    ).recorded


@pytest.fixture
def later() -> datetime:
    return datetime(2026, 7, 1, 8, tzinfo=UTC)


def test_true_outlines_lie_on_their_pictures_and_come_with_the_truth(
    store: Store, later: datetime
) -> None:
    path, names = outlined(store, later)
    assert len(set(names)) == 3
    assert all(truth.finding == 1 and reading is None for truth, reading in read_truth_csv(path))
    assert receive(store, path, later) == 3
    assert receive(store, path, later) == 0
    with store.reader() as reader:
        rows = reader.exec(select(ReferenceStandard)).all()
        shapes = {(one.rows, one.columns) for one in reader.exec(select(Study))}
    masks = [mask_of(Vault(store.workspace.vault).fetch(one.region, of="mask")) for one in rows]
    assert {mask.shape for mask in masks} == shapes
    for file in find_files(path.parent / "northfield").paths:
        picture = read_pixels(read_file(file)).array
        inside = [float(picture[mask].mean() - picture[~mask].mean()) for mask in masks]
        assert min(inside) < -0.05, "lungs are darker than what is around them"
    shares = [float(np.mean(mask)) for mask in masks]
    assert 0.15 < min(shares) < max(shares) < 0.55


def test_an_outline_that_was_drawn_anew_is_a_new_version_where_the_list_corrects(
    store: Store, later: datetime
) -> None:
    path, names = outlined(store, later)
    assert receive(store, path, later) == 3
    mask = Image.open(path.parent / names[0])
    smaller = np.asarray(mask).copy()
    smaller[: smaller.shape[0] // 2] = 0
    Image.fromarray(smaller).save(path.parent / names[0])
    task = TaskDefinition(kind="segmentation", finding="lungs", definition="drawn by two")
    said = [
        receive_truth_list(
            store, path, task=task, until=date(2026, 7, 5), actor="service:intake", now=later,
            adjudicated=True, corrects=corrects,
        )
        for corrects in (False, True, True)
    ]  # fmt: skip
    assert [(one.recorded, one.known, one.contradicting, one.corrected) for one in said] == [
        (0, 3, 1, 0), (1, 2, 0, 1), (0, 3, 0, 0),
    ]  # fmt: skip
    with store.reader() as reader:
        rows = reader.exec(select(ReferenceStandard).order_by(col(ReferenceStandard.id))).all()
        newest = rows[-1]
        assert (len(rows), newest.version, newest.known_on) == (4, 2, date(2026, 7, 5))
        standing = {region for region, _ in regions_of(reader, "lungs").values()}
        before = next(one for one in rows if one.id == newest.supersedes_id)
        assert newest.region in standing
        assert before.region not in standing
        assert len(known_outlines(reader, "lungs", until=date(2026, 7, 4))) == 3
        drawn = {region for region, _ in
                 known_outlines(reader, "lungs", until=date(2026, 7, 4)).values()}  # fmt: skip
        assert before.region in drawn, "what was known before it was corrected stays so"


def test_a_device_that_outlines_nothing_takes_the_finding_and_no_mask(
    store: Store, later: datetime
) -> None:
    path, _ = outlined(store, later)
    assert receive(store, path, later, outlined=False) == 3
    with store.reader() as reader:
        rows = reader.exec(select(ReferenceStandard)).all()
    assert [one.region for one in rows] == ["", "", ""]
    assert all(one.present for one in rows)


def test_a_mask_that_is_not_there_or_elsewhere_is_refused(store: Store, later: datetime) -> None:
    path, names = outlined(store, later)
    (path.parent / "arrivals.json").write_text("{}")
    listed = path.read_text()
    for outline, words in (
        ("../../outside.png", "there is no mask outside.png"),
        ("outlines/no.png", "no mask no.png"), ("arrivals.json", "is no PNG"),
    ):
        path.write_text(listed.replace(names[2], outline))
        with pytest.raises(SourceRefused, match=words):
            receive(store, path, later)
    with store.reader() as reader:
        assert reader.exec(select(ReferenceStandard)).first() is None


def test_no_defective_file_has_an_outline(tmp_path: Path) -> None:
    subject = subject_of("lung-fields")
    plans = subject.planned(development_plan(1, 1, knobs=subject.knobs))
    bad = replace(plans[0], defect=Defect.TRUNCATED)
    (made,) = simulate([bad], tmp_path, workers=1)
    assert made.truth is None
    assert not list((tmp_path / "outlines").iterdir())
