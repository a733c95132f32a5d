"""The people at a site are told which version runs there from now on, in words of the change."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from journeys.tell_people import marked
from records.base import Record
from records.errors import InvalidInput, Refused
from records.message_routes import VERSION, active_routes
from records.messages import Message
from records.people import Actor
from records.permissions import Action, require
from records.product import Device, ModelVersion
from records.quality import ChangeRequest
from records.reasons import says
from records.rollouts import Rollout
from records.settings import Workspace
from records.typed_text import require_names_nobody

NOBODY = "No route carries it: nobody was told over a channel."


def tell_users(
    tx: Session, record: Record, sites: Sequence[str], *, title: str, words: str, now: datetime
) -> int:
    """Queue a message over every route that carries versions of one of the sites; how many."""
    told = 0
    for route in active_routes(tx):
        here = [site for site in sites if route.carries(VERSION, site=site)]
        if not here:
            continue
        body = f"{record.label}, at {', '.join(here)}\n\n{words}\n"
        tx.add(Message(route_id=route.id or 0, kind=VERSION, title=f"{marked(tx)}{title}",
                       body=body, record=record.label, queued_at=now))  # fmt: skip
        told += 1
    tx.flush()
    return told


def tell_sites(
    tx: Session, one: Rollout, sites: Sequence[str], *, words: str, workspace: Workspace,
    by: Actor, now: datetime,
) -> int:
    """A person tells the users at sites that a rollout has reached; how many routes carry it.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: Nothing is said, no site is named, or the words name a patient.
        Refused: A site that no stage has reached, or no route carries versions of any of them.
    """
    require(by, Action.PLAN_ROLLOUT)
    if not says(words) or not sites:
        raise InvalidInput("Nobody is told without words and a site.", hint="Give both.")
    reached = {site for stage in one.begun for site in stage.sites}
    if strange := sorted(set(sites) - reached):
        raise Refused(f"{one.label} has not come to {', '.join(strange)}.",
                      hint="Name a site of a stage that began.")  # fmt: skip
    # a message's body is else made by the program and not searched
    require_names_nobody(tx, workspace, [("words", words)], now=now)
    told = tell_users(tx, one, sites, title="word on the version in use", words=words.strip(),
                      now=now)  # fmt: skip
    if not told:
        raise Refused(NOBODY, hint="Set a route first: 'radvigil alert route'.")
    return told


def tell_in_use(
    tx: Session, change: ChangeRequest, record: Record, sites: Sequence[str], *, now: datetime
) -> int:
    """Users learn that a version runs live: what it is, what changed and why, and where to find
    more (release notes; IEC 62304 5.8.4, MDR Annex I 23.4)."""
    version = tx.get_one(ModelVersion, change.model_version_id)
    device = tx.get_one(Device, change.device_id)
    return tell_users(
        tx, record, sites, now=now, title=f"new version in use, {device.name}",
        words=f"From {now:%Y-%m-%d %H:%M} UTC on studies are read by {version.label} "
        f"({version.name}).\nWhat changed: {change.description}\nWhy: {change.reason}\n"
        f"All changes with their evidence: the change log of {device.name}.",
    )
