"""The model reads the chosen image and no other; what is not chosen has its reason on record."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import select

from imaging.pixels import parse_file, read_pixels
from journeys.return_results import keep_results
from journeys.select_series import select_in_files, select_in_studies
from journeys.watch_day import predict_day, watch_of
from models.predict import Predictor
from records.cases import Instance, Prediction, Study
from records.definition import load_definition
from records.errors import Refused
from records.lookup import list_records
from records.product import ModelVersion
from records.result_deliveries import ResultDelivery
from records.series_choices import SeriesChoice, images_read
from records.store import Store
from records.study_path import study_path
from records.vault import Vault
from records.verify import verify_records
from tests.cli.conftest import Run, run
from tests.journeys.choosing import image, taken_in, three_studies, with_rules
from tests.journeys.test_revalidate import DEVICE
from tests.models.conftest import model_folder, tiny_dataset, tiny_params, training_folder

__all__ = ["model_folder", "run", "tiny_dataset", "tiny_params", "training_folder"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "arrived"


@pytest.fixture
def version(store: Store, folder: Path, model_folder: Path, now: datetime) -> ModelVersion:
    made = with_rules(store, folder.parent, model_folder, now)
    three_studies(folder)
    assert taken_in(store, folder, now).stored == 7
    return made


def read_day(store: Store, now: datetime) -> int:
    with store.reader() as reader:
        watch = watch_of(reader, DEVICE)
    return predict_day(store, watch, now.date(), actor="service:surveillance", now=now)


def test_the_model_reads_the_chosen_image_and_no_other(
    store: Store, version: ModelVersion, model_folder: Path, now: datetime
) -> None:
    assert read_day(store, now) == 1
    with store.reader() as reader:
        (read,) = list_records(reader, Prediction)
        (seen,) = images_read(reader, read)
        images = list_records(reader, Instance)
        assert verify_records(reader).whole
    predictor = Predictor.load(model_folder, weights_hash=version.weights_hash)
    vault = Vault(store.workspace.vault)
    arrays = [read_pixels(parse_file(vault.fetch(one.digest, of=""))).array for one in images]
    scores = [predictor.predict([one])[0].score for one in arrays]
    numbers = [
        int(parse_file(vault.fetch(one.digest, of="")).InstanceNumber) for one in images
    ]
    close = [abs(score - read.score) < 1e-9 for score in scores]
    assert [number for number, one in zip(numbers, close, strict=True) if one] == [13]
    assert seen.digest == images[numbers.index(13)].digest


def test_a_tie_and_a_refusal_are_recorded_once_with_their_reasons(
    store: Store, version: ModelVersion, now: datetime
) -> None:
    assert [read_day(store, now) for _ in range(3)] == [1, 0, 0]
    with store.reader() as reader:
        choices = list_records(reader, SeriesChoice)
        steps = {
            one.id: study_path(reader, one)[1] for one in list_records(reader, Study)
        }
    assert [one.instance_id is None for one in choices] == [False, True, True]
    assert choices[1].reason.startswith("a tie: 2 series meet 'frontal, not a scout'")
    assert choices[2].findings[0]["why"] == "'frontal, not a scout': view LL, not PA or AP"
    assert len(choices[0].findings) == 3
    assert "Huber" not in json.dumps([one.findings for one in choices])
    whats = [step.what for step in steps.values()]
    assert whats == ["read", "not read", "not read"]
    texts = [step.why for step in steps.values()]
    assert "SRC-0001: INS-0003, its series meets" in texts[0]
    assert texts[1] == f"SRC-0002: {choices[1].reason}"


def test_what_arrives_later_the_same_day_may_settle_a_tie(
    store: Store, folder: Path, version: ModelVersion, now: datetime
) -> None:
    read_day(store, now)
    later = folder.parent / "later"
    image(later, 23, study=2, series=2)
    taken_in(store, later, now)
    assert read_day(store, now) == 1
    with store.reader() as reader:
        of_second = reader.exec(select(SeriesChoice).where(SeriesChoice.study_id == 2)).all()
    assert [one.instance_id is None for one in of_second] == [True, False]


def test_a_result_names_only_the_image_that_was_read(
    store: Store, version: ModelVersion, now: datetime
) -> None:
    read_day(store, now)
    with store.transaction("setup", "released", now=now) as tx:
        tx.get_one(ModelVersion, version.id).status = "released"
    with store.reader() as reader:
        (read,) = list_records(reader, Prediction)
        (seen,) = images_read(reader, read)
        assert not list_records(reader, ResultDelivery)
    (kept,) = keep_results(store, read)
    report = parse_file(Vault(store.workspace.vault).fetch(kept.digest, of=""))
    named = {
        str(one.value) for one in report.iterall() if one.keyword == "ReferencedSOPInstanceUID"
    }
    assert named == {seen.instance_uid}


def test_without_rules_a_result_names_the_first_image_alone_which_the_model_read(
    store: Store, folder: Path, model_folder: Path, now: datetime
) -> None:
    version = with_rules(store, folder.parent, model_folder, now, rules=None)
    three_studies(folder)
    assert taken_in(store, folder, now).stored == 7
    assert read_day(store, now) == 3
    image(folder.parent / "later", 32, study=3, series=2)
    assert taken_in(store, folder.parent / "later", now).stored == 1
    assert read_day(store, now) == 0
    with store.transaction("setup", "released", now=now) as tx:
        tx.get_one(ModelVersion, version.id).status = "released"
    with store.reader() as reader:
        readings, images = list_records(reader, Prediction), list_records(reader, Instance)
        choices = list_records(reader, SeriesChoice)
        steps = study_path(reader, reader.get_one(Study, 1))
        assert verify_records(reader).whole
    assert [(one.study_id, one.findings) for one in choices] == [(1, []), (2, [])]
    assert "its series holds the first of 4 images: the device declares no rules" in steps[1].why
    vault = Vault(store.workspace.vault)
    predictor = Predictor.load(model_folder, weights_hash=version.weights_hash)
    for read in readings:
        (kept,) = keep_results(store, read)
        report = parse_file(vault.fetch(kept.digest, of=""))
        (named,) = {
            str(one.value) for one in report.iterall() if one.keyword == "ReferencedSOPInstanceUID"
        }
        (seen,) = (one for one in images if one.instance_uid == named)
        assert seen.id == min(one.id or 0 for one in images if one.study_id == read.study_id)
        away = {
            one.id: abs(predictor.predict(
                [read_pixels(parse_file(vault.fetch(one.digest, of=""))).array]
            )[0].score - read.score)
            for one in images if one.study_id == read.study_id
        }  # fmt: skip
        assert [number for number, by in away.items() if by < 1e-6] == [seen.id]  # of 32 bits


def test_the_dry_run_of_files_says_the_same_as_what_is_done_and_writes_nothing(
    store: Store, folder: Path, version: ModelVersion, now: datetime
) -> None:
    definition = load_definition(folder.parent / "device.yaml")
    (folder / "note.txt").write_text("no image")
    dry = select_in_files(definition, folder)
    assert dry.refused == {"not_dicom": 1}
    with store.reader() as reader:
        studies = list_records(reader, Study)
        assert not list_records(reader, SeriesChoice)
    held = select_in_studies(store, definition, studies)
    assert list(held.choices) == ["STU-0001", "STU-0002", "STU-0003"]
    read_day(store, now)
    with store.reader() as reader:
        recorded = list_records(reader, SeriesChoice)
    for one, other, record in zip(
        dry.choices.values(), held.choices.values(), recorded, strict=True
    ):
        assert one.reason == other.reason == record.reason
        assert [f.why for f in one.findings] == [f["why"] for f in record.findings]
        assert [f.to_dict() for f in other.findings] == record.findings


def test_without_rules_there_is_nothing_to_try() -> None:
    from records.definition import find_definition

    with pytest.raises(Refused, match="no rules of selection"):
        select_in_files(load_definition(find_definition(DEVICE)), Path())


def test_the_command_lists_every_series_with_its_reason(
    run: Run, store: Store, folder: Path, version: ModelVersion
) -> None:
    home = store.workspace.home
    for what, study in ((folder, "study 2"), ("STU-0002", "STU-0002")):
        result = run("--home", home, "study", "select", what)
        assert result.exit_code == 0, result.output
        assert "a tie: 2 series meet" in result.output
        assert f"{study}: nothing is read: a tie" in result.output
        assert "Huber" not in result.output
        assert "ACC-" not in result.output
    rows = json.loads(run("--home", home, "study", "select", "STU-0001", "--json").output)
    assert [row["chosen"] for row in rows] == [False, True, False]
    assert rows[0]["description"] == "Scout"
    assert run("--home", home, "study", "select", "ACC-1").exit_code == 1
    with store.reader() as reader:
        assert not list_records(reader, SeriesChoice)
