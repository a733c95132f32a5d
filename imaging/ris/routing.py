"""Whose a result (ORU) is: another maker's product's, a reader's answer to one of ours, a report's.

The one place where that is decided. A message that a watched product sends (MSH-3, MSH-4, SFT) is
the product's as a whole. One that somebody else sends is taken apart by OBR: what a watched product
said by OBX-18 is the product's, OBX of 99RADVIGIL are a reader's answer, and what else is text of
an imaging service is a report.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from imaging.external.message import is_from, is_sent_by
from imaging.reports.arrived import ArrivedReport
from imaging.ris.message import Header, read_segments
from imaging.ris.results import read_reports
from imaging.sources.response_oru import is_answer
from records.external_product import ExternalProduct


@dataclass(frozen=True, slots=True)
class Routed:
    """What a result holds, by who is to have it.

    devices: those of the watched products that say something in it. answers: whether a reader
    answers one of our results in it. reports: of radiologists.
    """

    devices: tuple[str, ...] = ()
    answers: bool = False
    reports: list[ArrivedReport] = field(default_factory=list)

    @property
    def for_nobody(self) -> bool:
        """Whether nothing of it is read here."""
        return not (self.devices or self.answers or self.reports)


def route_result(
    header: Header, content: bytes, products: Mapping[str, ExternalProduct]
) -> Routed:
    """Who is to have what of a result.

    products: those that are watched, by the name of their device.

    Raises:
        MessageRefused: It is malformed.
    """
    segments = read_segments(content)
    senders = [
        name for name, product in products.items() if is_sent_by(product, header, segments)
    ]
    if senders:
        return Routed(tuple(senders))
    named = [name for name, product in products.items() if is_from(product, content)]
    return Routed(
        tuple(named), any(is_answer(one) for one in segments), read_reports(header, content)
    )
