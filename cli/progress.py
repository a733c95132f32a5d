"""How far a long step is: bars on a terminal, plain lines elsewhere; always on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress


@contextmanager
def counting(title: str, total: int, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A function that is told how many more are done; shows a bar, or a line each tenth."""
    if quiet or total == 0:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar() as bar:
            task = bar.add_task(title, total=total)
            yield lambda step: bar.advance(task, step)
    else:
        yield _lines(title, total)


def step_bars() -> "Progress":
    """Bars for the steps of a long journey, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _lines(title: str, total: int) -> Callable[[int], None]:
    done = 0

    def tell(step: int) -> None:
        nonlocal done
        before, done = done * 10 // total, done + step
        if done * 10 // total > before:
            typer.echo(f"{title}: {done} of {total}", err=True)

    return tell
