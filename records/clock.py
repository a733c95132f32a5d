"""What a workspace is and what time it is there."""

from datetime import UTC, date, datetime

from sqlmodel import Session, select

from records.errors import Refused
from records.product import WorkspaceKind, WorkspaceMark
from records.store import Store

SIMULATED = "simulated data and signers"
REAL_IMAGES = "real images, simulated operation and signers"
"""What is not real in a demonstration, by where its images come from."""


def workspace_mark(session: Session) -> WorkspaceMark | None:
    """The row that says whether this workspace is live or a demonstration; None if unmarked."""
    return session.exec(select(WorkspaceMark)).first()


def mark_workspace(
    tx: Session,
    kind: WorkspaceKind,
    *,
    now: datetime,
    seed: int | None = None,
    unreal: str = SIMULATED,
) -> WorkspaceMark:
    """Mark a workspace, once and for ever.

    Args:
        unreal: What is not real in a demonstration, as its pages and documents say it.

    Raises:
        Refused: It is marked as the other kind already.
    """
    mark = workspace_mark(tx)
    if mark is None:
        mark = WorkspaceMark(
            kind=kind.value, seed=seed, created_at=now,
            clock_at=now if kind is WorkspaceKind.DEMONSTRATION else None,
            note=unreal if kind is WorkspaceKind.DEMONSTRATION else "",
        )
        tx.add(mark)
        tx.flush()
    elif mark.kind != kind.value:
        raise Refused(
            f"This workspace is a {mark.kind} workspace and can never become {kind.value}.",
            hint="Use another folder with --home.",
        )
    return mark


def begin_live(store: Store, *, now: datetime) -> None:
    """Mark a new workspace as live, for ever; one that is marked stays as it is.

    Raises:
        Refused: It is unmarked but has keys: they are left of something that ended early.
    """
    with store.reader() as reader:
        if workspace_mark(reader) is not None:
            return
    if any(store.workspace.keys.glob("*.key")):
        raise Refused(
            f"{store.workspace.home} holds keys that its records do not know; they may be those "
            "of a demonstration.", hint="Use another folder with --home.",
        )
    with store.transaction("radvigil", "begin a live workspace", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=now)


def is_demonstration(session: Session) -> bool:
    """Whether everything here is a demonstration."""
    mark = workspace_mark(session)
    return mark is not None and mark.kind == WorkspaceKind.DEMONSTRATION.value


def require_no_demonstration(session: Session) -> None:
    """Refuse to bring anything real into a demonstration.

    Raises:
        Refused: Its people's passwords are printed, and its keys may follow from its seed.
    """
    if is_demonstration(session):
        raise Refused(
            "This workspace is a demonstration: its keys and passwords protect nothing real.",
            hint="Take studies in to a workspace of their own: name a new folder with --home.",
        )


def marking(session: Session) -> str:
    """What every page and document of a demonstration must say; empty in a live workspace."""
    mark = workspace_mark(session)
    if mark is None or mark.kind != WorkspaceKind.DEMONSTRATION.value:
        return ""
    return f"DEMONSTRATION: {mark.note}"


def now_in(session: Session) -> datetime:
    """The instant by the workspace's clock: the system clock, or where a demonstration stands."""
    mark = workspace_mark(session)
    if mark is not None and mark.clock_at is not None:
        return mark.clock_at
    return datetime.now(UTC)


def require_reached(session: Session, day: date) -> None:
    """Refuse a day that has not come yet: what is recorded about it would be made up.

    Raises:
        Refused: Naming the day and the date by the workspace's clock.
    """
    today = now_in(session).date()
    if day > today:
        raise Refused(
            f"{day} has not come yet: by the workspace's clock it is {today}.",
            hint="Name a day up to today.",
        )


def advance_clock(tx: Session, now: datetime) -> None:
    """Move a demonstration's clock forward; a live workspace refuses any but the system clock."""
    mark = workspace_mark(tx)
    if mark is None or mark.kind != WorkspaceKind.DEMONSTRATION.value:
        raise Refused("Only a demonstration workspace has a clock of its own.")
    if mark.clock_at is None or now > mark.clock_at:
        mark.clock_at = now
        tx.add(mark)
