"""A version put into use stage by stage: sites, shadow or live, and the rule that stops it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Given
from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, Refused
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.product import Site
from records.quality import ChangeRequest
from records.reasons import says

PLANNED, RUNNING, COMPLETED = "planned", "running", "completed"
HALTED, WITHDRAWN = "halted", "withdrawn"
FAILED, NOT_WORSE, GOING_ON = "failed", "not worse", "not decided"
LIVE, SHADOW = "live", "shadow"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Stage(_Part):
    """Where the version runs from this stage on, and what must be seen before the next one.

    minimum_days: calendar days; minimum_studies: read by the version at the stage's sites together.
    """

    sites: list[str] = Given(min_length=1)
    mode: str = Given(pattern="^(live|shadow)$")
    minimum_days: int = Given(default=1, ge=0)
    minimum_studies: int = Given(default=0, ge=0)


class StoppingRule(_Part):
    """When a shadow is shown to be worse than what it would replace.

    alpha: chance that a version that is just good enough is ever stopped, over all looks and
    measures. margins: by measure how far the shadow may fall. most_changed: the largest share of
    studies that may be decided otherwise; None: no limit. require_shown: go live only after it is
    shown that no margin is broken.
    """

    alpha: float = Given(default=0.05, gt=0, lt=0.5)
    margins: dict[str, float] = Given(
        default_factory=lambda: {"sensitivity": 0.05, "specificity": 0.05}
    )
    most_changed: float | None = Given(default=None, gt=0, lt=1)
    require_shown: bool = False


class Rollout(Record, table=True):
    """How a change is brought to the sites: stages, stopping rule and the plan for the way back."""

    __tablename__ = "rollout"
    PREFIX: ClassVar[str] = "RLO"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "change_request_id", "stages", "rule", "way_back", "proposed_by",
    )

    id: int | None = Field(default=None, primary_key=True)
    change_request_id: int = Field(foreign_key="change_request.id", index=True)
    stages: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    rule: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    way_back: str
    """The rollback plan: when, to which version, and who decides."""
    progress: list[Any] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    """Of each stage that began: when, and by whom."""
    status: str = Field(default=PLANNED, index=True)
    halted_because: str = ""
    proposed_by: str
    proposed_at: datetime
    ended_at: datetime | None = None

    @property
    def begun(self) -> list[Stage]:
        """The stages that began, in order."""
        return [Stage.model_validate(one) for one in self.stages[: len(self.progress)]]

    @property
    def next_stage(self) -> Stage | None:
        """The stage that begins next; None after the last."""
        left = self.stages[len(self.progress):]
        return Stage.model_validate(left[0]) if left else None

    @property
    def stopping(self) -> StoppingRule:
        """The rule."""
        return StoppingRule.model_validate(self.rule)


class RolloutLook(Record, table=True):
    """One look at the shadow beside the live version, on the same studies; never changed."""

    __tablename__ = "rollout_look"
    PREFIX: ClassVar[str] = "RLL"

    id: int | None = Field(default=None, primary_key=True)
    rollout_id: int = Field(foreign_key="rollout.id", index=True)
    stage: int
    sites: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    studies: int
    """Read by both."""
    verdict: str
    figures: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    looked_at: datetime


def read_plan(stages: Sequence[Any], rule: Mapping[str, Any]) -> tuple[list[Stage], StoppingRule]:
    """Stages and rule as written, checked.

    Raises:
        InvalidInput: Naming the field and what is wrong.
    """
    try:
        read = [Stage.model_validate(one) for one in stages], StoppingRule.model_validate(rule)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(one) for one in first["loc"])
        raise InvalidInput(f"The rollout's {where}: {first['msg']}.") from wrong
    if not read[0]:
        raise InvalidInput("No stage was given.", hint="A rollout has one stage at least.")
    unknown = set(read[1].margins) - {"sensitivity", "specificity"}
    if unknown or not all(0 < one < 1 for one in read[1].margins.values()):
        raise InvalidInput(
            "margins: sensitivity and specificity, each above 0 and below 1, are known."
        )
    return read


def plan_rollout(
    tx: Session, change: ChangeRequest, stages: Sequence[Any], rule: Mapping[str, Any], *,
    way_back: str, by: Actor, now: datetime,
) -> Rollout:
    """Plan how a change that is assessed or approved comes to the sites.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: A stage or the rule is malformed, or there is no rollback plan.
        NotFound: A site that is not registered.
        Refused: The change is decided, or another rollout of it is under way.
    """
    from records.lookup import sites_named

    require(by, Action.PLAN_ROLLOUT)
    read, stopping = read_plan(stages, rule)
    if not says(way_back):
        raise InvalidInput(
            "No rollback plan was given.", hint="Say when, to which version, and who decides."
        )
    if change.status not in ("assessed", "approved", "released"):
        raise Refused(f"{change.label} is '{change.status}': nothing of it is rolled out.")
    known = rollout_of(tx, change)
    if known is not None and known.status in (PLANNED, RUNNING):
        raise Refused(
            f"{known.label} of {change.label} is '{known.status}'.",
            hint="Halt or withdraw it first: 'radvigil rollout halt'.",
        )
    sites_named(tx, sorted({site for one in read for site in one.sites}))
    made = Rollout(
        change_request_id=change.id or 0, stages=[one.model_dump() for one in read],
        rule=stopping.model_dump(), way_back=way_back.strip(), proposed_by=by.name,
        proposed_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def rollout_of(session: Session, change: ChangeRequest) -> Rollout | None:
    """The rollout of a change that was planned last and not withdrawn."""
    query = (
        select(Rollout)
        .where(Rollout.change_request_id == change.id, Rollout.status != WITHDRAWN)
        .order_by(col(Rollout.id).desc())
    )
    return session.exec(query).first()


def require_within_rollout(
    session: Session, change: ChangeRequest, sites: Sequence[Site], mode: str
) -> None:
    """Raise :class:`Refused` where a version would run live at a site before its stage.

    A change without a rollout, and a shadow, are free.
    """
    known = rollout_of(session, change)
    if known is None or mode != LIVE or known.status == COMPLETED:
        return
    open_to = {site for one in known.begun if one.mode == LIVE for site in one.sites}
    left = sorted({one.name for one in sites} - open_to)
    if known.status == HALTED:
        left = sorted(one.name for one in sites)
    if left:
        raise Refused(
            f"{known.label} of {change.label} is '{known.status}' and has not come to "
            f"{', '.join(left)}.",
            hint="Use 'radvigil rollout advance', or plan another rollout."
            if known.status != HALTED else "Plan another rollout, or refuse the change.",
        )


def begin_stage(tx: Session, one: Rollout, *, by: Actor, now: datetime) -> Stage:
    """Note that the next stage begins; the first needs the signatures of two people.

    Raises:
        TransitionRefused: It is halted, completed or withdrawn.
        Refused: No stage is left.
    """
    require(by, Action.RELEASE_CHANGE)
    stage = one.next_stage
    if one.status == PLANNED or stage is None:
        check_transition("Rollout", one.label, one.status, RUNNING)
    elif one.status != RUNNING:
        raise Refused(
            f"{one.label} is '{one.status}' and goes no further.",
            hint="Plan another rollout: 'radvigil rollout plan'.",
        )
    assert stage is not None
    last = len(one.progress) + 1 == len(one.stages)
    if one.status == PLANNED:
        one.status = RUNNING
        tx.add(one)
        tx.flush()
    one.progress = [*one.progress, {"stage": len(one.progress) + 1, "at": now.isoformat(),
                                    "by": by.name}]  # fmt: skip
    if last:
        one.status, one.ended_at = COMPLETED, now
    tx.add(one)
    tx.flush()
    return stage


def halt_rollout(tx: Session, one: Rollout, *, because: str, now: datetime) -> Rollout:
    """No further site; what runs goes on until a person decides otherwise.

    Raises:
        InvalidInput: No reason.
        TransitionRefused: It is not under way.
    """
    if not says(because):
        raise InvalidInput("No reason was given.", hint="Say why it is halted.")
    wanted = HALTED if one.status == RUNNING else WITHDRAWN
    check_transition("Rollout", one.label, one.status, wanted)
    one.status, one.halted_because, one.ended_at = wanted, because.strip(), now
    tx.add(one)
    tx.flush()
    return one


def looks_of(session: Session, one: Rollout) -> list[RolloutLook]:
    """Every look, in order."""
    query = select(RolloutLook).where(RolloutLook.rollout_id == one.id)
    return list(session.exec(query.order_by(col(RolloutLook.id))))
