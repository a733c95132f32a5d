"""A report as it arrived, by whichever way: whose it is by its sender's words, and what it says."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from imaging.reports.identifiers import KnownIdentities


@dataclass(frozen=True, slots=True)
class ArrivedReport:
    """One report, with identities still in it: shown in no repr, kept sealed or in quarantine only.

    study: Study Instance UID, or the label of a record here (STU-0001); accession: where the study
    is not named. number: the report's own at its sender; its versions share it. said_at: when, by
    the sender's clock. patients: number and issuer of each identifier. addendum: the text is to be
    read after that of the version before.
    """

    origin: str
    status: str
    text: str = field(repr=False)
    source_digest: str
    study: str = field(default="", repr=False)
    accession: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    reader: str = field(default="", repr=False)
    reported_on: date | None = None
    said_at: datetime | None = None
    patients: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)
    numbers: tuple[str, ...] = field(default=(), repr=False)
    addendum: bool = False

    @property
    def known(self) -> KnownIdentities:
        """What the sender tells of people and numbers beside the text."""
        own = (self.accession, self.number, *(number for number, _ in self.patients))
        return KnownIdentities((*self.names, self.reader), (*self.numbers, *own))

    def to_json(self) -> bytes:
        """The report as bytes; the same report gives the same ones."""
        held: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        for name in ("reported_on", "said_at"):
            held[name] = held[name].isoformat() if held[name] else None
        return json.dumps(held, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "ArrivedReport":
        """What :meth:`to_json` wrote."""
        held = json.loads(content)
        held["reported_on"] = held["reported_on"] and date.fromisoformat(held["reported_on"])
        held["said_at"] = held["said_at"] and datetime.fromisoformat(held["said_at"])
        held["patients"] = tuple((number, issuer) for number, issuer in held["patients"])
        held["names"], held["numbers"] = tuple(held["names"]), tuple(held["numbers"])
        return cls(**held)
