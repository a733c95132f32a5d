"""Who decides about a change, with which proof, and what is left of an attempt."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlmodel import Session

from journeys.release import (
    carry_out_release,
    evaluate_version,
    propose_version,
    reject_change,
    release_change,
)  # fmt: skip
from models.tasks import ClassificationTask
from records.accounts import sign_record
from records.cases import Prediction
from records.errors import InvalidInput, NotAllowed, Refused
from records.lookup import find_events, list_records
from records.people import Actor, Meaning, find_actor
from records.product import DatasetVersion, ModelVersion
from records.quality import ChangeRequest, Release
from records.services import ensure_service
from records.store import Store
from records.surveillance import AcceptanceResult, Evaluation
from records.vault import Vault, file_digests
from regulatory.changes import refuse_change, release_version
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate
from tests.imaging.test_dataset_diff import packed
from tests.regulatory.gathering.small_store import (
    SITES as SMALL_SITES,
)
from tests.regulatory.gathering.small_store import (
    add_development,
    add_device,
    add_version,
    at,
)

QUALITY = {"decided_by": "demo.quality", "password": PASSWORD, "reason": "after review"}


@pytest.fixture
def assessed(store: Store) -> Store:
    """An assessed change whose criteria are met, signed by its author."""
    populate(store)
    return store


def sign_it(store: Store, name: str, meaning: Meaning) -> None:
    with store.reader() as reader:
        change, person = reader.get_one(ChangeRequest, 1), find_actor(reader, name)
    sign_record(
        store, change, signer=person, password=PASSWORD, meaning=meaning, reason="read", now=TODAY
    )


def attempts(store: Store) -> list[tuple[str, str]]:
    with store.reader() as reader:
        found = find_events(reader, subject="ChangeRequest:1", action="decision refused")
    return [(one.actor, one.new) for one in found]


def test_a_decided_change_is_not_refused_again(assessed: Store) -> None:
    reject_change(assessed, 1, **QUALITY, now=TODAY)
    with pytest.raises(Refused, match="'refused'; only an assessed change"):
        reject_change(assessed, 1, **QUALITY, now=TODAY)
    with assessed.reader() as reader:
        assert len(list_records(reader, Release)) == 1


@pytest.mark.requirement("R-P11-10g")
@pytest.mark.parametrize(
    "changes", [{"decided_by": "demo.engineer"}, {"password": "not the password"}]
)
def test_who_may_not_decide_or_prove_it_leaves_an_event_and_nothing_else(
    assessed: Store, changes: dict[str, str]
) -> None:
    sign_it(assessed, "demo.quality", Meaning.APPROVAL)
    who = QUALITY | changes
    with pytest.raises(NotAllowed):
        release_change(assessed, 1, sites=[SITES[0]], **who, now=TODAY)
    with pytest.raises(NotAllowed):
        reject_change(assessed, 1, **who, now=TODAY)
    assert attempts(assessed) == [
        (who["decided_by"], '{"wanted":"release"}'), (who["decided_by"], '{"wanted":"refuse"}')
    ]
    with assessed.reader() as reader:
        assert list_records(reader, Release) == []
        assert reader.get_one(ChangeRequest, 1).status == "assessed"


@pytest.mark.requirement("REG-006")
@pytest.mark.parametrize(
    "change", [{"active": False}, {"kind": "service"}, {"roles": ["clinician"]}]
)
def test_a_decision_is_an_active_persons_who_may_release(
    assessed: Store, now: datetime, change: dict[str, object]
) -> None:
    person = Actor(name="x", full_name="X", kind="person", roles=["quality"], registered_at=now)
    for name, value in change.items():
        setattr(person, name, value)
    with assessed.reader() as reader:
        wanted = reader.get_one(ChangeRequest, 1)
        with pytest.raises(NotAllowed):
            refuse_change(reader, wanted, decided_by=person, now=now)
        with pytest.raises(NotAllowed):
            release_version(reader, wanted, sites=[], decided_by=person, now=now)


def test_a_release_names_its_sites(assessed: Store) -> None:
    with pytest.raises(InvalidInput, match="No site"):
        release_change(assessed, 1, sites=[], **QUALITY, now=TODAY)


def test_a_version_runs_at_confirmed_sites_only(assessed: Store) -> None:
    sign_it(assessed, "demo.quality", Meaning.APPROVAL)
    hint = f'site confirm "{SITES[1]}" --reason'
    with pytest.raises(Refused, match=f"'{SITES[1]}' is 'unconfirmed'.*{hint}"):
        release_change(assessed, 1, sites=list(SITES[:2]), **QUALITY, now=TODAY)
    with pytest.raises(Refused, match=hint):
        reject_change(assessed, 1, **QUALITY, now=TODAY, shadow_at=[SITES[1]])
    with assessed.reader() as reader:
        assert list_records(reader, Release) == []
        assert reader.get_one(ChangeRequest, 1).status == "assessed"


def test_a_routine_carries_out_only_what_a_person_signed_for_release(assessed: Store) -> None:
    sign_it(assessed, "demo.quality", Meaning.APPROVAL)
    with assessed.transaction("service:deployment", now=TODAY) as tx:
        ensure_service(tx, "service:deployment", now=TODAY)
    order = {"sites": [SITES[0]], "actor": "service:deployment", "now": TODAY}
    with pytest.raises(Refused, match="CHR-0001 is not signed for release"):
        carry_out_release(assessed, "CHR-0001", **order)  # type: ignore[arg-type]
    sign_it(assessed, "demo.regulatory", Meaning.RELEASE)
    made = carry_out_release(assessed, "CHR-0001", **order)  # type: ignore[arg-type]
    assert (made.outcome, made.decided_by) == ("released", "demo.regulatory")


@pytest.mark.requirement("REG-023")
def test_what_is_decided_is_neither_signed_nor_proposed_again(assessed: Store) -> None:
    reject_change(assessed, 1, **QUALITY, now=TODAY)
    with pytest.raises(Refused, match="CHR-0001 is 'refused' and is not signed any more"):
        sign_it(assessed, "demo.regulatory", Meaning.APPROVAL)
    with pytest.raises(Refused, match="was proposed before"):
        propose(assessed)


def test_a_version_under_review_is_not_proposed_again(assessed: Store) -> None:
    with pytest.raises(Refused, match=r"proposed before \(CHR-0001 is 'assessed'\)"):
        propose(assessed)


def propose(store: Store) -> None:
    with store.reader() as reader:
        version = reader.get_one(ModelVersion, 1)
    propose_version(store, version, reason="once more", actor="demo.engineer", now=TODAY)


@pytest.mark.parametrize("reason", ["", "  \t", "\u200b", "..."])
def test_a_decision_without_a_reason_is_refused(assessed: Store, reason: str) -> None:
    with pytest.raises(InvalidInput, match="No reason"):
        reject_change(assessed, 1, **QUALITY | {"reason": reason}, now=TODAY)
    with assessed.reader() as reader:
        assert reader.get_one(ChangeRequest, 1).status == "assessed"


def test_a_version_that_is_not_operated_is_never_released_and_can_be_refused(
    assessed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Criteria may all be met: where nothing in operation is taken in, nothing runs."""
    monkeypatch.setattr(ClassificationTask, "not_operated", "nothing is taken in")
    sign_it(assessed, "demo.regulatory", Meaning.APPROVAL)
    with pytest.raises(Refused, match="cannot run at a site, as its task is classification"):
        release_change(assessed, 1, sites=list(SITES), **QUALITY, now=TODAY)
    with assessed.reader() as reader:
        assert reader.get_one(ChangeRequest, 1).status == "assessed"
        assert list_records(reader, Release) == []
    assert len(attempts(assessed)) == 1
    reject_change(assessed, 1, **QUALITY, now=TODAY)
    with assessed.reader() as reader:
        assert [one.outcome for one in list_records(reader, Release)] == ["refused"]


