"""Open the workspace that a verb means, for looking or for acting, and say who acts and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from imaging.headers import ScopeRequirements
    from records.door import Door
    from records.people import Actor
    from records.store import Store


@contextmanager
def looking(home: Path | None) -> Iterator["Store"]:
    """The records of an existing workspace, to read."""
    from records.settings import require_workspace
    from records.store import open_reader

    store = open_reader(require_workspace(home).home)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def acting(home: Path | None, *, create: bool = False) -> Iterator["Store"]:
    """The records of a workspace, to change; with ``create``, a live one is made where none is."""
    from records.clock import begin_live
    from records.settings import find_workspace, require_workspace
    from records.store import open_store

    workspace = find_workspace(home).create() if create else require_workspace(home)
    store = open_store(workspace)
    try:
        if create:
            begin_live(store, now=wall_clock())
        yield store.through(_door(store))
    finally:
        store.close()


def _door(store: "Store") -> "Door":
    """A command, or a program by its token, and the time zone of this machine.

    The people of a demonstration live in UTC, so that the same order gives the same records.
    """
    from records.clock import is_demonstration
    from records.door import Door

    with store.reader() as reader:
        demonstration = is_demonstration(reader)
    return Door(
        "program by token" if token_given() else "command",
        "UTC" if demonstration else local_zone(),
    )


def local_zone() -> str:
    """The time zone of this machine by its name, such as 'Europe/Berlin'; UTC without one."""
    from tzlocal import get_localzone_name

    return get_localzone_name() or "UTC"


def input_requirements(store: "Store") -> "ScopeRequirements | None":
    """What the workspace's device declares that it can read; None before one is defined."""
    from records.errors import NotFound
    from records.held_definition import definition_of
    from records.queries import only_device

    with store.reader() as reader:
        try:
            device = only_device(reader)
        except NotFound:
            return None
    from journeys.watch_day import scope_of

    return scope_of(definition_of(device))


def now_of(store: "Store") -> datetime:
    """The instant by the workspace's clock; a demonstration's own clock stands still."""
    from records.clock import now_in

    with store.reader() as reader:
        return now_in(reader)


def wall_clock() -> datetime:
    """The system's instant, in UTC: what a signed-in session's idle time is counted by."""
    from datetime import UTC

    return datetime.now(UTC)


def system_user() -> str:
    """The operating-system user who runs the command."""
    import getpass

    return getpass.getuser()


def start_routine(store: "Store", name: str, *, task: str) -> str:
    """Begin routine work as a service actor, with the operating-system user on record.

    It needs nobody signed in; somebody who is must be one who may start it. With RADVIGIL_TOKEN
    the service of the token acts instead, under its own name.
    """
    from records.accounts import require_on_record
    from records.auditor_access import require_unbound
    from records.permissions import routine_action
    from records.service_tokens import service_acting, start_by_token
    from records.services import start_service

    if token := token_given():
        now, action = now_of(store), routine_action(name)
        service = service_acting(store, token, action, now=now)
        with store.transaction(service.name, now=now) as tx:
            start_by_token(tx, service, task=task, routine=name, system_user=system_user())
        return service.name
    now, person = now_of(store), person_if_signed_in(store)
    if person is not None:
        require_on_record(store, person, routine_action(name), now=now)
        require_unbound(store, person, task, now=now)
    with store.transaction(name, now=now) as tx:
        start_service(tx, name, task=task, system_user=system_user(), now=now, started_by=person)
    return name


def who_exports(store: "Store", *, task: str) -> str:
    """Who takes a copy out: the person who is signed in, else a routine, its start on record."""
    if not token_given() and (person := person_if_signed_in(store)) is not None:
        return person.name
    return start_routine(store, "service:export", task=task)


def token_given() -> str:
    """The token of a service in RADVIGIL_TOKEN, by which this command acts; empty without one."""
    import os

    return os.environ.get("RADVIGIL_TOKEN", "")


def _refuse_token(store: "Store") -> None:
    """A token is a service's: what a person does is refused, and the attempt is on record."""
    from records.service_tokens import service_acting

    if token := token_given():
        service_acting(store, token, None, now=now_of(store))


def person_if_signed_in(store: "Store") -> "Actor | None":
    """Who is signed in at this command line; None where nobody is any more."""
    from records.errors import NotAllowed

    _refuse_token(store)
    try:
        return acting_person(store)
    except NotAllowed:
        return None


def acting_person(store: "Store") -> "Actor":
    """The person who is signed in with 'radvigil user login'; never a service by its token."""
    from records.sessions import SessionFile, signed_in

    _refuse_token(store)
    file = SessionFile(store.workspace.keys / "session.json")
    with store.reader() as reader:
        return signed_in(reader, file, now=wall_clock())


def ask_password(
    prompt: str = "Password", *, confirm: bool = False, variable: str = "RADVIGIL_PASSWORD"
) -> str:
    """The password, from an environment variable or typed without being shown."""
    import os
    import sys

    given = os.environ.get(variable)
    if given:
        return given
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"No terminal to ask for the password: set {variable}.")
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True))


def device_name(store: "Store", named: str | None) -> str:
    """The medical device that is meant: the one named, or the only one of the workspace."""
    from records.queries import find_device, only_device

    with store.reader() as reader:
        device = find_device(reader, named) if named else only_device(reader)
        return device.name


def seed_for(store: "Store", named: int | None) -> int:
    """The seed that is meant: the one named, a demonstration's own, else that of params.yaml."""
    from models.params import load_params
    from records.clock import workspace_mark
    from records.settings import REPOSITORY

    if named is not None:
        return named
    with store.reader() as reader:
        mark = workspace_mark(reader)
    if mark is not None and mark.seed is not None:
        return mark.seed
    return load_params(REPOSITORY / "params.yaml").seed
