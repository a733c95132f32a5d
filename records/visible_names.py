"""Which devices and sites somebody may choose on a page: all, or those that were granted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import Session, select

from records.audit_grants import grants_on, is_bound
from records.people import Actor
from records.product import Device, Site


@dataclass(frozen=True, slots=True)
class VisibleNames:
    """Names in the order of the alphabet."""

    devices: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    device_names: Mapping[int, str] = field(default_factory=dict)
    """The name of the device of each revision, by its number."""


def visible_names(session: Session, person: Actor, *, on: date) -> VisibleNames:
    """The devices and sites that this person may see on a day.

    An auditor of a live workspace: those of the grants; a grant that names none holds all.
    """
    names = {number or 0: name for number, name in session.exec(select(Device.id, Device.name))}
    devices = sorted(set(names.values()))
    sites = sorted(session.exec(select(Site.name)))
    if is_bound(session, person):
        scopes = [one.scope for one in grants_on(session, person, on)]
        devices = [one for one in devices if any(one in (s.devices or [one]) for s in scopes)]
        sites = [one for one in sites if any(one in (s.sites or [one]) for s in scopes)]
    return VisibleNames(tuple(devices), tuple(sites), names)