class Overtaken(Store):
    """The records as a program finds them that another one overtakes just before it writes."""

    meanwhile: Callable[[], object] | None = None

    def transaction(
        self, actor: str, reason: str = "", *, now: datetime
    ) -> AbstractContextManager[Session]:
        if self.meanwhile is not None:
            other, self.meanwhile = self.meanwhile, None
            other()
        return super().transaction(actor, reason, now=now)


def test_two_programs_that_evaluate_at_once_give_one_evaluation(store: Store) -> None:
    vault = Vault(store.workspace.vault)
    with store.transaction("demo.engineer", "develop", now=at(9)) as tx:
        device = add_device(tx)
        studies = add_development(tx, device)
        rows = [
            {"instance_uid": f"2.25.9{n}", "study_uid": f"2.25.{n}", "patient": f"P{n:016d}",
             "site": SMALL_SITES[n > 12], "split": "internal_test" if n <= 12 else "external_test",
             "finding": n % 2, "age_years": 50.0, "sex": "F", "view": "PA", "manufacturer": "M",
             "digest": vault.put(b"image"), "record": f"INS-{n:04d}"}
            for n in range(1, 19)
        ]  # fmt: skip
        frozen = packed(vault, "2", rows, at(9))
        dataset = DatasetVersion(**frozen.model_dump() | {"splits": studies.splits})
        tx.add(dataset)
        tx.flush()
        folder = vault.folder / "models/2"
        folder.mkdir(parents=True)
        scores = [{"instance_uid": one["instance_uid"], "study_uid": one["study_uid"],
                   "score": 0.2 + 0.6 * one["finding"], "decision": bool(one["finding"]),
                   "out_of_distribution": 0.1} for one in rows]  # fmt: skip
        pq.write_table(pa.Table.from_pylist(scores), folder / "predictions.parquet")
        made = add_version(tx, device, dataset, vault_path="models/2", files=file_digests(folder))
    late = Overtaken(store.workspace, store.engine)
    order = {"actor": "service:evaluation", "now": at(10)}
    late.meanwhile = lambda: evaluate_version(store, made, **order)  # type: ignore[arg-type]
    found = evaluate_version(late, made, **order)  # type: ignore[arg-type]
    with store.reader() as reader:
        kept = list_records(reader, AcceptanceResult)
        purposes = [one.purpose for one in list_records(reader, Evaluation)]
        assert len(list_records(reader, Prediction)) == len(rows)
    assert purposes == ["internal_test", "external_test"]
    assert [one.id for one in found] == [one.id for one in kept]
    assert kept
