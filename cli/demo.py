"""``radvigil demo``: one whole life of a device, shown while it runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Home
from cli.table_columns import (
    AgeColumn,
    DateColumn,
    FileColumn,
    LabelColumn,
    NegativeLabel,
    PatientColumn,
    PositiveLabel,
    SexColumn,
    SiteColumn,
    ViewColumn,
    given_columns,
)  # fmt: skip

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Folder = Annotated[
    Path | None,
    typer.Option(help="A folder of images with a CSV, or a MedMNIST .npz; else simulated studies."),
]
External = Annotated[
    Path | None, typer.Option(help="The same of another institution, for the external test.")
]


class PlainLines:
    """A line when a step begins, each tenth of it, and when it ends; on standard error."""

    def __init__(self) -> None:
        self.step, self.tenth = "", 0

    def begin(self, step: str, title: str) -> None:
        """A step begins."""
        self.step, self.tenth = step, 0
        typer.echo(f"{title} ...", err=True)

    def advance(self, done: int, total: int) -> None:
        """So much of the step is done."""
        if total and done * 10 // total > self.tenth:
            self.tenth = done * 10 // total
            typer.echo(f"  {self.step}: {done} of {total}", err=True)

    def end(self, step: str, summary: dict[str, Any], seconds: float) -> None:  # noqa: ARG002
        """A step is finished, now or in an earlier call."""
        said = "done" if step == self.step else "finished before"
        typer.echo(f"  {step}: {said}, {seconds:.1f} s", err=True)


class Bars:
    """A bar for each step, on a terminal."""

    def __init__(self, bars: "Progress") -> None:
        self.bars = bars
        self.task: TaskID | None = None

    def begin(self, step: str, title: str) -> None:  # noqa: ARG002
        """A step begins."""
        self.task = self.bars.add_task(title, total=None)

    def advance(self, done: int, total: int) -> None:
        """So much of the step is done."""
        if self.task is not None:
            self.bars.update(self.task, completed=done, total=total)

    def end(self, step: str, summary: dict[str, Any], seconds: float) -> None:  # noqa: ARG002
        """A step is finished, now or in an earlier call."""
        if self.task is None:
            self.task = self.bars.add_task(f"{step} (finished before)", total=1)
        self.bars.update(self.task, completed=1, total=1)
        self.task = None


def _run(home: Path | None, order: Any, *, again: bool) -> Any:
    from journeys.demonstrate import demonstrate
    from records.quiet import switch_off_usage_statistics
    from records.settings import find_workspace

    switch_off_usage_statistics()
    with _shown() as progress:
        return demonstrate(find_workspace(home).home, order, again=again, progress=progress)


@contextmanager
def _shown() -> Iterator[PlainLines | Bars]:
    if not sys.stderr.isatty():
        yield PlainLines()
        return
    from cli.progress import step_bars

    with step_bars() as bars:
        yield Bars(bars)


@app.command()
def demo(
    device: Annotated[
        str | None,
        typer.Option("--device", help="The device that is shown, by its name; with simulated "
                     "studies of its own. Default: chest-radiograph-pneumonia."),
    ] = None,
    data: Folder = None,
    external: External = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same demonstration.")] = None,
    no_drift: Annotated[
        bool, typer.Option("--no-drift", help="Leave the degraded detector out.")
    ] = False,
    clinic: Annotated[
        bool, typer.Option("--clinic", help="The simulated hospitals send reports over HL7, answer "
                           "results, follow up a part and run another maker's product.")
    ] = False,
    scenario: Annotated[
        str, typer.Option(help="A life over years, with incidents, CAPAs and releases: two-years.")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Put a finished demonstration aside; make a new one.")
    ] = False,
    file_column: FileColumn = None,
    label_column: LabelColumn = None,
    patient_column: PatientColumn = None,
    site_column: SiteColumn = None,
    age_column: AgeColumn = None,
    sex_column: SexColumn = None,
    view_column: ViewColumn = None,
    date_column: DateColumn = None,
    positive_label: PositiveLabel = None,
    negative_label: NegativeLabel = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON, every figure in it.")
    ] = False,
    home: Home = None,
) -> None:
    """Make studies, train, release, watch 60 days, answer the alert, write signed documents.

    A device whose versions are not operated yet (pneumonia-opacities, chest-prognosis,
    low-dose-chest, pneumonia-lung-radiomics,
    chest-ct-nodule) ends at its signed validation report, and the summary
    says why.

    Over a finished demonstration it changes nothing; an interrupted one it finishes; a live
    workspace it refuses. Without options, the demonstration that is there is meant, whatever its
    options were.
    """
    from journeys.demonstration_order import DEFAULT_SEED, DEVICE, Order
    from records.settings import current_settings

    given = given_columns(
        file=file_column, label=label_column, patient=patient_column, site=site_column,
        age=age_column, sex=sex_column, view=view_column, date=date_column,
        positive=positive_label or None, negative=negative_label or None,
    )
    order = Order(
        device=device or DEVICE, seed=DEFAULT_SEED if seed is None else seed, data=data,
        external=external, drift=not no_drift, columns=given, workers=current_settings().workers,
        clinic=clinic, scenario=scenario,
        unspecified=device is None and seed is None and data is None and external is None
        and not no_drift and not clinic and not scenario,
    )
    summary = _run(home, order, again=again)
    if as_json:
        from cli.printing import print_json

        print_json(summary.to_dict())
    else:
        typer.echo(str(summary))
