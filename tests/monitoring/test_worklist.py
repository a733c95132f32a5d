"""Which study is read next and why; what that does to findings that the device missed."""

from datetime import date, datetime, timedelta

import pytest

from monitoring.time_to_read import ReadingRoom, estimate_time_to_read
from monitoring.worklist import NOT_READ, NOT_USED, SHADOW, time_to_read, waiting_studies
from records.base import digest_of
from records.cases import Prediction, ReaderAssessment, ReferenceStandard, Study
from records.definition import DeviceDefinition, find_definition, load_definition
from records.errors import InvalidInput, NotFound
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.queries import find_device, running_deployments
from records.store import Store
from records.suspensions import propose_suspension

DAY = date(2026, 1, 5)
NAME = "chest-radiograph-pneumonia"


def definition() -> DeviceDefinition:
    return load_definition(find_definition(NAME))


def add_device(store: Store, now: datetime, *, content: dict[str, object]) -> None:
    with store.transaction("setup", now=now) as tx:
        tx.add_all([Site(name="north", registered_at=now), Site(name="south", registered_at=now)])
        tx.add(Device(name=NAME, revision=1, trade_name="D", definition=content,
                      definition_digest=digest_of(content), defined_at=now))  # fmt: skip
        tx.flush()
        tx.add(DatasetVersion(
            device_id=1, name="d", manifest_digest="0", content_digest="0", vault_path="d",
            commit="0", studies=0, patients=0, splits={}, datasheet={}, frozen_at=now,
        ))  # fmt: skip
        tx.flush()
        tx.add(ModelVersion(
            device_id=1, dataset_version_id=1, name="m", version_digest="1", weights_hash="1",
            architecture="a", model={}, operating_point=0.5, params={}, dvc_lock_digest="0",
            code_digest="0", commit="0", vault_path="m", trained_at=now,
        ))  # fmt: skip
        tx.flush()
        tx.add_all([
            Deployment(model_version_id=1, site_id=1, mode="live", started_at=now),
            Deployment(model_version_id=1, site_id=2, mode="shadow", started_at=now),
        ])  # fmt: skip


def add_study(
    store: Store, at: datetime, *, site: int = 1, score: float | None = None,
    present: bool | None = None, read: bool = False, outputs: dict[str, float] | None = None,
) -> str:  # fmt: skip
    with store.transaction("setup", now=at) as tx:
        study = Study(
            study_uid=f"2.25.{at.timestamp()}.{site}", patient="P", site_id=site,
            purpose="clinical", arrived_on=at.date(), received_at=at, rows=8, columns=8,
        )
        tx.add(study)
        tx.flush()
        assert study.id is not None
        if score is not None:
            tx.add(Prediction(
                study_id=study.id, model_version_id=1, score=score, decision=score >= 0.5,
                out_of_distribution=0.0, returned_to_care=site == 1, predicted_at=at,
                outputs=outputs or {},
                deployment_id=site,
            ))  # fmt: skip
        if present is not None:
            tx.add(ReferenceStandard(
                study_id=study.id, finding="pneumonia", present=present, source="panel",
                known_on=at.date(), received_at=at,
            ))  # fmt: skip
        if read:
            tx.add(ReaderAssessment(
                study_id=study.id, reader="R1", finding="pneumonia", present=True,
                saw_output=False, assessed_on=at.date(), received_at=at,
            ))  # fmt: skip
        return study.label


def test_a_flagged_study_is_moved_up_until_another_has_waited_too_long(
    store: Store, now: datetime
) -> None:
    add_device(store, now, content=definition().model_dump(mode="json"))
    minutes = timedelta(minutes=1)
    plain = add_study(store, now, score=0.2)
    unanswered = add_study(store, now + 10 * minutes)
    flagged = add_study(store, now + 20 * minutes, score=0.5)
    add_study(store, now + 5 * minutes, score=0.9, read=True)
    elsewhere = add_study(store, now, site=2, score=0.9)

    def at(minute: int, site: str = "north") -> list[tuple[str, str]]:
        with store.reader() as reader:
            found = waiting_studies(
                reader, find_device(reader, NAME), site=site, since=DAY, now=now + minute * minutes
            )
        assert [one.place for one in found] == list(range(1, len(found) + 1))
        return [(one.study, one.why) for one in found]

    assert at(30) == [
        (flagged, "moved up: score at least 0.5"), (plain, "in its turn"), (unanswered, NOT_READ)
    ]  # fmt: skip
    assert at(15) == [(plain, "in its turn"), (unanswered, NOT_READ)]
    assert at(120) == [
        (plain, "waited the longest wait"), (flagged, "moved up: score at least 0.5"),
        (unanswered, NOT_READ),
    ]  # fmt: skip
    assert at(30, "south") == [(elsewhere, SHADOW)]
    with store.transaction("ada", "suspend", now=now) as tx:
        propose_suspension(
            tx, tx.get_one(ModelVersion, 1), "north", grounds="sensitivity fell", by="ada",
            rule="MPL-0001, revalidation.fail_safe", now=now,
        )
    suspended = "device suspended (SUS-0001)"
    assert at(30) == [
        (plain, f"{NOT_USED}: {suspended}"), (unanswered, f"{NOT_READ}: {suspended}"),
        (flagged, f"{NOT_USED}: {suspended}"),
    ], "what a suspended device said moves nothing up"


