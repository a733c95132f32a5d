"""Of which days the truth is not complete, as a chart of performance shades them."""

from datetime import datetime

from records.cases import Prediction, ReferenceStandard, Study
from records.store import Store
from regulatory.gathering.truth_awaited import awaited_truth
from tests.records.alert_workspace import DEVICE, SITE, watched


def test_a_day_is_complete_once_every_study_that_was_read_has_a_final_truth(
    store: Store, now: datetime
) -> None:
    watched(store, now)
    with store.transaction("service:intake", "take in", now=now) as tx:
        for number in (1, 2, 3):
            tx.add(Study(study_uid=f"2.25.{number}", patient=f"P{number}", site_id=1, rows=8,
                         columns=8, purpose="clinical", arrived_on=now.date(),
                         received_at=now))  # fmt: skip
        tx.flush()
        for number in (1, 2):  # the third was not read
            tx.add(Prediction(study_id=number, model_version_id=1, deployment_id=1, score=0.9,
                              decision=True,
                              out_of_distribution=0.1, returned_to_care=True,
                              predicted_at=now))  # fmt: skip
        for number, state in ((1, "final"), (2, "preliminary")):
            tx.add(ReferenceStandard(study_id=number, finding="pneumonia", present=True,
                                     source="x", known_on=now.date(), received_at=now,
                                     state=state))  # fmt: skip
    day = now.date()
    with store.reader() as reader:
        (found,) = awaited_truth(reader, device=DEVICE, site=SITE, first=None, last=day, by=day)
        assert not awaited_truth(reader, device=DEVICE, site="x", first=day, last=day, by=day)
    assert (found.day, found.studies, found.known, found.complete) == (day, 2, 1, False)
