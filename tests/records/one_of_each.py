"""A record of each kind that people decide about and that a small workspace lacks."""

from datetime import datetime

from sqlmodel import Session


def add_one_of_each(tx: Session, now: datetime) -> None:
    """One of each that the first version did not have, as it begins, number 0001."""
