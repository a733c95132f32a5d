"""How a kind of document is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from regulatory.documents.content import Content
from regulatory.gathering.edition import Basis


@dataclass(frozen=True)
class Maker:
    """How a kind of document is made: facts from records, content from facts."""

    gather: Callable[[Session, Basis], Any]
    build: Callable[[Any], Content]
