"""Who is told of alerts, over which channel: the address is checked, kept apart, and recorded."""

from collections.abc import Callable
from datetime import datetime

from records.accounts import acting_on, require_on_record
from records.lookup import sites_named
from records.message_routes import MessageRoute, Wanted, add_route
from records.people import find_actor
from records.permissions import Action
from records.reasons import require_reason
from records.store import Store


def set_route(
    store: Store, wanted: Wanted, *, address: Callable[[], str], actor: str, reason: str,
    now: datetime,
) -> MessageRoute:
    """Register a route. address: asks for the secret, after it is known that the person may.

    Raises:
        NotAllowed: The person has no role that may; the trail says so.
        NotFound: A site that is not registered.
        InvalidInput: An address of no kind that can be used, an unknown recipient, kind or class.
    """
    from monitoring.channels import scheme_of

    with store.reader() as reader:
        person = find_actor(reader, actor)
    require_on_record(store, person, Action.SET_ROUTES, now=now)
    reason, secret = require_reason(reason), address()
    scheme = scheme_of(secret)
    with acting_on(
        store, person, "setting of a route", actor=actor, reason=reason, now=now,
        refused={"recipient": wanted.recipient, "about": list(wanted.about)},
    ) as tx:
        sites_named(tx, wanted.sites)
        return add_route(
            store, tx, wanted, scheme=scheme, address=secret, by=find_actor(tx, actor), now=now
        )
