"""The dictionary of facts: name, kind and coded values of each, from ``data/facts.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from records.yaml_source import read_yaml

DATA = Path(__file__).parent / "data"
KINDS = ("yes_no", "day", "instant", "zone", "code", "country", "member_state", "text", "number",
         "whole", "list", "object")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact: its kind, coded values, what else it may be, and what a list holds."""

    kind: str
    values: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Coded values that a yes or no may have too."""
    alternative: str = ""
    """Another kind that it may be of: text, or country."""
    item: "Entry | None" = None


@cache
def fact_dictionary() -> Mapping[str, Entry]:
    """Every fact that a rule may ask for, by name."""
    content = read_yaml(DATA / "facts.yaml").content
    return {name: _entry(said) for name, said in content["facts"].items()}


def _entry(said: Mapping[str, Any]) -> Entry:
    other, held = said.get("or", ()), said.get("of")
    item = None
    if held is not None:
        item = Entry("code", tuple(held)) if isinstance(held, list) else Entry(held)
    return Entry(
        said["kind"], tuple(said.get("values", ())),
        tuple(other) if isinstance(other, list) else (),
        other if isinstance(other, str) else "", item,
    )
