"""One whole life of a device: from radiographs to a watched deployment and signed documents.

Every step is recorded when it is finished, so an interrupted demonstration resumes behind it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from journeys import demonstration_clinic as clinic
from journeys import demonstration_report as to_report
from journeys import demonstration_steps as steps
from journeys import demonstration_years as years
from journeys.demonstration_order import (
    DEVICE,
    Order,
    describe_order,
    operated,
    recorded_order,
    same_order,
)  # fmt: skip
from journeys.demonstration_steps import Course
from journeys.summarise import Summary, summarise
from records.clock import workspace_mark
from records.door import Door
from records.errors import IntegrityBroken, Refused, Unavailable
from records.product import JourneyStep, WorkspaceKind
from records.queries import finished_steps
from records.settings import Workspace, current_settings
from records.store import Store, open_store
from records.verify_workspace import verify_workspace

JOURNEY = "demonstration"

SIMULATED_PEOPLE = Door("command", "UTC")
"""Whoever acts in a demonstration is simulated by the command that makes it, and lives in UTC."""

LOCK = ".demonstration.lock"
"""Held in the workspace while a demonstration runs there: two would mix their files."""


class Progress(Protocol):
    """What a door shows while a demonstration runs."""

    def begin(self, step: str, title: str) -> None:
        """A step begins."""

    def advance(self, done: int, total: int) -> None:
        """So much of the step is done."""

    def end(self, step: str, summary: dict[str, Any], seconds: float) -> None:
        """A step is finished, now or in an earlier call."""


class Silent:
    """Shows nothing."""

    def begin(self, step: str, title: str) -> None:
        """Nothing."""

    def advance(self, done: int, total: int) -> None:
        """Nothing."""

    def end(self, step: str, summary: dict[str, Any], seconds: float) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Step:
    """One step: its name, what a person reads while it runs, and what does it."""

    name: str
    title: str
    carry_out: Callable[[Course], dict[str, Any]]


STEPS: tuple[Step, ...] = (
    Step("define", "Define the device and sign its definition", steps.define),
    Step("make", "Make the studies", steps.make),
    Step("take in", "Take in, de-identify and check", steps.take_in),
    Step("version", "Split and freeze the dataset", steps.version),
    Step("train", "Train, calibrate, choose the operating point", steps.train),
    Step("evaluate", "Evaluate on internal and external test", steps.evaluate),
    Step("release", "Change request, signatures, release", steps.release),
    Step("operate", "60 days of operation, watched daily", steps.operate),
    Step("revalidate", "Revalidate on the alert", steps.revalidate),
    Step("document", "Compile and sign the documents", steps.document),
    Step("verify", "Verify the audit trail, and that tampering shows", steps.verify),
)

TO_THE_REPORT: tuple[Step, ...] = (
    Step("define", "Define the device and sign its definition", steps.define),
    Step("make", "Make the studies", to_report.make),
    Step("take in", "Take in, de-identify and check", to_report.take_in),
    Step("version", "Freeze the dataset", to_report.version),
    Step("train", "Train, calibrate, choose the operating point", steps.train),
    Step("evaluate", "Evaluate on internal and external test", steps.evaluate),
    Step("validate", "Validate beyond the locked tests", to_report.validate),
    Step("decide", "Change request, signatures, decision", to_report.decide),
    Step("document", "Compile and sign the validation report", to_report.report),
    Step("verify", "Verify the audit trail, and that tampering shows", steps.verify),
)
"""The steps of a device whose versions are not operated."""

_IN_THE_CLINIC: dict[str, tuple[Step, ...]] = {
    "define": (Step("define", "Define the device and another maker's product", clinic.define),),
    "make": (Step("make", "Make the studies", clinic.make),),
    "operate": (
        Step("operate", "60 days of operation, reports and answers come back", clinic.operate),
        Step("adjudicate", "Draw an audit sample, read it blinded", clinic.adjudicate),
        Step("compare", "Compare the kinds of truth", clinic.compare),
    ),
}
"""What is done in place of a step where the simulated hospitals send what they know."""


_OVER_YEARS: dict[str, tuple[Step, ...]] = {
    "define": (Step("define", "Define the devices and sign their definitions", years.define),),
    "make": (Step("make", "Make the studies of a few days a month", years.make),),
    "operate": (
        Step("others", "Train and release the other devices", years.others),
        Step("operate", "Two years: days watched, people act", years.operate),
    ),
    "revalidate": (Step("revalidate", "What revalidations found", years.revalidations),),
    "document": (Step("document", "Compile every document, sign some", years.document),),
}
"""What is done in place of a step where a story tells of years."""


def steps_of(
    device: str, *, in_the_clinic: bool = False, over_years: bool = False
) -> tuple[Step, ...]:
    """The steps of a device: the whole life, or to its signed validation report."""
    if over_years:
        return tuple(each for one in STEPS for each in _OVER_YEARS.get(one.name, (one,)))
    if not operated(device):
        return TO_THE_REPORT
    if not in_the_clinic:
        return STEPS
    return tuple(each for one in STEPS for each in _IN_THE_CLINIC.get(one.name, (one,)))


def demonstrate(
    home: Path, order: Order, *, again: bool = False, progress: Progress | None = None
) -> Summary:
    """Run the demonstration in a workspace, or finish an interrupted one.

    Images are checked before anything is made. Over a finished demonstration it verifies what is
    there, changes nothing and gives its summary; ``again`` puts the old one aside and makes a new
    one.

    Raises:
        InvalidInput: The images cannot be used, or an option is wrong.
        Refused: The workspace is live, or holds a demonstration of another order.
        Unavailable: Another demonstration is running there.
        IntegrityBroken: What a finished demonstration made is not whole any more.
    """
    identity = order.identity()
    workspace = Workspace(home).create()
    _refuse_live(workspace)  # before anything is written there, the lock included
    with _alone(workspace):
        store, seen = _open(workspace, again=again)
        try:
            return _carry_out(store, order, identity, seen=seen, show=progress or Silent())
        finally:
            store.close()


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """One demonstration at a time in a workspace; one that was killed holds nothing."""
    lock = FileLock(workspace.home / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as busy:
        raise Unavailable(
            f"Another demonstration is running in {workspace.home}.",
            hint="Wait until it is done, or name another folder with --home.",
        ) from busy
    try:
        yield
    finally:
        lock.release()


def _carry_out(
    store: Store, order: Order, identity: dict[str, Any], *, seen: bool, show: Progress
) -> Summary:
    """Every step that is not finished yet, in order, and the summary of all."""
    finished = _finished(store)
    order, identity = _settle(store, order, identity, made="make" in finished)
    steps_to_go = steps_of(
        order.device, in_the_clinic=order.clinic, over_years=bool(order.scenario)
    )
    if len(finished) == len(steps_to_go):
        _require_whole(store)
    course = Course(
        store=store, order=identity, device=order.device, seed=order.seed, data=order.data,
        external=order.external, drift=order.drift, columns=order.columns,
        workers=order.workers, scale=order.size, advance=show.advance, scenario=order.scenario,
    )
    for step in steps_to_go:
        if step.name in finished:
            done = finished[step.name]
            show.end(step.name, done.summary, done.seconds)
            continue
        show.begin(step.name, step.title)
        begun = time.perf_counter()
        outcome = step.carry_out(course)
        seconds = round(time.perf_counter() - begun, 2)
        _finish(store, course, step, outcome, seconds)
        show.end(step.name, outcome, seconds)
    return summarise(store, resumed=seen and len(finished) < len(steps_to_go),
                     unchanged=len(finished) == len(steps_to_go))


def _settle(
    store: Store, order: Order, identity: dict[str, Any], *, made: bool
) -> tuple[Order, dict[str, Any]]:
    """The order to carry out: the one given, or the one begun here where nobody named any."""
    with store.reader() as reader:
        known = recorded_order(reader)
    if known is None or same_order(known, identity):
        return order, identity
    if not order.unspecified:
        raise Refused(
            f"{store.workspace.home} holds another demonstration ({describe_order(known)}).",
            hint="Use --again to put it aside and make a new one, or another --home.",
        )
    if known["data"] and not made:
        raise Refused(
            f"The demonstration in {store.workspace.home} was interrupted before its images were "
            f"read ({describe_order(known)}).",
            hint="Name them with --data again, or use --again to put it aside.",
        )
    device = known.get("device", DEVICE)
    return replace(
        order, device=device, seed=known["seed"], drift=known["drift"],
        clinic=known.get("clinic", False), scenario=known.get("scenario", ""),
    ), known


def _require_whole(store: Store) -> None:
    """What was whole when it was made may have been altered since."""
    with store.reader() as reader:
        verdict = verify_workspace(store, reader)
    if not verdict.whole:
        raise IntegrityBroken(
            f"This demonstration was finished, and is not whole any more: {verdict.findings[0]}.",
            hint="'radvigil audit verify' tells all of it; --again puts it aside and makes a new "
            "one.",
        )


def _refuse_live(workspace: Workspace) -> None:
    if not (workspace.database.exists() or current_settings().database_url):
        return
    store = open_store(workspace)
    try:
        with store.reader() as reader:
            mark = workspace_mark(reader)
        live = mark is not None and mark.kind == WorkspaceKind.LIVE.value
        if live or _has_records(store):
            raise Refused(
                f"The workspace {workspace.home} is live; a demonstration never touches it.",
                hint="Name another folder with --home.",
            )
    finally:
        store.close()


def _open(workspace: Workspace, *, again: bool) -> tuple[Store, bool]:
    """The store to work in, and whether a demonstration was begun there before."""
    store = open_store(workspace).through(SIMULATED_PEOPLE)
    with store.reader() as reader:
        mark = workspace_mark(reader)
    if mark is not None and again:
        store.close()
        _put_aside(workspace)
        return open_store(workspace).through(SIMULATED_PEOPLE), False
    return store, mark is not None


def _has_records(store: Store) -> bool:
    """Whether an unmarked workspace holds anything: then it is somebody's work, so live."""
    from sqlmodel import func, select

    from records.cases import Quarantine, Study
    from records.product import Device

    with store.reader() as reader:
        if workspace_mark(reader) is not None:
            return False
        return any(
            reader.exec(select(func.count()).select_from(table)).one()
            for table in (Study, Quarantine, Device)
        )


def _put_aside(workspace: Workspace) -> None:
    """Rename the folder of an old demonstration and begin a new one; nothing is deleted."""
    number = 1
    while (aside := workspace.home.with_name(f"{workspace.home.name}.{number}")).exists():
        number += 1
    workspace.home.rename(aside)
    workspace.create()
    (aside / LOCK).rename(workspace.home / LOCK)  # held all the while


def _finished(store: Store) -> dict[str, JourneyStep]:
    with store.reader() as reader:
        return finished_steps(reader, JOURNEY)


def _finish(
    store: Store, course: Course, step: Step, outcome: dict[str, Any], seconds: float
) -> None:
    with store.transaction("radvigil", f"demonstration step '{step.name}'", now=course.now) as tx:
        tx.add(
            JourneyStep(
                journey=JOURNEY, step=step.name, finished_at=course.now, seconds=seconds,
                summary=outcome,
            )
        )


