"""Use is suspended by one person or a rule, resumed by two; a CAPA takes one filled step at a time.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from journeys.suspend import put_in_force
from records.capas import CAPA, advance_capa, open_capa
from records.cases import Prediction, Study
from records.correction_assessments import (
    QUESTIONS,
    CorrectionAssessment,
    assess_correction,
)
from records.errors import InvalidInput, NotAllowed, Refused, TransitionRefused
from records.held_results import held_by, suspended_since
from records.lookup import list_records
from records.notices import open_notices
from records.people import Meaning, find_actor
from records.product import Deployment, Device, ModelVersion, Site
from records.settings import Workspace
from records.signatures import sign
from records.store import Store, open_store
from records.surveillance import Alert, Revalidation
from records.suspensions import (
    Suspension,
    confirm_suspension,
    decline_suspension,
    propose_resumption,
    propose_suspension,
    require_overtaken,
    resume_use,
    standing_suspensions,
    suspended_on,
)
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate

LATER = TODAY + timedelta(days=3)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A live deployment at the first site, and passed and failed revalidations there."""
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    with store.transaction("setup", "setup", now=TODAY) as tx:
        version = tx.exec(select(ModelVersion)).first()
        place = tx.exec(select(Site).where(Site.name == SITES[0])).one()
        assert version is not None
        tx.add(Deployment(model_version_id=version.id or 0, site_id=place.id or 0, mode="live",
                          started_at=TODAY))  # fmt: skip
        for verdict, at in (("inferior", TODAY), ("passed", TODAY), ("passed", LATER),
                            ("not decided", LATER)):  # fmt: skip
            tx.add(Revalidation(
                model_version_id=version.id or 0, site=SITES[0], trigger="schedule",
                period_from=TODAY.date(), period_to=TODAY.date(), comparison={},
                outcome="maintained", conclusion=verdict, revalidated_at=at, verdict=verdict,
                judgement={"n": 1},
            ))  # fmt: skip
    yield store
    store.close()


@pytest.fixture
def tx(template: Store) -> Iterator[Any]:
    """A transaction of which nothing stays."""
    with pytest.raises(ZeroDivisionError), template.transaction("setup", "try", now=TODAY) as tx:
        yield tx
        raise ZeroDivisionError


def revalidation(tx: Any, verdict: str, at: Any = TODAY) -> Revalidation:
    found: Revalidation = tx.exec(
        select(Revalidation).where(
            Revalidation.verdict == verdict, Revalidation.revalidated_at == at
        )
    ).one()
    return found


def proposed(tx: Any, *, by: str = "service:surveillance", rule: str = "") -> Suspension:
    return propose_suspension(
        tx, tx.get_one(ModelVersion, 1), SITES[0], grounds="sensitivity fell", by=by, now=TODAY,
        revalidation=revalidation(tx, "inferior"), rule=rule,
    )  # fmt: skip


def confirmed(tx: Any) -> Suspension:
    one = proposed(tx)
    confirm_suspension(tx, one, by=find_actor(tx, "demo.quality"), password=PASSWORD,
                       reason="seen", now=TODAY)  # fmt: skip
    return one


@pytest.mark.requirement("REG-063")
def test_a_person_confirms_and_everything_that_follows_stands(tx: Any) -> None:
    one = proposed(tx)
    assert one.status == "proposed"
    assert standing_suspensions(tx, name_of(tx)) == {}
    with pytest.raises(NotAllowed, match="may not suspend"):
        confirm_suspension(tx, one, by=find_actor(tx, "demo.engineer"), password=PASSWORD,
                           reason="x", now=TODAY)  # fmt: skip
    confirm_suspension(tx, one, by=find_actor(tx, "demo.quality"), password=PASSWORD,
                       reason="seen", now=TODAY)  # fmt: skip
    assessment = put_in_force(tx, one, now=TODAY)
    assert standing_suspensions(tx, name_of(tx)) == {SITES[0]: one}
    assert suspended_on(tx, name_of(tx), TODAY.date()) == {}, "that day was read"
    later = suspended_on(tx, name_of(tx), LATER.date())
    assert later == {SITES[0]: f"device suspended ({one.label})"}
    assert assessment.aware_at == TODAY
    assert tx.exec(select(CAPA)).one().source == revalidation(tx, "inferior").label
    assert "USE SUSPENDED" in open_notices(tx)[-1].words
    assert "nobody was told over a channel" in open_notices(tx)[-1].words
    with pytest.raises(TransitionRefused, match="'in force' and may not become 'declined'"):
        decline_suspension(tx, one, by=find_actor(tx, "demo.quality"), now=TODAY)
    with pytest.raises(Refused, match=f"{one.label} of .* is 'in force' already"):
        proposed(tx)


