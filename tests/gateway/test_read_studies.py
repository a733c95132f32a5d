from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from imaging.ingest import Arrival, ingest
from imaging.pixels import PixelRefusal, PixelsRefused, parse_file, read_pixels
from journeys import read_studies as reading
from journeys.serving_versions import load_verified
from journeys.watch_day import watch_of
from models.predict import Predictor
from records.cases import Prediction, Study
from records.day_streams import unanswered_on
from records.errors import IntegrityBroken
from records.lookup import list_records
from records.product import ModelVersion
from records.queries import studies_awaiting_prediction
from records.series_choices import SeriesChoice
from records.store import Store
from records.suspensions import propose_suspension
from records.told import told_of
from records.vault import Vault
from tests.gateway.operation import ACTOR, BEGIN, DEVICE, SITE, radiograph


class Reading:
    """Studies of one site that wait to be read by the version there."""

    def __init__(self, store: Store, version: ModelVersion, folder: Path, studies: int) -> None:
        self.store, self.vault = store, Vault(store.workspace.vault)
        self.predictor: Predictor = load_verified(store, version)
        with store.reader() as reader:
            self.watch = watch_of(reader, DEVICE)
        for number in range(1, studies + 1):
            pixels = np.random.default_rng(number).integers(0, 4096, (96, 96), np.uint16)
            radiograph(folder, number, Rows=96, Columns=96, PixelData=pixels.tobytes())
        ingest(store, sorted(folder.iterdir()), Arrival(SITE, "clinical", BEGIN.date()),
               actor="intake", now=BEGIN)  # fmt: skip

    @property
    def waiting(self) -> list[tuple[int, int, str]]:
        with self.store.reader() as reader:
            return studies_awaiting_prediction(
                reader, self.watch.version, sites=self.watch.sites
            )

    @property
    def scores(self) -> list[float]:
        with self.store.reader() as reader:
            return [one.score for one in list_records(reader, Prediction)]

    def read(self, **more: Any) -> int:
        return reading.read_studies(
            self.store, self.watch, self.waiting, load=lambda: self.predictor, actor=ACTOR,
            reason="read", now=BEGIN, **more,
        )  # fmt: skip


def test_a_picture_that_was_handed_on_is_read_and_its_file_is_not_opened_again(
    store: Store, version: ModelVersion, tmp_path: Path
) -> None:
    found = Reading(store, version, tmp_path / "in", 3)
    waiting = found.waiting
    stored = [read_pixels(parse_file(found.vault.fetch(one, of="it"))) for _, _, one in waiting]
    ready = {
        digest: (found.predictor.preprocessing.prepared(pixels.array), pixels.spacing_mm)
        for (_, _, digest), pixels in zip(waiting, stored, strict=True)
    }
    for _, _, digest in waiting:
        found.vault.path_of(digest).unlink()
    with pytest.raises(IntegrityBroken, match="STU-0001"):
        found.read()
    assert found.read(ready=ready) == 3
    alone = found.predictor.predict([one.array for one in stored])
    assert found.scores == [one.score for one in alone]


def test_a_study_that_cannot_be_read_costs_only_what_is_recorded_with_it(
    store: Store, version: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "RECORDED_TOGETHER", 2)
    found = Reading(store, version, tmp_path / "in", 5)
    bad = found.waiting[3]
    kept = found.vault.path_of(bad[2]).read_bytes()
    found.vault.path_of(bad[2]).write_bytes(b"another")
    with pytest.raises(IntegrityBroken, match=Study.label_of(bad[0])):
        found.read()
    assert len(found.scores) == 2
    found.vault.path_of(bad[2]).write_bytes(kept)
    assert found.read() == 3
    assert len(set(found.scores)) == 5


def suspend(store: Store, version: ModelVersion) -> str:
    with store.transaction("service:surveillance", "revalidation failed", now=BEGIN) as tx:
        return propose_suspension(
            tx, version, SITE, grounds="sensitivity fell", by="service:surveillance", now=BEGIN,
            rule="MPL-0001, revalidation.fail_safe",
        ).why_not_read


