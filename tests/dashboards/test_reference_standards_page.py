"""The page of reference standards tells by site what is known, how late, and where sources part."""

from datetime import timedelta

from records.batches import add_batch
from records.cases import Prediction, ReferenceStandard, Study
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import TODAY

KINDS = (("panel", "consensus"), ("lab", "histology"), ("notes", "report text"))


def read_and_told(store: Store, studies: int = 60) -> None:
    """Studies of two sites; two of three have a consensus, some histology, all a report."""
    days = [TODAY.date() - timedelta(days=30 - number // 2) for number in range(studies)]
    with store.transaction("setup", now=TODAY) as tx:
        ids = add_batch(tx, Study, [
            {"study_uid": f"2.25.77{number}", "patient": f"Q{number}", "site_id": 1 + number % 2,
             "purpose": "clinical", "arrived_on": day, "received_at": TODAY, "rows": 8,
             "columns": 8}
            for number, day in enumerate(days)
        ])  # fmt: skip
        add_batch(tx, Prediction, [
            {"study_id": study, "model_version_id": 1, "score": 0.5, "decision": True,
             "out_of_distribution": 0.1, "returned_to_care": False, "predicted_at": TODAY,
             "deployment_id": 1 + number % 2}
            for number, study in enumerate(ids)
        ])  # fmt: skip
        add_batch(tx, ReferenceStandard, [
            {"study_id": study, "finding": "pneumonia", "source": source, "kind": kind,
             "present": (number + (number % 10 == 0) * place) % 3 == 0, "received_at": TODAY,
             "known_on": days[number] + timedelta(days=2 + 3 * place + number % 4)}
            for number, study in enumerate(ids)
            for place, (source, kind) in enumerate(KINDS)
            if place == 2 or number % (place + 2)
        ])  # fmt: skip


def test_each_site_is_told_with_intervals_and_the_rule_in_force(
    visit: Visit, records: Store
) -> None:
    read_and_told(records)
    app = visit("demo.quality", "reference-standards")
    assert not app.exception
    words = text_of(app)
    for expected in (
        "The strongest wins, by the default order", "all sites", "Studies by what is known",
        "histology 3", "Weak only", "95 % CI", "Days until known", "Kappa",
        "(the monitoring plan)",
    ):
        assert expected in words, expected
