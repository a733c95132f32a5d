"""A held report is read by whom it was granted, on record, and goes on without identities only."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from imaging.reports.finding_studies import OTHER_PATIENT
from imaging.reports.intake import NOT_CLEAN
from imaging.reports.releasing import held_reports
from journeys.release_reports import read_held, release_held
from records.audit import AuditEvent
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.identity_access import access_report, grant_identity
from records.people import Role, find_actor, register_person
from records.store import Store
from records.vault import Vault
from records.verify import verify_records
from tests.imaging.ris.reporting import obx, result
from tests.imaging.ris.sending import merge
from tests.journeys.report_workspace import Ris, held, made_ris, reports, truths
from tests.journeys.ris_workspace import add_studies, pseudonym

NOW = datetime(2026, 3, 2, tzinfo=UTC)
GERMAN = (
    "Befund: Kein Hinweis auf ein Infiltrat oder einen Erguss bei Frau Zwetschkenbaum, "
    "Herzschatten normal gross. Unterschrift Doktor Oberhuber."
)
CLEAN = GERMAN.replace("Frau Zwetschkenbaum", "[name]").replace("Doktor Oberhuber", "[name]")


@pytest.fixture
def ris(store: Store) -> Ris:
    """Ada may release; she may ask for identities only where Bert grants it."""
    made = made_ris(store)
    with store.transaction("setup", "setup", now=NOW) as tx:
        register_person(tx, "bert", full_name="Bert", now=NOW, password="x" * 14,
                        roles=[Role.RESPONSIBLE_PERSON])  # fmt: skip
    return made


def grant(store: Store) -> None:
    with store.transaction("bert", "reports in German", now=NOW) as tx:
        grant_identity(
            tx, find_actor(tx, "ada"), purpose="cleaning reports", first_day=NOW.date(),
            last_day=NOW.date(), by=find_actor(tx, "bert"), now=NOW,
        )


def events(store: Store) -> list[tuple[str, str]]:
    with store.reader() as reader:
        query = select(AuditEvent).where(AuditEvent.actor == "ada")
        return [(one.action, one.subject) for one in reader.exec(query)]


def test_a_text_is_read_by_grant_and_released_without_what_names_people(ris: Ris) -> None:
    store = ris.store
    add_studies(store, ["A"])
    ris.say(result("A", obx(1, GERMAN), uid="1.2.1"))
    assert held(store) == [NOT_CLEAN]
    told = {"by": "ada", "reason": "no identity left", "now": NOW}
    with pytest.raises(NotAllowed, match="nobody has granted it"):
        read_held(store, "QUA-0001", by="ada", purpose="cleaning", now=NOW)
    with pytest.raises(NotAllowed, match="may not release reports"):
        read_held(store, "QUA-0001", by="bert", purpose="cleaning", now=NOW)
    grant(store)
    assert read_held(store, "QUA-0001", by="ada", purpose="cleaning", now=NOW).report.text == GERMAN
    for wrong in ({"as_it_is": True}, {"cleaned": CLEAN.replace("[name].", "Oberhuber.")}, {}):
        with pytest.raises(Refused, match="held back still") as refused:
            release_held(store, "QUA-0001", **told, **wrong)
        assert "Oberhuber" not in str(refused.value)
    with pytest.raises(Refused, match="date: still in it"):
        release_held(store, "QUA-0001", cleaned=f"{CLEAN} Am 03.05.2026.", **told)
    assert release_held(store, "QUA-0001", cleaned=CLEAN, **told) == "RPT-0001"
    (report,) = reports(store)
    assert Vault(store.workspace.vault).fetch(report.text_digest, of="x").decode() == CLEAN
    with pytest.raises(Refused, match="known before"):
        release_held(store, "QUA-0001", cleaned=CLEAN, **told)
    assert ("held report released", "Quarantine:1") in events(store)
    with store.reader() as reader:
        assert [(one["held"], one["released"]) for one in held_reports(reader)] == [
            ("QUA-0001", "yes")
        ]  # fmt: skip
        asked = access_report(reader, pseudonym(store, "A"))
        assert verify_records(reader).whole
    assert {one["by"] for one in asked} == {"ada"}
    assert len(asked) == 8, "each opening for a person is told to the patient"


def test_a_report_of_a_patient_merged_since_is_judged_anew(ris: Ris) -> None:
    store = ris.store
    add_studies(store, ["A"])
    grant(store)
    told = {"by": "ada", "reason": "the merge came later", "now": NOW}
    ris.say(result("B", obx(1, "IMPRESSION: Pneumonia."), uid="1.2.1"))
    assert held(store) == [OTHER_PATIENT]
    with pytest.raises(Refused, match="another patient than its study's"):
        release_held(store, "QUA-0001", **told)
    ris.say(merge("A", "B"))
    assert release_held(store, "QUA-0001", **told) == "RPT-0001"
    assert truths(store) == [(True, "final", 1, "RPT-0001")]
    with pytest.raises(NotFound):
        release_held(store, "QUA-0009", **told)
    with pytest.raises(InvalidInput, match="empty"):
        release_held(store, "QUA-0001", cleaned=" ", **told)