@pytest.mark.requirement("REG-063")
def test_where_use_is_suspended_nothing_is_read_for_care_and_the_answer_says_why(
    store: Store, version: ModelVersion, tmp_path: Path
) -> None:
    found = Reading(store, version, tmp_path / "in", 2)
    why = suspend(store, version)
    assert why == "device suspended (SUS-0001)"
    assert found.read() == 0
    assert found.read() == 0
    with store.reader() as reader:
        studies = [one.id or 0 for one in list_records(reader, Study)]
        answers = list(told_of(reader, studies).values())
    assert [one.reading for one in answers] == [None, None]
    assert all(one.why.endswith(why) for one in answers)
    assert found.read(for_care=False) == 2
    with store.reader() as reader:
        assert not any(one.returned_to_care for one in list_records(reader, Prediction))
        answers = list(told_of(reader, studies).values())
    assert [one.reading for one in answers] == [None, None]
    assert all("read for a revalidation alone" in one.why for one in answers)


def test_what_is_being_read_when_use_is_suspended_is_not_returned(
    store: Store, version: ModelVersion, tmp_path: Path
) -> None:
    found = Reading(store, version, tmp_path / "in", 1)

    def load() -> Predictor:
        suspend(store, version)
        return found.predictor

    read = reading.read_studies(
        store, found.watch, found.waiting, load=load, actor=ACTOR, reason="read", now=BEGIN
    )
    assert read == 1
    with store.reader() as reader:
        (one,) = list_records(reader, Prediction)
        assert not one.returned_to_care


@pytest.mark.parametrize("fault", ["undecodable", "unprepared", "no number"])
def test_a_picture_that_cannot_be_read_is_left_out_with_its_reason_and_the_others_are_read(
    store: Store, version: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    found = Reading(store, version, tmp_path / "in", 4)
    bad = found.waiting[2]
    first, kind = found.predictor, type(found.predictor)
    pixels = read_pixels(parse_file(found.vault.fetch(bad[2], of="it")))
    spoilt = first.preprocessing.prepared(pixels.array)

    def decoded(dataset: Any) -> Any:
        said = read_pixels(dataset)
        if np.array_equal(said.array, pixels.array):
            if fault == "undecodable":
                raise PixelsRefused(PixelRefusal.UNDECODABLE, "Zwetschkenbaum")
            if fault == "unprepared":
                return SimpleNamespace(array=said.array * np.nan, spacing_mm=said.spacing_mm)
        return said

    whole = kind.predict_prepared

    def said_of(own: Predictor, prepared: Any, *more: Any) -> Any:
        if any(np.array_equal(one.picture, spoilt.picture) for one in prepared):
            raise ValueError("the network's output is not finite for every study")
        return whole(own, prepared, *more)

    monkeypatch.setattr("imaging.pixels.read_pixels", decoded)
    if fault == "no number":
        monkeypatch.setattr(kind, "predict_prepared", said_of)
    assert found.read() == 3
    with store.reader() as reader:
        (why,) = [one.why for one in told_of(reader, [bad[0]]).values()]
        others = told_of(reader, [one for one in range(1, 5) if one != bad[0]])
        left = unanswered_on(reader, version, BEGIN.date(), sites=[SITE])[SITE]
    assert "reading failed: " in why and "Zwetschkenbaum" not in why
    assert all(one.reading for one in others.values())
    assert [one.startswith("reading failed") for one in left if one] == [True]
    assert found.read() == 0
    with store.reader() as reader:
        assert len(list_records(reader, SeriesChoice)) == 1, "said once, however often it is tried"
    monkeypatch.undo()
    assert found.read() == 1


def test_a_network_that_answers_nothing_is_no_fault_of_a_picture(
    store: Store, version: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Reading(store, version, tmp_path / "in", 2)

    def broken(*_: Any) -> Any:
        raise ValueError("the network's output is not finite for every study")

    monkeypatch.setattr(type(found.predictor), "predict_prepared", broken)
    with pytest.raises(ValueError, match="not finite"):
        found.read()
    with store.reader() as reader:
        assert not list_records(reader, SeriesChoice)
