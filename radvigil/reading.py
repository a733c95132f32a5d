"""A workspace opened for looking: tables as data frames, and a session that cannot write."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame
    from sqlmodel import Session

    from records.store import Store


class Records:
    """The records of one workspace, to read. Close it, or use it in a ``with`` block."""

    def __init__(self, store: "Store") -> None:
        self._store = store

    def __repr__(self) -> str:
        return f"Records({str(self.home)!r})"

    @property
    def home(self) -> Path:
        """The workspace folder."""
        return self._store.workspace.home

    @property
    def tables(self) -> Sequence[str]:
        """The names that :meth:`frame` knows."""
        from sqlmodel import SQLModel

        import records.tables  # noqa: F401 - reading it makes every table known

        return sorted(SQLModel.metadata.tables)

    def frame(self, what: str) -> "DataFrame":
        """A table by name, or the answer to an SQL question, as a pandas data frame.

        Raises:
            InvalidInput: No such table, or SQL that the database refuses; writing is refused too.
        """
        import pandas
        from sqlalchemy import text
        from sqlalchemy.exc import DBAPIError, ResourceClosedError

        from records.errors import InvalidInput

        question = what.strip()
        if " " not in question:
            if question not in self.tables:
                known = ", ".join(self.tables)
                raise InvalidInput(f"There is no table '{question}'.", hint=f"Known: {known}.")
            question = f'SELECT * FROM "{question}"'  # noqa: S608 - the name is one of ours
        with self.reader() as session:
            try:
                rows: Any = session.connection().execute(text(question))
                return pandas.DataFrame(rows.fetchall(), columns=list(rows.keys()))
            except DBAPIError as refused:
                said = f"The database refuses this question: {refused.orig}."
                raise InvalidInput(said) from refused
            except ResourceClosedError:
                raise InvalidInput(
                    "This is no question: the database has no rows to answer it with.",
                    hint="Ask with SELECT.",
                ) from None

    def reader(self) -> "AbstractContextManager[Session]":
        """A session for SQLModel queries; it refuses to write."""
        return self._store.reader()

    def close(self) -> None:
        """Give the database back."""
        self._store.close()

    def __enter__(self) -> "Records":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open(home: str | Path | None = None) -> Records:
    """The records of the workspace at ``home``, to look at.

    Without ``home``: RADVIGIL_HOME, else the nearest workspace above the current folder.

    Raises:
        WorkspaceMissing: Naming the path that was tried.
    """
    from records.settings import require_workspace
    from records.store import open_reader

    return Records(open_reader(require_workspace(Path(home) if home else None).home))
