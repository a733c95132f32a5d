"""Write docs/commands.md from the command line's own help: python scripts/write_commands.py"""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"

OPENING = """# Commands

Written by `scripts/write_commands.py` from the same text as `radvigil --help`; a test compares
the two. Every command also answers to `--help`.

Exit codes: 0 done, 1 refused, 2 usage or invalid input, 3 integrity broken, 130 interrupted.
`radvigil` stands for `.venv/bin/radvigil` of this repository, here and within sentences;
`source .venv/bin/activate` puts it on the PATH. `--home` names the workspace; without it
`RADVIGIL_HOME` counts, else the nearest workspace above the current folder.
"""


def commands_page() -> str:
    """The whole page, from the nouns and verbs as they are."""
    from cli.app import NOUNS, load_noun

    lines = [OPENING]
    for name, noun in NOUNS.items():
        command = load_noun(name)
        lines.append(f"## {name}\n\n{noun.help}\n")
        verbs = getattr(command, "commands", None)
        if verbs is None:
            lines += described(f"radvigil {name}", command)
        for verb in sorted(verbs or {}):
            if not verbs[verb].hidden:
                lines += described(f"radvigil {name} {verb}", verbs[verb])
    return "\n".join(lines).rstrip() + "\n"


def described(spoken: str, command: Any) -> Iterator[str]:
    """One command: how it is called, what it does, what it takes."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    called = [spoken, *(wanted(one) for one in arguments)]
    called += [f"{one.opts[0]} {kind(one)}".strip() for one in options if one.required]
    yield f"### {spoken}\n\n```\n{' '.join(called)}\n```\n\n{command.help}\n"
    shown = [one for one in (*arguments, *options) if "--home" not in one.opts]
    if shown:
        yield "| takes | what |\n|---|---|"
        yield from (f"| `{heading(one)}` | {meaning(one)} |" for one in shown)
        yield ""


def wanted(argument: Any) -> str:
    """An argument in the call; in brackets where it may be left out."""
    name = str(argument.metavar or argument.name).upper()
    return name if argument.required else f"[{name}]"


def kind(option: Any) -> str:
    """What stands after an option: nothing, its choices, or its kind of value."""
    if option.is_flag:
        return ""
    value = option.type_descriptor.annotation
    value = (get_args(value) or (value,))[0]
    if isinstance(value, type) and issubclass(value, Enum):
        return "{" + ",".join(str(one.value) for one in value) + "}"
    return {str: "TEXT", int: "NUMBER", float: "NUMBER", Path: "PATH", datetime: "DAY"}[value]


def heading(one: Any) -> str:
    """The name of an argument or option as it is typed."""
    if one.param_type_name == "argument":
        return str(one.metavar or one.name).upper()
    return f"{one.opts[0]} {kind(one)}".strip()


def meaning(one: Any) -> str:
    """The help of an argument or option, and what counts without it."""
    said = " ".join((one.help or "").split()).replace("|", "\\|")
    default = getattr(one.default, "value", one.default)
    plain = isinstance(default, int | float | str) and not isinstance(default, bool) and default
    notes = ["needed"] if one.required else [f"else {default}"] if plain else []
    notes += ["repeatable"] if getattr(one, "multiple", False) and "repeatable" not in said else []
    return f"{said} ({'; '.join(notes)})" if notes else said


if __name__ == "__main__":
    PAGE.write_text(commands_page(), encoding="utf-8")
