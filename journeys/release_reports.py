"""A person reads a report that was held back, and releases it without identities."""

from datetime import datetime

from imaging.reports.intake import ReportIntake
from imaging.reports.releasing import RELEASED, Held, open_held, ready
from imaging.reports.truth import findings_of_devices, record_report_truth
from imaging.reports.versions import record_versions
from records.accounts import acting_on, require_on_record
from records.audit import note
from records.cases import Quarantine
from records.errors import Refused
from records.identity_access import REVEALED, grant_in_force, subject_of
from records.lookup import find_record
from records.people import find_actor
from records.permissions import Action, require
from records.store import Store


def read_held(store: Store, label: str, *, by: str, purpose: str, now: datetime) -> Held:
    """The report with the identities in it; that somebody reads it is on record before.

    Raises:
        NotAllowed: No role of the person may release reports, or nobody has granted it to ask for
            identities today.
        InvalidInput, NotFound, IntegrityBroken: As :func:`imaging.reports.releasing.open_held`.
    """
    return _opened(store, label, by=by, purpose=purpose, now=now)[0]


def release_held(
    store: Store, label: str, *, cleaned: str | None = None, as_it_is: bool = False, by: str,
    reason: str, now: datetime,
) -> str:  # fmt: skip
    """The report goes on record as others do; the label of its version.

    cleaned: its text without identities, by this person. as_it_is: the person says that the text
    as it came holds none. Without either it is judged anew: a merge or a study may have come since.

    Raises:
        NotAllowed: As :func:`read_held`.
        Refused: It is held back still, was released before, or is older than what is on record.
    """
    held, intake = _opened(store, label, by=by, purpose=reason, now=now)
    text = held.report.text if as_it_is else cleaned
    proposed = ready(store, intake, held, cleaned=text, now=now)
    with acting_on(
        store, held.quarantine, "release of a held report", actor=by, reason=reason, now=now
    ) as tx:
        require(find_actor(tx, by), Action.RELEASE_REPORT)
        recorded, counted = record_versions(
            tx, [proposed], intake.waiting.last_words([proposed.word]), now=now
        )
        if not recorded:
            raise Refused(f"{held.quarantine.label} adds nothing: it is {next(iter(counted))}.")
        record_report_truth(tx, recorded, findings_of_devices(tx), now=now)
        how = "as it came" if as_it_is else "judged anew" if text is None else "cleaned"
        note(tx, RELEASED, held.quarantine.subject, new={"report": recorded[0].label, "text": how})
    if proposed.said_at is not None:
        intake.waiting.remember_words([(proposed.word, proposed.said_at)])
    return recorded[0].label


def _opened(
    store: Store, label: str, *, by: str, purpose: str, now: datetime
) -> tuple[Held, ReportIntake]:
    with store.reader() as reader:
        person = find_actor(reader, by)
    require_on_record(store, person, Action.RELEASE_REPORT, now=now)
    with store.reader() as reader:
        quarantine = find_record(reader, Quarantine, label)
    intake = ReportIntake(store, actor=by)
    held = open_held(store, intake, quarantine)
    about = subject_of(held.study.study_uid) if held.study else quarantine.subject
    with acting_on(
        store, quarantine, REVEALED, actor=by, reason=purpose, now=now,
        refused={"purpose": purpose, "about": about},
    ) as tx:
        grant = grant_in_force(tx, find_actor(tx, by), on=now.date())
        note(tx, REVEALED, about,
             new={"grant": grant.label, "purpose": purpose, "read": quarantine.label})  # fmt: skip
    return held, intake