def name_of(tx: Any) -> str:
    return str(tx.get_one(Device, 1).name)


def test_a_signed_rule_acts_at_once_also_beside_a_proposal(tx: Any) -> None:
    waiting = proposed(tx)
    one = proposed(tx, rule="MPL-0001, revalidation.fail_safe: when inferior, suspend")
    assert (one.status, one.in_force_at) == ("in force", TODAY)
    assert (waiting.status, waiting.decided_by) == ("overtaken", one.label)
    require_overtaken(tx, waiting)
    with pytest.raises(Refused, match="no other suspension is in force"):
        require_overtaken(tx, one)
    with pytest.raises(TransitionRefused, match="'overtaken' and may not become 'in force'"):
        confirm_suspension(tx, waiting, by=find_actor(tx, "demo.quality"), password=PASSWORD,
                           reason="x", now=TODAY)  # fmt: skip


def test_where_nothing_returns_results_there_is_nothing_to_suspend(tx: Any) -> None:
    with pytest.raises(Refused, match="there is nothing to suspend"):
        propose_suspension(tx, tx.get_one(ModelVersion, 1), "nowhere", grounds="fell", by="x",
                           now=TODAY)  # fmt: skip
    with pytest.raises(InvalidInput, match="No grounds"):
        propose_suspension(tx, tx.get_one(ModelVersion, 1), SITES[0], grounds=" - ", by="x",
                           now=TODAY)  # fmt: skip


@pytest.mark.requirement("REG-036")
def test_use_resumes_only_on_a_passed_signed_later_revalidation_by_two_people(tx: Any) -> None:
    one = confirmed(tx)
    quality, regulatory = find_actor(tx, "demo.quality"), find_actor(tx, "demo.regulatory")

    def propose(which: Revalidation) -> Any:
        return propose_resumption(tx, one, which, grounds="gain set back", by=quality, now=LATER)

    with pytest.raises(Refused, match=r"was made before SUS-\d+ was in force"):
        propose(revalidation(tx, "passed"))
    with pytest.raises(Refused, match="'not decided': use resumes on a passed"):
        propose(revalidation(tx, "not decided", LATER))
    with pytest.raises(Refused, match="is not signed"):
        propose(revalidation(tx, "passed", LATER))
    sign(tx, revalidation(tx, "passed", LATER), signer=regulatory, password=PASSWORD,
         meaning=Meaning.APPROVAL, reason="read", now=LATER)  # fmt: skip
    made = propose(revalidation(tx, "passed", LATER))
    with pytest.raises(Refused, match="needs valid signatures of two people"):
        resume_use(tx, made, by=quality, now=LATER)
    sign(tx, made, signer=quality, password=PASSWORD, meaning=Meaning.AUTHOR, reason="corrected",
         now=LATER)  # fmt: skip
    with pytest.raises(Refused, match="it has 1 people, 1 roles, no approval"):
        resume_use(tx, made, by=quality, now=LATER)
    sign(tx, made, signer=regulatory, password=PASSWORD, meaning=Meaning.APPROVAL, reason="read",
         now=LATER)  # fmt: skip
    assert resume_use(tx, made, by=quality, now=LATER).status == "lifted"
    with pytest.raises(TransitionRefused):
        resume_use(tx, made, by=quality, now=LATER)


@pytest.mark.parametrize("status", ["in force", "lifted"])
def test_no_other_way_leads_to_a_status(template: Store, status: str) -> None:
    with template.transaction("service:surveillance", "propose", now=TODAY) as tx:
        one = list_records(tx, Suspension)[-1] if list_records(tx, Suspension) else proposed(tx)
        number = one.id
    if status == "lifted":
        with template.engine.begin() as raw:
            raw.execute(text("UPDATE suspension SET status = 'in force'"))
    words = "without a valid signature" if status == "in force" else "only by a resumption"
    with pytest.raises(Refused, match=words):
        with template.transaction("demo.quality", "I try", now=TODAY) as tx:
            tx.get_one(Suspension, number).status = status
    with template.engine.begin() as raw:
        raw.execute(text("UPDATE suspension SET status = 'declined'"))


