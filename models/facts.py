"""Clinical facts as a network is told them: one row a study, NaN where a fact is missing."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Facts = NDArray[np.float32] | NDArray[np.float64]
"""Of clinical facts 32 bits, as networks read them; of measured features 64."""
Known = Mapping[str, float | str]
"""Of one study its known facts by name: numbers, or codes."""


def fact_rows(columns: Sequence[str], known: Sequence[Known]) -> Facts:
    """The facts of each study, shape (studies, columns); a coded one has a column a code.

    >>> fact_rows(("crp", "oxygen=0", "oxygen=1"), [{"crp": 4.0, "oxygen": "1"}, {}]).tolist()
    [[4.0, 0.0, 1.0], [nan, nan, nan]]
    """
    rows = np.full((len(known), len(columns)), np.nan, dtype=np.float32)
    for at, one in enumerate(known):
        for place, column in enumerate(columns):
            name, _, code = column.partition("=")
            if name in one:
                rows[at, place] = float(one[name] == code) if code else float(one[name])
    return rows


def fact_names(columns: Sequence[str]) -> tuple[str, ...]:
    """The facts behind the columns, each once.

    >>> fact_names(("crp", "oxygen=0", "oxygen=1"))
    ('crp', 'oxygen')
    """
    return tuple(dict.fromkeys(column.partition("=")[0] for column in columns))


def fact_places(columns: Sequence[str]) -> list[NDArray[np.intp]]:
    """Of each fact in order, which columns are its."""
    names = [column.partition("=")[0] for column in columns]
    return [np.flatnonzero(np.array(names) == one) for one in fact_names(columns)]


def without(rows: Facts, columns: Sequence[str], name: str) -> Facts:
    """The same rows as if one fact had never been known."""
    blind = rows.copy()
    blind[:, fact_places(columns)[fact_names(columns).index(name)]] = np.nan
    return blind


def missing_of(columns: Sequence[str], known: Known) -> list[str]:
    """The facts that are missing of a study."""
    return [name for name in fact_names(columns) if name not in known]
