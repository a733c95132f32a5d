"""What people decide about a site: that one named by arriving data is one of ours."""

from sqlmodel import Session

from records.people import Actor
from records.permissions import Action, require
from records.product import Site


def confirm_site(tx: Session, site: Site, *, by: Actor) -> Site:
    """An unconfirmed site is one of ours.

    Raises:
        NotAllowed: The person has no role that confirms sites.
        TransitionRefused: It is confirmed already, or closed.
    """
    require(by, Action.CONFIRM_SITE)
    site.status = "confirmed"
    tx.add(site)
    tx.flush()
    return site