def test_a_triage_device_says_which_finding_a_study_is_moved_up_for(
    store: Store, now: datetime
) -> None:
    triage = load_definition(find_definition("chest-triage"))
    add_device(store, now, content=triage.model_dump(mode="json") | {"name": NAME})
    add_study(store, now, score=0.3,
              outputs=dict(zip(triage.task.classes, (0.6, 0.1, 0.3), strict=True)))  # fmt: skip
    add_study(store, now + timedelta(minutes=1), score=0.58,
              outputs=dict(zip(triage.task.classes, (0.25, 0.15, 0.6), strict=True)))  # fmt: skip
    with store.reader() as reader:
        found = waiting_studies(
            reader, find_device(reader, NAME), site="north", since=DAY,
            now=now + timedelta(minutes=2),
        )
    assert [(one.score, one.urgent, one.why) for one in found] == [
        (0.58, True, "moved up: score at least 0.5, pneumonia"), (0.3, False, "in its turn")
    ]


def test_an_urgent_score_of_its_own_counts_instead_of_the_operating_point(
    store: Store, now: datetime
) -> None:
    content = definition().model_dump(mode="json")
    content["worklist"] = {"urgent_score": 0.8, "longest_wait_minutes": 60}
    add_device(store, now, content=content)
    add_study(store, now, score=0.7)
    with store.reader() as reader:
        (found,) = waiting_studies(
            reader, find_device(reader, NAME), site="north", since=DAY, now=now
        )
    assert not found.moved_up


def test_a_study_that_only_another_version_read_stays_on_the_list(
    store: Store, now: datetime
) -> None:
    add_device(store, now, content=definition().model_dump(mode="json"))
    with store.transaction("setup", "another version", now=now) as tx:
        tx.add(ModelVersion(
            device_id=1, dataset_version_id=1, name="m2", version_digest="2", weights_hash="2",
            architecture="a", model={}, operating_point=0.5, params={}, dvc_lock_digest="0",
            code_digest="0", commit="0", vault_path="m", trained_at=now,
        ))  # fmt: skip
        tx.flush()
        (south,) = [one for one in running_deployments(tx, find_device(tx, NAME))
                    if one.site_id == 2]  # fmt: skip
        south.ended_at = now
        tx.add(Deployment(model_version_id=2, site_id=2, mode="live", started_at=now))
    label = add_study(store, now, site=2, score=0.9)  # by version 1, which runs elsewhere still
    with store.reader() as reader:
        (found,) = waiting_studies(
            reader, find_device(reader, NAME), site="south", since=DAY, now=now
        )
    assert (found.study, found.score, found.why) == (label, None, NOT_READ)


def test_without_a_declared_worklist_there_is_none(store: Store, now: datetime) -> None:
    content = definition().model_dump(mode="json")
    content["worklist"] = None
    add_device(store, now, content=content)
    with store.reader() as reader, pytest.raises(InvalidInput, match="declares no worklist"):
        waiting_studies(reader, find_device(reader, NAME), site="north", since=DAY, now=now)


def test_the_effect_is_drawn_from_what_was_said_in_operation(store: Store, now: datetime) -> None:
    add_device(store, now, content=definition().model_dump(mode="json"))
    room = ReadingRoom(studies_a_day=60, readers=1, minutes_a_reading=8, days=40)
    with store.reader() as reader, pytest.raises(NotFound, match="known truth"):
        time_to_read(reader, find_device(reader, NAME), room, seed=1)
    for number, (score, present) in enumerate([(0.9, True), (0.1, True), (0.2, False)] * 4):
        add_study(store, now + timedelta(minutes=number), score=score, present=present)
    with store.reader() as reader:
        device = find_device(reader, NAME)
        drawn_from, found = time_to_read(reader, device, room, seed=1)
        assert drawn_from == 12
        assert time_to_read(reader, device, room, seed=1)[1] == found
        with pytest.raises(NotFound):
            time_to_read(reader, device, room, seed=1, site="south")
        with pytest.raises(InvalidInput, match="would be busy 133%"):
            time_to_read(reader, device, ReadingRoom(100, 1, 8), seed=1)
    saved = {one.group: one.estimates["saved"] for one in found}
    up, missed = saved["finding present, moved up"], saved["finding present, missed"]
    assert up.low is not None
    assert up.low > 0
    assert missed.high is not None
    assert missed.high < 0, "what the device misses waits longer because of it"


def test_a_device_that_says_nothing_useful_saves_nothing() -> None:
    truth, moved_up = [True, False, True, False], [True, True, False, False]
    room = ReadingRoom(studies_a_day=60, readers=1, minutes_a_reading=7, days=300)
    found = estimate_time_to_read(truth, moved_up, room, longest_wait=120, seed=3)
    saved = {one.group: one.estimates["saved"] for one in found}
    present = saved["finding present, all"]
    assert present.low is not None
    assert present.high is not None
    assert present.low < 0 < present.high


def test_a_kind_that_never_occurs_is_not_estimable() -> None:
    room = ReadingRoom(studies_a_day=30, readers=1, minutes_a_reading=7, days=20)
    found = estimate_time_to_read([True], [True], room, longest_wait=120, seed=3)
    missed = next(one for one in found if one.group == "finding present, missed")
    assert not missed.estimates["saved"].estimable
    assert missed.to_dict()["saved"]["reason"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"readers": 0}, "readers"), ({"hours": -1.0}, "hours"), ({"answer_minutes": -1.0}, "answer")],
)
def test_a_room_that_cannot_be_is_refused(changed: dict[str, float], words: str) -> None:
    room = ReadingRoom(**({"studies_a_day": 10, "readers": 1, "minutes_a_reading": 5} | changed))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=words):
        estimate_time_to_read([True], [True], room, longest_wait=1, seed=1)
