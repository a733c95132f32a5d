"""What a type of document is, apart from which ones there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

RISK_CLASSES = ("I", "IIa", "IIb", "III")


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of document: its code, title, legal basis, and the EU risk classes it applies to.

    periodic: it is about a period; the others are about everything up to the data freeze.
    subjects: prefixes of the records that it is about, one document each; empty where it is about
    the device as a whole.
    jurisdictions: where it is asked for, such as US; empty where a device of any market has it.
    """

    code: str
    title: str
    legal_basis: tuple[str, ...]
    risk_classes: tuple[str, ...] = RISK_CLASSES
    periodic: bool = False
    instead: str = ""
    subjects: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()

    def applies(self, risk_class: str, markets: Iterable[str] | None) -> bool:
        """Whether a device of this EU risk class and of these jurisdictions has such a document.

        markets: None where the definition does not say where the device is placed.
        """
        return risk_class in self.risk_classes and self.placed(markets)

    def placed(self, markets: Iterable[str] | None) -> bool:
        """Whether one of the jurisdictions that ask for it is among these, or none is asked."""
        return markets is None or not self.jurisdictions or bool(
            set(self.jurisdictions) & set(markets)
        )
