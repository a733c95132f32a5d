"""How a device is doing at a site: counted by hand here, and stored or from rows the same."""

from datetime import timedelta

import pytest
from sqlmodel import select

from journeys.count_days import count_days
from journeys.site_standing import SiteStanding, site_standing
from measures.proportions import wilson
from records.answer_counts import CELLS
from records.batches import add_batch
from records.cases import Prediction, ReferenceStandard, Study
from records.errors import NotFound
from records.people import find_actor
from records.product import Deployment, ModelVersion
from records.store import Store
from records.suspensions import Suspension, confirm_suspension, propose_suspension
from tests.adjudicated_workspace import SINCE, UNTIL, populate_read
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY

DEVICE = "chest-radiograph-pneumonia"


@pytest.fixture
def read(store: Store) -> dict[int, bool]:
    """Studies that were read at two sites; of every study but each third the truth came back."""
    truth = populate_read(store, studies=120)
    with store.transaction("service:test", "truth", now=TODAY) as tx:
        add_batch(tx, ReferenceStandard, [
            {"study_id": number, "finding": "pneumonia", "present": sick, "source": "ct",
             "reader": "a", "kind": "consensus", "known_on": UNTIL + timedelta(days=2),
             "received_at": TODAY}
            for number, sick in truth.items() if number % 3
        ])  # fmt: skip
    return truth


def by_hand(store: Store, truth: dict[int, bool]) -> dict[str, int]:
    found = dict.fromkeys(CELLS, 0)
    with store.reader() as reader:
        for study, decision in reader.exec(
            select(Prediction.study_id, Prediction.decision)
            .join(Study, Study.id == Prediction.study_id).where(Study.site_id == 1)  # type: ignore[arg-type]
        ):
            if study % 3 == 0:
                found["flagged_open" if decision else "spared_open"] += 1
            elif truth[study]:
                found["hits" if decision else "misses"] += 1
            else:
                found["alarms" if decision else "cleared"] += 1
    return found


def standing(store: Store, site: str = SITES[0]) -> SiteStanding:
    with store.reader() as reader:
        return site_standing(reader, DEVICE, site)


def test_the_shares_are_those_counted_by_hand_with_interval_and_n(
    store: Store, read: dict[int, bool]
) -> None:
    cells, found = by_hand(store, read), standing(store)
    assert {name: getattr(found.answers, name) for name in CELLS} == cells
    assert found.flagged_right == wilson("ppv", cells["hits"], cells["hits"] + cells["alarms"])
    sick = cells["hits"] + cells["misses"]
    assert found.missed == wilson("false_negative_rate", cells["misses"], sick)
    assert (found.answers.read, found.answers.known) == (60, 40)
    count_days(store, DEVICE, actor="service:test", now=TODAY)
    assert standing(store).answers == found.answers, "stored and from rows are the same"
    with store.reader() as reader:
        half = site_standing(reader, DEVICE, SITES[0], until=SINCE + timedelta(days=13))
    assert 0 < half.answers.read < 60
    with store.transaction("service:test", "a truth that came late", now=TODAY) as tx:
        study = next(one for one in read if one % 3 == 0 and one % 2)
        tx.add(ReferenceStandard(
            study_id=study, finding="pneumonia", present=True, source="ct", reader="a",
            kind="consensus", known_on=TODAY.date(), received_at=TODAY,
        ))  # fmt: skip
    assert standing(store).answers.known == 41, "what came since is counted from its rows"


def test_what_the_version_said_as_a_shadow_beside_another_is_no_answer_here(
    store: Store, read: dict[int, bool]
) -> None:
    before = standing(store).answers
    with store.transaction("service:test", "a shadow", now=TODAY) as tx:
        live = tx.get_one(Deployment, 1)
        shadow = Deployment(**live.model_dump(exclude={"id"}) | {
            "mode": "shadow", "started_at": live.started_at + timedelta(days=1),
        })  # fmt: skip
        study = Study(**tx.get_one(Study, max(read)).model_dump(exclude={"id"}) | {
            "study_uid": "2.25.9978", "site_id": live.site_id,
        })  # fmt: skip
        tx.add_all([shadow, study])
        tx.flush()
        tx.add(Prediction(
            study_id=study.id or 0, model_version_id=1, deployment_id=shadow.id, score=0.9,
            decision=True, out_of_distribution=0.1, returned_to_care=False, predicted_at=TODAY,
        ))  # fmt: skip
    assert standing(store).answers == before
    count_days(store, DEVICE, actor="service:test", now=TODAY)
    assert standing(store).answers == before


def test_what_is_not_known_is_not_estimable_and_says_why(store: Store) -> None:
    populate_read(store, studies=20)
    found = standing(store)
    assert not found.flagged_right.estimable and not found.missed.estimable
    assert "of no flagged study the reference standard is known" in found.flagged_right.reason
    with pytest.raises(NotFound, match="nowhere"), store.reader() as reader:
        site_standing(reader, DEVICE, "nowhere")


def test_warnings_tell_what_is_open_at_the_site_and_what_to_do(
    store: Store, read: dict[int, bool]
) -> None:
    there = standing(store, SITES[1])
    (alert,) = [one for one in there.warnings if one.label.startswith("ALT")]
    assert "noise is 1.4 SD higher" in alert.words and "check answers" in alert.do
    assert "1 warning is open" in there.verdict
    assert standing(store).warnings == ()
    assert "Nothing is open" in standing(store).verdict
    with store.transaction("demo.quality", "stop it", now=TODAY) as tx:
        made = propose_suspension(tx, tx.get_one(ModelVersion, 1), SITES[0], by="demo.quality",
                                  grounds="it misses too much", now=TODAY)  # fmt: skip
    assert standing(store).warnings == (), "a proposal stops nothing"
    with store.transaction("demo.quality", "stop it", now=TODAY) as tx:
        confirm_suspension(tx, tx.get_one(Suspension, made.id), password=PASSWORD, now=TODAY,
                           by=find_actor(tx, "demo.quality"), reason="stop it")  # fmt: skip
    (stopped,) = standing(store).warnings
    assert (stopped.label, stopped.words) == ("SUS-0001", "it misses too much")
    assert "Read without it" in stopped.do
    assert standing(store).mode == "use is suspended"
    (update, *_) = there.updates
    assert (update.version, update.name) == ("MDV-0001", "chest-1.0")
    assert there.to_dict()["ppv"]["n"] == there.flagged_right.n

