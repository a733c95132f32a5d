"""A refused file is examined again by the rules of today; what became of it is on record."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from imaging.headers import ScopeRequirements
from imaging.ingest import Arrival, ingest
from journeys.resubmit import ASKED, Resubmitted, resubmit
from records.cases import Quarantine, Study
from records.errors import IntegrityBroken, InvalidInput, NotAllowed, NotFound, Refused
from records.lookup import find_events
from records.people import Role, register_person
from records.quarantine_overview import EXAMINED_AGAIN, refused_files
from records.store import Store
from records.verify import verify_records
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate
from tests.imaging.conftest import radiograph, written

DEVICE = "chest-radiograph-pneumonia"


@pytest.fixture
def refused(store: Store, tmp_path: Path) -> Store:
    """QUA-0002: a chest image that an earlier definition did not let in; QUA-0003: no DICOM."""
    populate(store)
    folder = tmp_path / "incoming"
    folder.mkdir()
    image = folder / "1.dcm"
    pixels = np.random.default_rng(7).integers(0, 4096, (256, 256), dtype=np.uint16)
    image.write_bytes(written(radiograph(array=pixels)))
    letter = folder / "2.dcm"
    letter.write_bytes(b"Dear colleague, the images follow.")
    ingest(
        store, [image, letter], Arrival(SITES[0], "clinical", date(2026, 3, 1)),
        actor="service:intake", now=TODAY, requirements=ScopeRequirements(body_parts=("SKULL",)),
    )
    return store


def again(store: Store, label: str, *, actor: str = "demo.quality", **how: str) -> Resubmitted:
    return resubmit(
        store, label, device=DEVICE, reason="the definition takes chests now", actor=actor,
        now=TODAY, **how,
    )


def test_what_the_rules_allow_now_is_taken_in_once_as_arrived_today(refused: Store) -> None:
    found = again(refused, "QUA-0002")
    with refused.reader() as reader:
        study = reader.exec(select(Study)).one()
        (file,) = refused_files(reader, reason="out_of_scope")
        (asked,) = find_events(reader, action=ASKED)
        (done,) = find_events(reader, action=EXAMINED_AGAIN)
        assert verify_records(reader).whole
    assert found.taken_in and found.outcome == f"taken in as {study.label}"
    assert (study.arrived_on, study.purpose) == (TODAY.date(), "clinical")
    assert (file.state, file.again) == ("taken in since", found.outcome)
    assert asked.actor == done.actor == "demo.quality"
    assert asked.reason == "the definition takes chests now"
    assert (refused.workspace.quarantine / file.source_digest).is_file(), "it is kept"
    with pytest.raises(Refused, match="taken in already"):
        again(refused, "QUA-0002")


def test_what_is_still_no_image_is_refused_again_with_the_reason(refused: Store) -> None:
    found = again(refused, "QUA-0003", purpose="development")
    assert not found.taken_in and found.outcome == "refused again: not_dicom"
    with refused.reader() as reader:
        one = next(one for one in refused_files(reader, site=SITES[0]) if one.label == "QUA-0003")
        assert (one.state, one.again) == ("refused again", found.outcome)
        assert len(reader.exec(select(Quarantine)).all()) == 3, "no second record of it"


def test_who_may_not_and_what_cannot_be_examined_is_refused(refused: Store) -> None:
    with refused.transaction("setup", "setup", now=TODAY) as tx:
        register_person(tx, "demo.radiologist", full_name="Demo Radiologist",
                        roles=[Role.CLINICIAN], password=PASSWORD, now=TODAY)  # fmt: skip
        held = {"report: of two patients": "9" * 64, "external_result": "7" * 64,
                "unreadable": "unread-1"}
        for reason, digest in held.items():
            tx.add(Quarantine(source_digest=digest, site_id=1, reason=reason, size_bytes=1,
                              arrived_on=TODAY.date(), received_at=TODAY))  # fmt: skip
    with pytest.raises(NotAllowed):
        again(refused, "QUA-0003", actor="demo.radiologist")
    with refused.reader() as reader:
        assert find_events(reader, action="examination of a refused file refused")
    for label, words in (("QUA-0004", "held back"), ("QUA-0005", "no image"),
                         ("QUA-0006", "could not be read")):  # fmt: skip
        with pytest.raises(Refused, match=words):
            again(refused, label)
    with pytest.raises(NotFound, match="not here any more"):
        again(refused, "QUA-0001")
    with pytest.raises(InvalidInput, match="no purpose"):
        again(refused, "QUA-0003", purpose="fun")
    with refused.reader() as reader:
        digest = refused_files(reader, reason="not_dicom")[0].source_digest
    path = refused.workspace.quarantine / digest
    path.chmod(0o600)
    path.write_bytes(b"another letter")
    with pytest.raises(IntegrityBroken):
        again(refused, "QUA-0003")
