"""What a story may tell of versions: trained, assessed by regime, rolled out, taken back."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from journeys import go_live
from journeys.assess_change import assess_change, review_change
from journeys.demonstration_setup import DEMO_PASSWORD, sign_as
from journeys.release import evaluate_version, propose_version
from journeys.retrain import retrain
from journeys.revalidate import revalidate_alerts, revalidate_due
from journeys.roll_back import roll_back
from journeys.roll_out import advance, look
from journeys.scenario import Act, Deed
from journeys.start_watch import start_watch
from records.base import Record
from records.clearances import record_clearance
from records.go_lives import GoLive, accept_go_live
from records.lookup import list_records
from records.people import Meaning, find_actor
from records.product import ModelVersion
from records.quality import ChangeRequest
from records.queries import find_device
from records.rollouts import Rollout, plan_rollout
from records.surveillance import Revalidation


def _train(deed: Deed) -> ModelVersion:
    """A candidate of the newest dataset from another seed, evaluated on the locked tests."""
    made = retrain(deed.store, deed.scene.device, seed=deed.course.seed + int(deed.said["seed"]),
                   actor="service:training", now=deed.now)  # fmt: skip
    evaluate_version(deed.store, made, actor="service:training", now=deed.now)
    return made


def _propose(deed: Deed) -> ChangeRequest:
    version = deed.record("version", ModelVersion)
    for known in list_records(deed.tx, ChangeRequest, model_version_id=version.id):
        return known
    return propose_version(deed.store, version, reason=deed.said["reason"], actor=deed.scene.by,
                           now=deed.now)  # fmt: skip


def _assess(deed: Deed) -> Record:
    change = deed.record("change", ChangeRequest)
    assess_change(deed.store, change.label, deed.said["answers"], actor=deed.scene.by,
                  password=DEMO_PASSWORD, reason=deed.scene.why, now=deed.now)  # fmt: skip
    return change  # type: ignore[no-any-return]


def _review(deed: Deed) -> Record:
    change = deed.record("change", ChangeRequest)
    review_change(deed.store, change.label, [], agrees=True, actor=deed.scene.by,
                  password=DEMO_PASSWORD, reason=deed.scene.why, now=deed.now)  # fmt: skip
    return change  # type: ignore[no-any-return]


def _sign(deed: Deed) -> Record:
    """The people named sign a record, each with one meaning."""
    about: Record = deed.record("record")
    for name, meaning in deed.said["signatures"].items():
        sign_as(deed.store, about, name, Meaning(meaning), reason=deed.scene.why, now=deed.now)
    return about


def _plan_rollout(deed: Deed) -> Rollout:
    return plan_rollout(
        deed.tx, deed.record("change", ChangeRequest), deed.said["stages"],
        deed.said.get("rule") or {}, way_back=deed.said["way_back"], by=deed.by, now=deed.now,
    )


def _advance(deed: Deed) -> Rollout:
    one: Rollout = deed.record("rollout", Rollout)
    advance(deed.tx, one, by=deed.by, password=DEMO_PASSWORD, reason=deed.scene.why, now=deed.now)
    return one


def _look(deed: Deed) -> Record:
    return look(deed.store, deed.record("rollout", Rollout), actor=deed.by, reason=deed.scene.why,
                now=deed.now)  # fmt: skip


def _watch(deed: Deed) -> None:
    """The charts of what runs now are prepared; those that are stay as they are."""
    start_watch(deed.store, deed.scene.device, daily_n=int(deed.said["daily"]),
                seed=deed.course.seed, actor="service:surveillance", now=deed.now)  # fmt: skip


def _roll_back(deed: Deed) -> Record:
    """Taken back at one site, so that one record is made."""
    ((made, _),) = roll_back(
        deed.tx, deed.record("change", ChangeRequest), [deed.said["site"]],
        grounds=deed.said["grounds"], by=deed.by, password=DEMO_PASSWORD, now=deed.now,
    )
    return made


def _clear(deed: Deed) -> Record:
    return record_clearance(
        deed.tx, deed.record("version", ModelVersion), authority=deed.said["authority"],
        number=deed.said["number"], cleared_on=deed.now.date() - timedelta(days=1), by=deed.by,
        password=DEMO_PASSWORD, reason=deed.scene.why, now=deed.now,
    )


def _revalidate(deed: Deed) -> Record | None:
    """What is owed by the plan now; of the sites that are named, whatever is due."""
    known = {one.id for one in _revalidations(deed)}
    sites = deed.said.get("sites", ())
    if sites or deed.said.get("scheduled"):
        revalidate_due(deed.store, deed.scene.device, actor="service:surveillance", now=deed.now,
                       sites=sites, reason=deed.scene.why if sites else "")  # fmt: skip
    else:
        revalidate_alerts(deed.store, deed.scene.device, actor="service:surveillance",
                          quality="demo.quality", now=deed.now)  # fmt: skip
    with deed.store.reader() as reader:
        made = [one for one in list_records(reader, Revalidation) if one.id not in known]
    return made[-1] if made else None


def _revalidations(deed: Deed) -> list[Revalidation]:
    return list_records(deed.tx, Revalidation)


def _plan_go_live(deed: Deed) -> GoLive:
    version = deed.record("version", ModelVersion)
    return go_live.plan(deed.tx, version, deed.said["site"], by=deed.by, now=deed.now,
                        clinician=find_actor(deed.tx, "demo.radiologist"))  # fmt: skip


def _start_go_live(deed: Deed) -> GoLive:
    one: GoLive = deed.record("trial", GoLive)
    go_live.start(deed.tx, one, by=deed.by, now=deed.now)
    return one


def _judge_go_live(deed: Deed) -> GoLive:
    one: GoLive = deed.record("trial", GoLive)
    go_live.judge(deed.store, one, actor=deed.by, reason=deed.scene.why, now=deed.now)
    return one


def _accept_go_live(deed: Deed) -> GoLive:
    return accept_go_live(deed.tx, deed.record("trial", GoLive), by=deed.by, now=deed.now,
                          password=DEMO_PASSWORD, reason=deed.scene.why)  # fmt: skip


def _release(deed: Deed) -> Record:
    """Approved if that is still to do, and run live at the sites."""
    from journeys.release import release_change

    change = deed.record("change", ChangeRequest)
    if change.status != "released":
        release_change(deed.store, change.id, sites=list(deed.said["sites"]), reason=deed.scene.why,
                       decided_by=deed.scene.by, password=DEMO_PASSWORD, now=deed.now)  # fmt: skip
    return change  # type: ignore[no-any-return]


def _version_of(deed: Deed) -> ModelVersion | None:
    """Nothing is made: the version that was trained last gets a name in the story."""
    from records.queries import newest_model

    return newest_model(deed.tx, find_device(deed.tx, deed.scene.device))


CHANGES: Final[Mapping[str, Act]] = MappingProxyType({
    "name newest version": _version_of,
    "plan rollout": _plan_rollout,
    "advance rollout": _advance,
    "roll back": _roll_back,
    "clear version": _clear,
    "plan go-live": _plan_go_live,
    "start go-live": _start_go_live,
    "accept go-live": _accept_go_live,
})  # fmt: skip
"""In a transaction of the person."""
CHANGES_ALONE: Final[Mapping[str, Any]] = MappingProxyType({
    "train version": _train,
    "propose version": _propose,
    "assess change": _assess,
    "review change": _review,
    "sign": _sign,
    "look at rollout": _look,
    "prepare charts": _watch,
    "revalidate": _revalidate,
    "judge go-live": _judge_go_live,
    "release change": _release,
})  # fmt: skip
"""Use cases with transactions of their own."""
