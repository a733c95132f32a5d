"""What every step is given: the workspace's records, and who acts in them and when."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import dagster as dg
from pydantic import Field

if TYPE_CHECKING:
    from records.store import Store

if TYPE_CHECKING:
    Result: TypeAlias = dg.MaterializeResult[Any]
else:  # Dagster reads the annotation of a step at run time and knows the plain class only
    Result = dg.MaterializeResult
"""What a step leaves behind: counts and the labels of records; the rows are in the records."""

EXECUTORS: dict[str, Any] = {
    "in_process": dg.in_process_executor,
    "multiprocess": dg.multiprocess_executor,
}


class Routine:
    """A step under way: the records, the service that acts in them, and the instant."""

    def __init__(self, store: "Store", actor: str, now: datetime) -> None:
        self.store, self.actor, self.now = store, actor, now

    def device_name(self, named: str) -> str:
        """The medical device that is meant: the one named, or the only one of the workspace."""
        from records.queries import find_device, only_device

        with self.store.reader() as reader:
            return (find_device(reader, named) if named else only_device(reader)).name

    def seed(self, named: int | None) -> int:
        """The seed meant: the one named, a demonstration's own, else that of params.yaml."""
        from models.params import load_params
        from records.clock import workspace_mark
        from records.settings import REPOSITORY

        if named is not None:
            return named
        with self.store.reader() as reader:
            mark = workspace_mark(reader)
        if mark is not None and mark.seed is not None:
            return mark.seed
        return load_params(REPOSITORY / "params.yaml").seed


class WorkspaceResource(dg.ConfigurableResource[Any]):
    """The workspace that Dagster works in; RADVIGIL_HOME, or the nearest one, where not named."""

    home: str = ""

    @contextmanager
    def start(self, service: str, *, task: str) -> Iterator[Routine]:
        """Begin a step as a service, with the operating-system user on record."""
        import getpass
        from pathlib import Path

        from records.clock import now_in
        from records.door import Door
        from records.services import start_service
        from records.settings import require_workspace
        from records.store import open_store

        opened = open_store(require_workspace(Path(self.home) if self.home else None))
        store = opened.through(Door("job"))
        try:
            with store.reader() as reader:
                now = now_in(reader)
            with store.transaction(service, now=now) as tx:
                start_service(tx, service, task=task, system_user=getpass.getuser(), now=now)
            yield Routine(store, service, now)
        finally:
            store.close()

    @contextmanager
    def look(self) -> Iterator[Routine]:
        """The records to read, for what decides whether a step begins; nobody acts."""
        from pathlib import Path

        from records.clock import now_in
        from records.settings import require_workspace
        from records.store import open_reader

        store = open_reader(require_workspace(Path(self.home) if self.home else None).home)
        try:
            with store.reader() as reader:
                now = now_in(reader)
            yield Routine(store, "", now)
        finally:
            store.close()


class DeviceConfig(dg.Config):
    """Which medical device; empty where the workspace holds one."""

    device: str = ""


class DayConfig(DeviceConfig):
    """Which device, and which sites; empty means all of them."""

    sites: list[str] = Field(default_factory=list)


def chosen_executor() -> Any:
    """The executor that RADVIGIL_EXECUTOR names; in this process where it names none."""
    name = os.environ.get("RADVIGIL_EXECUTOR", "in_process")
    if name not in EXECUTORS:
        known = ", ".join(EXECUTORS)
        raise dg.DagsterInvalidDefinitionError(f"RADVIGIL_EXECUTOR is '{name}'; known: {known}.")
    return EXECUTORS[name]
