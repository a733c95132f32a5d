"""How a kind of document is made; its modules are imported when it is asked for, and no others."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sqlmodel import Session

from regulatory.documents.content import Content
from regulatory.gathering.edition import Basis


@dataclass(frozen=True)
class Maker:
    """Facts from records, then content from facts, each by a function named 'module:function'.

    of: where several kinds share both, the kind that each is asked for first.
    """

    gather: str
    build: str
    of: str = ""

    def facts(self, reader: Session, basis: Basis) -> Any:
        """What the document states, by queries only."""
        return self._named(self.gather)(reader, basis)

    def content(self, facts: Any) -> Content:
        """The document of these facts."""
        made: Content = self._named(self.build)(facts)
        return made

    def _named(self, name: str) -> Any:
        module, _, function = name.partition(":")
        found = getattr(import_module(module), function)
        return found(self.of) if self.of else found
