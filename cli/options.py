"""Options that several verbs share, written once."""

from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

LOOK, ACT = "Look", "Act"
"""The two panels of every noun's help."""


def noun(help_text: str) -> typer.Typer:
    """The group of one noun's verbs."""
    return typer.Typer(
        help=help_text, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )


def refuse_empty_paths(command: Any) -> None:
    """An empty path is a mistake, and Python would take it for the current folder.

    So it is with a variable that a script forgot to set: ``--out "$OUTBOX"``. Asked of every path
    of a command, because the verb itself only sees what Python made of it.
    """
    for parameter in command.params:
        annotation = parameter.type_descriptor.annotation
        if Path in (annotation, *get_args(annotation)):
            parameter.process_value = partial(_not_empty, parameter.process_value)


def _not_empty(process_value: Any, ctx: typer.Context, value: Any) -> Any:
    if value == "" or (isinstance(value, list | tuple) and "" in value):
        raise typer.BadParameter("The path is empty. Name one; '.' is the current folder.")
    return process_value(ctx, value)


def _own_or_global(ctx: typer.Context, home: Path | None) -> Path | None:
    """``radvigil --home X audit verify`` and ``radvigil audit verify --home X`` mean the same.

    The one named is put where the program looks for it when it writes down a failure.
    """
    everywhere = ctx.find_root().params
    everywhere["home"] = home or everywhere.get("home")
    found: Path | None = everywhere["home"]
    return found


def _medical_device(name: str | None) -> str | None:
    """``--device`` is always the medical device."""
    from records.definition import ACCELERATORS

    if name is not None and name.lower().split(":")[0] in ACCELERATORS:
        raise typer.BadParameter(
            f"'{name}' is an accelerator. --device names the medical device "
            "(see 'radvigil device list'); choose where to compute with --accelerator."
        )
    return name


def _stated_reason(reason: str) -> str:
    """A blank reason is refused before anything is opened."""
    from records.reasons import require_reason

    return require_reason(reason)


def _writable_folder(out: Path) -> Path:
    """The folder, made where it is not there; a place that cannot be written to is bad input."""
    import os

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as failed:
        raise typer.BadParameter(f"{out} is no folder to write to: {failed.strerror}.") from failed
    if not os.access(out, os.W_OK):
        raise typer.BadParameter(f"{out} is no folder to write to: no permission.")
    return out


def home_option(help_text: str) -> Any:
    """The option --home of one verb."""
    return typer.Option("--home", callback=_own_or_global, help=help_text)


Home = Annotated[
    Path | None,
    home_option("The workspace; else RADVIGIL_HOME, else the nearest one above here."),
]
MOST = 1_000_000

Last = Annotated[int, typer.Option(min=1, max=MOST, help="Only the newest so many.")]
OutFolder = Annotated[
    Path,
    typer.Option("--out", file_okay=False, callback=_writable_folder,
                 help="The folder to write to."),
]
Since = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on, it included.")
]
Until = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Up to this day, it included.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Reason = Annotated[
    str,
    typer.Option("--reason", callback=_stated_reason, help="Why; written to the audit trail."),
]
Comment = Annotated[
    str, typer.Option(help="What the signer adds, such as 'under protest'; shown with it.")
]
DeviceName = Annotated[
    str | None,
    typer.Option("--device", callback=_medical_device,
                 help="The medical device, where the workspace holds several."),
]
Seed = Annotated[
    int | None, typer.Option(min=0, help="Else a demonstration's own, else that of params.yaml.")
]


def named_value(
    text: str, form: str = "name=value", *, blank: bool = False, last: bool = False
) -> tuple[str, str]:
    """Name and value of an option of the form name=value, without spaces around them.

    form: how it looks, for who wrote it otherwise. blank: the value may be empty. last: the name
    may hold = too, the value none.

    Raises:
        BadParameter: There is no =, no name, or no value.

    >>> named_value("root_cause = a wrong table")
    ('root_cause', 'a wrong table')
    """
    name, sign, value = text.rpartition("=") if last else text.partition("=")
    if not sign or not name.strip() or not (blank or value.strip()):
        raise typer.BadParameter(f"'{text[:60]}' is not of the form {form}.")
    return name.strip(), value.strip()


def day_named(text: str) -> date:
    """The day that is written so, such as 2027-12-31.

    Raises:
        InvalidInput: It is no day.
    """
    from records.errors import InvalidInput

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"'{text}' is no day.", hint="Write it as 2027-12-31.") from None


def day_of(named: datetime | None) -> date | None:
    """The day that an option names."""
    return named.date() if named else None
