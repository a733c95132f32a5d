"""What a type of document is, apart from which ones there are."""

from __future__ import annotations

from dataclasses import dataclass

RISK_CLASSES = ("I", "IIa", "IIb", "III")


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of document: its code, title, legal basis, and the EU risk classes it applies to.

    periodic: it is about a period; the others are about everything up to the data freeze.
    subjects: prefixes of the records that it is about, one document each; empty where it is about
    the device as a whole.
    """

    code: str
    title: str
    legal_basis: tuple[str, ...]
    risk_classes: tuple[str, ...] = RISK_CLASSES
    periodic: bool = False
    instead: str = ""
    subjects: tuple[str, ...] = ()
