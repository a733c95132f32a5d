"""Read access to a Radvigil workspace for notebooks; nothing can be changed through it.

>>> import radvigil
>>> with radvigil.open("workspace") as records:      # doctest: +SKIP
...     records.tables
...     studies = records.frame("study")
...     per_site = records.frame("SELECT site, count(*) FROM chart_point GROUP BY site")
...     with records.reader() as session:
...         ...                                      # SQLModel queries over records.tables
"""

from radvigil.reading import Records, open

__all__ = ["Records", "open"]
