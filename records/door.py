"""By which door an act came in, and where the clock of who acts stands (REG-010, REG-020)."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["command", "page", "job", "program", "program by token"]
"""A command line, a page, a scheduled job, another program, or one that acts by its token."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where acts come from: told once to the store, written with each event and signature."""

    source: Source = "program"
    zone: str = ""
    """The time zone of who acts, such as 'Europe/Berlin'; empty where the door cannot know."""
