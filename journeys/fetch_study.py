"""Fetch a study from a system of the hospital by its accession number, to be taken in."""

from datetime import datetime

from imaging.node.dicomweb import Web
from imaging.node.fetching import Fetched, fetch_by_accession
from journeys.return_results import Ways, address_of
from records.application_entities import ApplicationEntity
from records.audit import note
from records.clock import require_no_demonstration
from records.errors import NotFound, Refused
from records.people import Actor
from records.permissions import Action, require
from records.product import Site
from records.store import Store

FETCHED = "fetched by accession number"
"""The action of the event, which holds no number."""


def fetch_study(
    store: Store, entity: ApplicationEntity, accession: str, ways: Ways, *, by: Actor,
    now: datetime,
) -> Fetched:
    """Ask a registered system for a study and keep its images among the day's arrivals.

    Who asked whom is an event before the question is put.

    Raises:
        NotAllowed: The person has no role that takes studies in.
        Refused: It was retired, has no DICOMweb address, or this is a demonstration.
        InvalidInput: This is no accession number.
        NotFound: It holds nothing of that number.
        Unavailable: It is not reached, or refuses.
    """
    require(by, Action.TAKE_IN)
    address = address_of(entity, ways)
    if not isinstance(address, Web):
        raise Refused(
            f"{entity.label} has no DICOMweb address, and studies are fetched by DICOMweb only.",
            hint="Have it send the study, or register it with --receives and --web.",
        )
    with store.reader() as reader:
        require_no_demonstration(reader)
        site = reader.get_one(Site, entity.site_id).name
    with store.transaction(by.name, "a study is wanted", now=now) as tx:
        note(tx, FETCHED, entity.subject)
    found = fetch_by_accession(
        address, accession, incoming=store.workspace.incoming, site=site, day=now.date()
    )
    if not found.studies:
        raise NotFound(f"{entity.label} holds nothing of this accession number.")
    return found
