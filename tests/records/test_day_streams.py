"""What a day brought beside the studies that were read, from the records alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import event
from sqlmodel import Session

from monitoring.day_streams import streams_of_day, turnaround_streams
from monitoring.plan import parse_plan
from records.cases import Prediction, Quarantine, ReaderAssessment, Study
from records.day_streams import NO_ANSWER, files_on, turnarounds_on, unanswered_on
from records.errors import Refused
from records.product import DatasetVersion, Device, ModelVersion, Site
from records.series_choices import SeriesChoice
from records.store import Store
from tests.monitoring.example_plan import example_content
from tests.records.test_queries import add, add_study


@pytest.fixture
def day(store: Store, now: datetime) -> Store:
    """One site: three studies read, one not by its series, one failed; three files refused."""
    with store.transaction("setup", now=now) as tx:
        add(tx, Site(name="north", registered_at=now))
        add(tx, Device(name="d", revision=1, trade_name="D", definition={}, definition_digest="0",
                       defined_at=now))  # fmt: skip
        add(tx, DatasetVersion(
            device_id=1, name="d", manifest_digest="0", content_digest="0", vault_path="d",
            commit="0", studies=0, patients=0, splits={}, datasheet={}, frozen_at=now,
        ))  # fmt: skip
        add(tx, ModelVersion(
            device_id=1, dataset_version_id=1, name="m", version_digest="0", weights_hash="0",
            architecture="a", model={}, operating_point=0.5, params={}, dvc_lock_digest="0",
            code_digest="0", commit="0", vault_path="m", trained_at=now,
        ))  # fmt: skip
        for number in (1, 2, 3):
            add_study(tx, number, now)
        _unread(tx, 4, now)
        _unread(tx, 5, now)
        for image, reason in ((None, "first"), (None, "no lateral series")):
            add(tx, SeriesChoice(
                study_id=4, model_version_id=1, instance_id=image, reason=reason,
                findings=[], definition_digest="0", chosen_at=now,
            ))  # fmt: skip
        for number, why in enumerate(("undecodable", "undecodable", "out_of_scope",
                                      "rejection_note:113037")):  # fmt: skip
            add(tx, Quarantine(
                source_digest=f"q{number}", site_id=1, reason=why, size_bytes=1,
                arrived_on=now.date(), received_at=now,
            ))  # fmt: skip
        add(tx, _reading(1, "R1", now + timedelta(minutes=90)))
        add(tx, _reading(1, "R2", now + timedelta(minutes=95)))
        add(tx, _reading(2, "R1", now + timedelta(days=1)))
    return store


def _unread(tx: Session, number: int, now: datetime) -> None:
    add(tx, Study(
        study_uid=f"2.25.{number}", patient="P", site_id=1, purpose="clinical",
        arrived_on=now.date(), received_at=now, rows=8, columns=8,
    ))  # fmt: skip


def _reading(study: int, reader: str, at: datetime) -> ReaderAssessment:
    return ReaderAssessment(
        study_id=study, reader=reader, finding="f", present=True, saw_output=True,
        assessed_on=at.date(), received_at=at,
    )


def test_refused_files_are_counted_by_reason_beside_those_taken_in(
    day: Store, now: datetime
) -> None:
    with day.reader() as reader:
        found = files_on(reader, now.date())
        assert found == {"north": {None: 3, "undecodable": 2, "out_of_scope": 1}}
        assert files_on(reader, now.date() + timedelta(days=1)) == {}


def test_each_study_without_an_answer_says_why(day: Store, now: datetime) -> None:
    with day.reader() as reader:
        version = reader.get_one(ModelVersion, 1)
        found = unanswered_on(reader, version, now.date(), sites=["north"])
        assert found == {"north": [None, None, None, "no lateral series", NO_ANSWER]}
        assert unanswered_on(reader, version, now.date(), sites=["south"]) == {}


def test_the_wait_ends_with_the_first_reading_and_counts_on_its_day(
    day: Store, now: datetime
) -> None:
    with day.reader() as reader:
        version = reader.get_one(ModelVersion, 1)
        found = turnarounds_on(reader, version, now.date(), sites=["north"])
        assert found == {"north": [(True, 90.0)]}
        later = turnarounds_on(
            reader, version, now.date() + timedelta(days=1), sites=["north"]
        )
        assert later == {"north": [(True, 24 * 60.0)]}


def test_only_the_streams_of_the_plan_are_asked_for_each_once(day: Store, now: datetime) -> None:
    content = example_content()
    plain = parse_plan(content)
    content["charts"] += [
        {"name": "refused", "detector": "stated_share"},
        {"name": "reasons", "detector": "new_name"},
        {"name": "unread", "detector": "stated_share", "parameters": {"column": "not_run"}},
    ]
    asked: list[str] = []
    with day.reader() as reader:
        version = reader.get_one(ModelVersion, 1)
        event.listen(
            reader.get_bind(), "before_cursor_execute",
            lambda _c, _x, statement, *_: asked.append(statement),
        )
        args = ({1: version}, {1: {"north"}}, now.date())
        assert streams_of_day(reader, plain, *args) == {}
        assert asked == []
        found = streams_of_day(reader, parse_plan(content), *args)
    assert len(asked) == 2
    assert [one for one in found["north"]["not_run"] if one] == ["no lateral series", NO_ANSWER]
    assert len(found["north"]["refused"]) == 6


def test_flagged_studies_are_paired_with_others_of_the_day(now: datetime) -> None:
    waited = [(True, 10.0), (True, 20.0), (False, 60.0), (False, 90.0), (False, 5.0)]
    found = turnaround_streams(waited, now.date())
    assert found["turnaround_flagged"].tolist() == [10.0, 20.0]
    assert len(found["turnaround_unflagged"]) == 3
    assert len(found["flagged_later"]) == 2
    assert found["flagged_later"].tolist() == turnaround_streams(waited, now.date())[
        "flagged_later"
    ].tolist()
    slow = turnaround_streams([(True, 99.0), (False, 1.0)], now.date())
    assert np.array_equal(slow["flagged_later"], [1.0])


def test_what_the_model_saw_is_kept_with_the_prediction_and_never_changed(
    day: Store, now: datetime
) -> None:
    with day.transaction("service:surveillance", "read", now=now) as tx:
        number = add(tx, Prediction(
            study_id=4, model_version_id=1, score=0.5, decision=True, out_of_distribution=0.1,
            returned_to_care=False, predicted_at=now, embedding=[0.25, -1.5], deployment_id=None,
        ))  # fmt: skip
    with day.reader() as reader:
        assert reader.get_one(Prediction, number).embedding == [0.25, -1.5]
        assert reader.get_one(Prediction, 1).embedding is None
        version = reader.get_one(ModelVersion, 1)
        found = unanswered_on(reader, version, now.date(), sites=["north"])
        assert found == {"north": [None, None, None, None, NO_ANSWER]}
    with pytest.raises(Refused, match="embedding"), day.transaction("x", "y", now=now) as tx:
        tx.get_one(Prediction, number).embedding = [0.0]