@pytest.mark.requirement("REG-085")
def test_a_capa_takes_one_filled_step_at_a_time(tx: Any) -> None:
    alert = tx.get_one(Alert, 1)
    quality = find_actor(tx, "demo.quality")
    capa = open_capa(tx, device_id=1, source=alert, problem="it fell", by="x", now=TODAY)
    again = open_capa(tx, device_id=1, source=alert, problem="again", by="x", now=TODAY)
    assert again.id == capa.id

    def step(to: str, **said: str) -> CAPA:
        return advance_capa(tx, capa, to, said, by=quality, now=TODAY, password=PASSWORD)

    with pytest.raises(TransitionRefused):
        step("closed", effectiveness_result="fine")
    with pytest.raises(Refused, match="without root cause"):
        step("investigated", containment="read without it")
    with pytest.raises(InvalidInput, match="correction is no part of the step"):
        step("investigated", correction="gain set back")
    step("investigated", containment="read without it", root_cause="gain was changed")
    step("planned", correction="gain set back", corrective_action="gain is checked daily",
         effectiveness_criterion="sensitivity at least 0.90, n = 255, by June")  # fmt: skip
    with pytest.raises(InvalidInput, match="effectiveness criterion is no part"):
        step("implemented", implementation="done", effectiveness_criterion="0.5 will do")
    advance_capa(tx, capa, "implemented", {"implementation": "done in May, harms nothing"},
                 by=find_actor(tx, "demo.engineer"), now=TODAY)  # fmt: skip
    with pytest.raises(Refused, match="root cause found anew"):
        step("investigated", effectiveness_result="0.81, n = 300")
    with pytest.raises(NotAllowed, match="may not close"):
        advance_capa(tx, capa, "closed", {"effectiveness_result": "fine"},
                     by=find_actor(tx, "demo.engineer"), now=TODAY)  # fmt: skip
    with pytest.raises(Refused, match="without effectiveness result"):
        step("closed")
    assert step("closed", effectiveness_result="0.96 (0.93 to 0.98), n = 260").closed_by


def test_every_regime_is_answered_with_a_reason(tx: Any) -> None:
    one = confirmed(tx)
    asked = put_in_force(tx, one, now=TODAY)
    regulatory = find_actor(tx, "demo.regulatory")
    with pytest.raises(Refused, match=r"a reason for MDR Art\. 87\(1\)\(b\)"):
        assess_correction(tx, asked, {"21 CFR 806": (False, "no risk to health")}, by=regulatory,
                          now=TODAY)  # fmt: skip
    answers = dict.fromkeys(QUESTIONS, (False, "software stopped, no risk to health"))
    with pytest.raises(NotAllowed, match="may not assess"):
        assess_correction(tx, asked, answers, by=find_actor(tx, "demo.quality"), now=TODAY)
    assert assess_correction(tx, asked, answers, by=regulatory, now=TODAY).status == "assessed"
    assert tx.exec(select(CorrectionAssessment)).one().answers["21 CFR 806"]["reportable"] is False


def test_what_was_read_before_use_was_resumed_is_held_and_what_is_read_after_is_not(
    tx: Any,
) -> None:
    one = confirmed(tx)
    one.ended_at = TODAY + timedelta(hours=1)
    place = tx.exec(select(Site.id).where(Site.name == SITES[0])).one()
    for number, at in enumerate((TODAY - timedelta(hours=1), LATER)):
        study = Study(study_uid=f"2.25.{number}", patient="P1", site_id=place, purpose="clinical",
                      arrived_on=at.date(), received_at=at, rows=64, columns=64)  # fmt: skip
        tx.add(study)
        tx.flush()
        tx.add(Prediction(study_id=study.id or 0, model_version_id=1, score=0.9, decision=True,
                          out_of_distribution=0.1, returned_to_care=True, predicted_at=at))
    tx.flush()
    held = select(Prediction).join(Study).where(suspended_since().exists())
    (first,) = tx.exec(held).all()
    assert first.predicted_at < one.in_force_at
    said = held_by(tx, [1, 2])
    assert said == {first.id: f"device suspended ({one.label}): it was read before use was resumed"}


def test_a_day_of_a_suspension_stays_unwatched_when_it_is_watched_after_use_was_resumed(
    tx: Any,
) -> None:
    one = confirmed(tx)
    one.ended_at = LATER
    tx.flush()
    days = [TODAY + timedelta(days=number) for number in range(5)]
    held = [bool(suspended_on(tx, name_of(tx), day.date())) for day in days]
    assert held == [False, True, True, True, False], "on the last day not all was read"
