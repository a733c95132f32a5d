"""The two questions of an incident: which version read this study, where did this version run?"""

from datetime import date, datetime, timedelta

import pytest

from records.cases import Prediction, Study
from records.ledger import deployments, readings
from records.lookup import find_events
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.store import Store

DAY = date(2026, 1, 5)


@pytest.fixture
def operated(store: Store, now: datetime) -> Store:
    """Version 1 at two sites, after ten days version 2 at one of them; a study a site and day."""
    with store.transaction("setup", now=now) as tx:
        tx.add_all([Site(name="north", registered_at=now), Site(name="south", registered_at=now)])
        tx.add(Device(name="d", revision=1, trade_name="D", definition={}, definition_digest="0",
                      defined_at=now))  # fmt: skip
        tx.flush()
        tx.add(DatasetVersion(
            device_id=1, name="d", manifest_digest="0", content_digest="0", vault_path="d",
            commit="0", studies=0, patients=0, splits={}, datasheet={}, frozen_at=now,
        ))  # fmt: skip
        tx.flush()
        for number in (1, 2):
            tx.add(ModelVersion(
                device_id=1, dataset_version_id=1, name=f"m{number}", version_digest=str(number),
                weights_hash=str(number), architecture="a", model={}, operating_point=0.5,
                params={}, dvc_lock_digest="0", code_digest="0", commit="0", vault_path="m",
                trained_at=now,
            ))  # fmt: skip
        tx.flush()
        change = now + timedelta(days=10)
        tx.add_all([
            Deployment(model_version_id=1, site_id=1, mode="live", started_at=now),
            Deployment(model_version_id=1, site_id=2, mode="live", started_at=now,
                       ended_at=change),
            Deployment(model_version_id=2, site_id=2, mode="shadow", started_at=change),
        ])  # fmt: skip
        tx.flush()
        for number in range(20):
            for site in (1, 2):
                study = Study(
                    study_uid=f"2.25.{number}.{site}", patient="P", site_id=site,
                    purpose="clinical", arrived_on=DAY + timedelta(days=number),
                    received_at=now, rows=8, columns=8,
                )
                tx.add(study)
                tx.flush()
                tx.add(Prediction(
                    study_id=study.id or 0,
                    model_version_id=2 if site == 2 and number >= 10 else 1,
                    score=number / 20, decision=number > 10, out_of_distribution=0.1,
                    latency_ms=4.5, returned_to_care=site == 1, predicted_at=now,
                ))  # fmt: skip
    return store


@pytest.mark.requirement("REG-049")
def test_a_date_and_a_site_give_version_output_and_latency(operated: Store) -> None:
    day = DAY + timedelta(days=12)
    with operated.reader() as reader:
        (found,) = readings(reader, site="south", since=day, until=day)
        assert (found.version, found.score, found.latency_ms) == ("MDV-0002", 0.6, 4.5)
        assert (found.weights_hash, found.decision, found.returned_to_care) == ("2", True, False)
        assert len(readings(reader, since=day)) == 16
        assert [one.arrived_on for one in readings(reader, site="north", last=2)] == [
            DAY + timedelta(days=18), DAY + timedelta(days=19)
        ]  # fmt: skip
        assert readings(reader, site="mars") == []


@pytest.mark.requirement("REG-050")
def test_the_sites_that_ran_a_version_in_a_period_are_listed(operated: Store) -> None:
    with operated.reader() as reader:
        first, second = (reader.get_one(ModelVersion, number) for number in (1, 2))

        def where(version: ModelVersion, since: int, until: int) -> list[str]:
            found = deployments(
                reader, version=version, since=DAY + timedelta(days=since),
                until=DAY + timedelta(days=until),
            )
            return [one.site for one in found]

        assert where(first, 0, 5) == ["north", "south"]
        assert where(first, 10, 10) == ["north", "south"], "it ended in the course of that day"
        assert where(first, 11, 30) == ["north"]
        assert where(second, 0, 9) == []
        assert where(second, 10, 10) == ["south"]
        assert [(one.version, one.mode) for one in deployments(reader, site="south")] == [
            ("MDV-0001", "live"), ("MDV-0002", "shadow")
        ]  # fmt: skip


@pytest.mark.requirement("REG-016")
def test_events_are_found_by_period(operated: Store, now: datetime) -> None:
    later = now + timedelta(days=3)
    with operated.transaction("ada", now=later) as tx:
        tx.add(Site(name="east", registered_at=later))
    with operated.reader() as reader:
        assert [one.actor for one in find_events(reader, since=later.date())] == ["ada"]
        assert {one.actor for one in find_events(reader, until=now.date())} == {"setup"}
        assert find_events(reader, since=later.date() + timedelta(days=1)) == []
