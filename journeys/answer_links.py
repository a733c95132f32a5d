"""Links go out with results: which reader of which system is addressed, and how results say it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from sqlmodel import Session

from imaging.results.answer_link import with_answer_link
from imaging.results.naming import ResultKind
from journeys.answer_results import address_of_answer
from records.cases import Prediction
from records.certificates import is_loopback
from records.errors import InvalidInput
from records.reader_link_acts import DAYS, MOST_DAYS, issue_link, require_reader, withdraw_unsent
from records.result_deliveries import UNDELIVERABLE, ResultDelivery

Fetch = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class AnswerLinks:
    """Where readers reach the page, and who reads at each system, by its AE title.

    at: an https address, or http on this machine. readers: AE title to reader code. days: for how
    long a link counts.

    Raises:
        InvalidInput: The address, a reader or the days cannot be used.
    """

    at: str
    readers: Mapping[str, str] = field(default_factory=dict)
    days: int = DAYS

    def __post_init__(self) -> None:
        parts = urlsplit(self.at)
        near = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if not parts.hostname or parts.query or parts.fragment or parts.username or not (
            near or parts.scheme == "https"
        ):
            raise InvalidInput(
                "The address by which readers reach the page is no https address.",
                hint="Name one such as https://answers.hospital.example; a link is a secret.",
            )
        if not self.readers:
            raise InvalidInput("No reader is addressed.", hint="Name one such as PACS1=R07.")
        if not 1 <= self.days <= MOST_DAYS:
            raise InvalidInput(f"A link counts for 1 to {MOST_DAYS} days, not {self.days}.")
        for reader in self.readers.values():
            require_reader(reader)


def issue_for(
    tx: Session, rows: Sequence[ResultDelivery], title: str, links: AnswerLinks | None, *,
    by: str, now: datetime,
) -> dict[int, str]:
    """The address for each report among results that are about to be sent to a system.

    Each attempt has a link of its own, since no token is kept; the first answer withdraws the
    others. By the position in ``rows``.
    """
    if links is None or title not in links.readers:
        return {}
    found = {}
    for at, row in enumerate(rows):
        if row.kind == ResultKind.REPORT:
            prediction = tx.get_one(Prediction, row.prediction_id)
            _, token = issue_link(
                tx, prediction, links.readers[title], by=by, now=now, days=links.days
            )
            found[at] = address_of_answer(links.at, token)
    return found


def linked(fetch: Fetch, address: str, reader: str) -> Fetch:
    """Gives the report with its link in it; only what is sent holds it."""
    return lambda: with_answer_link(fetch(), address, reader=reader)


def end_of_unsent(tx: Session, row: ResultDelivery, title: str, links: AnswerLinks | None) -> None:
    """The links of a result that was given up: they never reached their reader."""
    if links and title in links.readers and row.status == UNDELIVERABLE:
        withdraw_unsent(tx, row.prediction_id, links.readers[title])
