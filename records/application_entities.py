"""Which systems of the hospital send studies and get results, by AE title (DICOM PS3.8, PS3.15).

A study is taken only from a system that somebody has registered for a site (21 CFR 11.10(h)): its
site is then a fact of the connection, not of what the file claims.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, Refused
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.product import Site
from records.queries import register_site

_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")
_WEB = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+(?:/[A-Za-z0-9._~/-]*)?")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
ACTIVE, RETIRED = "active", "retired"


class ApplicationEntity(Record, table=True):
    """A system that speaks DICOM, at a site, by its AE title; it may send until it is retired.

    One that ``receives`` gets the results of its site's studies: by C-STORE, or where ``web`` is
    given by DICOMweb.
    """

    __tablename__ = "application_entity"
    PREFIX: ClassVar[str] = "AET"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {
        "receives": False,
        "web": "",
        "tls": False,
        "asks": False,
    }

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(index=True)
    site_id: int = Field(foreign_key="site.id")
    host: str = ""
    """The only address that it may connect from, and where it listens; empty: any, and nowhere."""
    port: int | None = None
    """Where it listens itself; none: it only sends."""
    status: str = ACTIVE
    registered_by: str
    registered_at: datetime
    receives: bool = False
    web: str = ""
    """The address of its DICOMweb services (PS3.18), without /studies; empty: it is called."""
    tls: bool = False
    """Whether it is called over TLS only."""
    asks: bool = False
    """Whether it may ask which of the site's studies wait to be read, and of whom they are."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A registered system as the node needs it: title, site, address (empty: any), may it ask?"""

    title: str
    site: str
    host: str
    label: str
    asks: bool = False


def check_title(title: str) -> str:
    """The AE title without the spaces around it (PS3.5 6.2, VR AE: 16 characters at most).

    Raises:
        InvalidInput: It is empty, too long, or has a backslash or a sign that is not ASCII.

    >>> check_title(" PACS_1 ")
    'PACS_1'
    """
    bare = title.strip(" ")
    if not _TITLE.fullmatch(bare):
        raise InvalidInput(
            f"{title[:40]!r} is no AE title.",
            hint="One has 1 to 16 printable ASCII characters and no backslash.",
        )
    return bare


@dataclass(frozen=True, slots=True)
class Receiving:
    """That a system gets results: over DICOMweb where an address is given, with TLS or without."""

    web: str = ""
    tls: bool = False


def register_entity(
    tx: Session, title: str, site: str, *, host: str = "", port: int | None = None,
    receiving: Receiving | None = None, asks: bool = False, by: Actor, now: datetime,
) -> ApplicationEntity:
    """From now on the system of this AE title may send studies of the site.

    receiving: it gets the results of the site's studies too. asks: it may ask for the worklist of
    the site, which names patients. A site that nobody knows yet is
    registered as 'unconfirmed'.

    Raises:
        NotAllowed: The person has no role that registers systems.
        InvalidInput: No AE title, no site name, no address, no port, or nowhere to receive.
        Refused: A system of that title is registered already.
    """
    require(by, Action.REGISTER_ENTITY)
    bare = check_title(title)
    if host and not _HOST.fullmatch(host):
        raise InvalidInput(f"{host[:60]!r} is no address.", hint="Give a host name or an address.")
    if port is not None and not (host and 1 <= port <= 65535):
        raise InvalidInput("A port needs a host, and lies between 1 and 65535.")
    if receiving is not None:
        _require_reachable(receiving, port)
    if (known := find_entity(tx, bare)) is not None:
        raise Refused(
            f"{known.label} is the active system of the title '{bare}'.",
            hint=f"Retire it first: 'radvigil node retire {known.label}'.",
        )
    place = register_site(tx, site, origin="reported", now=now)
    entity = ApplicationEntity(
        title=bare, site_id=place.id or 0, host=host, port=port, registered_by=by.name,
        registered_at=now, receives=receiving is not None,
        web=receiving.web.rstrip("/") if receiving else "", tls=bool(receiving and receiving.tls),
        asks=asks,
    )
    tx.add(entity)
    tx.flush()
    return entity


def _require_reachable(receiving: Receiving, port: int | None) -> None:
    if receiving.web and not _WEB.fullmatch(receiving.web):
        raise InvalidInput(
            "This is no DICOMweb address.",
            hint="Give one such as https://pacs.example/dicom-web, without name or password.",
        )
    if not receiving.web and port is None:
        raise InvalidInput(
            "Where this system receives is not told.", hint="Give --host and --port, or --web."
        )


def retire_entity(tx: Session, entity: ApplicationEntity, *, by: Actor) -> ApplicationEntity:
    """The system may send nothing any more, from now on.

    Raises:
        NotAllowed: The person has no role that registers systems.
        TransitionRefused: It was retired before.
    """
    require(by, Action.REGISTER_ENTITY)
    check_transition("ApplicationEntity", entity.subject, entity.status, RETIRED)
    entity.status = RETIRED
    tx.add(entity)
    tx.flush()
    return entity


def find_entity(session: Session, title: str) -> ApplicationEntity | None:
    """The active system of this AE title."""
    query = select(ApplicationEntity).where(
        ApplicationEntity.title == title, ApplicationEntity.status == ACTIVE
    )
    return session.exec(query).first()


def senders(session: Session) -> dict[str, Sender]:
    """Every system that may send, by its AE title."""
    query = (
        select(ApplicationEntity, Site.name)
        .join(Site, col(Site.id) == col(ApplicationEntity.site_id))
        .where(ApplicationEntity.status == ACTIVE)
        .order_by(col(ApplicationEntity.id))
    )
    return {
        entity.title: Sender(entity.title, site, entity.host, entity.label, entity.asks)
        for entity, site in session.exec(query)
    }


def destinations(session: Session, site_id: int) -> list[ApplicationEntity]:
    """The systems that get the results of a site's studies."""
    query = select(ApplicationEntity).where(
        ApplicationEntity.status == ACTIVE, ApplicationEntity.site_id == site_id,
        col(ApplicationEntity.receives).is_(True),
    ).order_by(col(ApplicationEntity.id))
    return list(session.exec(query))
