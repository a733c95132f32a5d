"""A random sample of records: drawn before anybody looks, on record, and to be drawn again.

Each record of the population is ranked by SHA-256 of 'seed:label'; the lowest are the sample. So
anybody with the labels and the seed draws the same one, with any program. That a seed was chosen,
and how often, shows in the trail.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from records.audit import note
from records.audit_grants import is_bound, numbers_visible
from records.base import digest_of
from records.errors import InvalidInput, NotFound
from records.kinds import Scope, kind_named
from records.people import Actor
from records.permissions import Action, require

DRAW = "draw sample"
MOST = 1000
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn, from how many, and what draws it again."""

    kind: str
    since: date | None
    until: date | None
    seed: int
    population: int
    drawn: tuple[str, ...]

    @property
    def words(self) -> str:
        """Such as '5 of 212 (alert, 2026-01-01 to 2026-12-31), seed 7'."""
        span = f", {self.since or 'the first'} to {self.until or 'the last'}"
        return f"{len(self.drawn)} of {self.population} ({self.kind}{span}), seed {self.seed}"


def ranked(labels: list[str], seed: int) -> list[str]:
    """Labels in the order in which a seed draws them.

    >>> ranked(["ALT-0001", "ALT-0002", "ALT-0003"], 7)
    ['ALT-0002', 'ALT-0001', 'ALT-0003']
    """
    return sorted(labels, key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).hexdigest())


def draw_sample(
    tx: Session, kind: str, count: int, *, period: Scope, seed: int | None, by: Actor, on: date
) -> Sample:
    """Draw records of a kind and period, and write down who drew which from how many.

    An auditor draws from what was granted. Without a seed one is drawn too.

    Raises:
        NotAllowed: The person has no role that draws samples.
        InvalidInput: An unknown kind, or a count or seed out of range.
        NotFound: There is no such record.
    """
    require(by, Action.DRAW_SAMPLE)
    if not 1 <= count <= MOST or not 0 <= (seed or 0) <= LARGEST_SEED:
        raise InvalidInput(f"Draw 1 to {MOST} records, by a seed of 0 to {LARGEST_SEED}.")
    table: Any = kind_named(kind).table
    labels = [
        f"{table.PREFIX}-{number:04d}"
        for number in numbers_visible(tx, by, kind, period, on=on)
    ]
    if not labels:
        raise NotFound(f"There is no record of the kind '{kind}' in {period.words} to draw from.")
    chosen = secrets.randbelow(LARGEST_SEED) if seed is None else seed
    sample = Sample(
        kind, period.since, period.until, chosen, len(labels),
        tuple(ranked(labels, chosen)[:count]),
    )
    note(
        tx, DRAW, f"{table.__name__}:all",
        new={
            "kind": kind, "since": period.since, "until": period.until, "count": count,
            "seed": chosen, "seed_chosen_by_person": seed is not None,
            "population": len(labels), "population_digest": digest_of(labels),
            "within_grants": is_bound(tx, by), "drawn": list(sample.drawn),
        },
    )
    return sample
