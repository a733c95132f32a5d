"""Numbers of days and other parameters of the rules, from ``data/parameters.yaml``."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from records.yaml_source import read_yaml
from regulatory.rules.dictionary import DATA


@cache
def parameters() -> Mapping[str, Any]:
    """Every parameter by name, with the version of the file under 'version'."""
    return read_yaml(DATA / "parameters.yaml").content


def days(clock: str) -> int:
    """How many days a clock has."""
    return int(parameters()["clocks"][clock]["days"])


def clocks_of(rule: str) -> Mapping[str, Mapping[str, Any]]:
    """The clocks that a rule counts by, with days, kind of days and citation."""
    clocks = parameters()["clocks"]
    return {name: said for name, said in clocks.items() if rule in said["rules"]}
