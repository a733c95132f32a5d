"""Damage that verification found is written into the trail and told to the administrators."""

from datetime import datetime

from records.notices import NoticeKind, raise_notice
from records.services import ensure_service
from records.store import Store
from records.verify import Verdict

VERIFIER = "service:verification"


def tell_of_damage(store: Store, verdict: Verdict, *, now: datetime) -> bool:
    """Write what verification found into a notice, once; whether one was written.

    Raises:
        RadvigilError: The database cannot be written, which damage may cause.
    """
    if verdict.whole:
        return False
    more = len(verdict.findings) - 1
    words = verdict.findings[0] + (f", and {more} more findings" if more else "")
    with store.transaction(VERIFIER, "verification found damage", now=now) as tx:
        ensure_service(tx, VERIFIER, now=now)
        notice = raise_notice(tx, NoticeKind.DAMAGE_FOUND, "AuditTrail:all", words, now=now)
    return notice is not None
