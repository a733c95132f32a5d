"""How a chart of one level of a subgroup is named: the chart of the plan, then the level.

    sensitivity in use [sex=F]
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["level_chart", "level_of", "whole_chart"]

_OF_LEVEL: Final = re.compile(r"^(?P<chart>.+) \[(?P<level>[^\[\]=]+=[^\[\]]+)\]$")


def level_chart(chart: str, subgroup: str, label: str) -> str:
    """The name of a plan's chart at one level of a subgroup.

    >>> level_chart("sensitivity in use", "sex", "F")
    'sensitivity in use [sex=F]'
    """
    return f"{chart} [{subgroup}={label}]"


def whole_chart(name: str) -> str:
    """The chart of the plan that a chart belongs to: itself, where it is of the whole site.

    >>> whole_chart("sensitivity in use [age=40 to under 65]"), whole_chart("silence")
    ('sensitivity in use', 'silence')
    """
    found = _OF_LEVEL.match(name)
    return found["chart"] if found else name


def level_of(name: str) -> str:
    """Subgroup and level of a chart as estimates name them; empty for the whole site.

    >>> level_of("sensitivity in use [sex=F]"), level_of("silence")
    ('sex=F', '')
    """
    found = _OF_LEVEL.match(name)
    return found["level"] if found else ""
