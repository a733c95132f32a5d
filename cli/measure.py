"""``radvigil measure``: planning a measurement, before anything is measured."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import LOOK, AsJson, Home, noun

if TYPE_CHECKING:
    from measures.planning import Aim, SampleSize

app = noun("Plan a measurement: how many studies a revalidation needs.")


class Of(StrEnum):
    """What is compared or known to within a half-width."""

    SHARE = "share"
    AUC = "auc"


@app.callback()
def measure() -> None:
    """Plan a measurement: how many studies a revalidation needs."""


@app.command("sample-size", rich_help_panel=LOOK)
def sample_size(
    of: Annotated[Of, typer.Option(help="A share, such as sensitivity, or an AUC.")],
    expected: Annotated[float, typer.Option(help="What is expected, such as 0.9.")],
    against: Annotated[
        float | None, typer.Option(help="What it is compared with; else give --half-width.")
    ] = None,
    half_width: Annotated[
        float | None, typer.Option(help="To within so much either way, at 95 %.")
    ] = None,
    differing: Annotated[
        float | None,
        typer.Option(help="Shares on the same studies: share of studies on which the two differ."),
    ] = None,
    correlation: Annotated[
        float | None, typer.Option(help="AUCs on the same studies: correlation of the two AUCs.")
    ] = None,
    margin: Annotated[
        float | None, typer.Option(help="Show that it is not worse by so much.")
    ] = None,
    equivalence: Annotated[
        bool, typer.Option("--equivalence", help="Show that it is within the margin both ways.")
    ] = False,
    alpha: Annotated[
        float | None,
        typer.Option(help="Error; else 0.05, or 0.025 where it must not be worse."),
    ] = None,
    power: Annotated[float, typer.Option(help="Chance to show it.")] = 0.8,
    healthy_per_diseased: Annotated[
        float, typer.Option(help="AUC: healthy studies for each diseased one.")
    ] = 1.0,
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001  (its callback notes where failures are written)
) -> None:
    """Studies needed to compare two shares or AUCs, or to know one to within a half-width.

    For sensitivity the studies of a share are diseased ones, for specificity healthy ones. Without
    --differing or --correlation the two are measured on different studies. No workspace is needed.
    """
    from cli.printing import print_fields
    from measures.planning import Aim
    from measures.sample_size import precise_share_size
    from measures.sample_size_auc import precise_auc_size
    from records.errors import InvalidInput

    if (against is None) == (half_width is None):
        raise typer.BadParameter("Give either --against or --half-width.")
    if equivalence and margin is None:
        raise typer.BadParameter("--equivalence needs a --margin.")
    try:
        if half_width is not None:
            found = (
                precise_share_size(expected, half_width) if of is Of.SHARE
                else precise_auc_size(
                    expected, half_width, healthy_per_diseased=healthy_per_diseased
                )
            )  # fmt: skip
            reached = "half_width"
        else:
            kind = "difference" if margin is None else "non-inferiority"
            aim = Aim("equivalence" if equivalence else kind,  # type: ignore[arg-type]
                      _error(kind, equivalence) if alpha is None else alpha,
                      0.0 if margin is None else margin)  # fmt: skip
            pair = expected, against or 0.0
            found = (
                _shares(pair, differing, aim, power) if of is Of.SHARE
                else _areas(pair, correlation, aim, power, healthy_per_diseased)
            )  # fmt: skip
            reached = "power"
    except ValueError as refused:
        raise InvalidInput(
            f"No size can be planned: {refused}.", hint="Change what is expected or wanted."
        ) from refused
    rows = {"studies": found.n, **found.groups, reached: round(found.reached, 4)}
    print_fields(rows | {"assumed": found.assumed}, as_json=as_json)


def _error(kind: str, equivalence: bool) -> float:
    return 0.025 if kind == "non-inferiority" and not equivalence else 0.05


def _shares(
    pair: tuple[float, float], differing: float | None, aim: "Aim", power: float
) -> "SampleSize":
    from measures.sample_size import paired_share_size, unpaired_share_size

    if differing is None:
        return unpaired_share_size(*pair, aim, power=power)
    gained = (differing + pair[0] - pair[1]) / 2.0
    return paired_share_size(gained, differing - gained, aim, power=power)


def _areas(
    pair: tuple[float, float], correlation: float | None, aim: "Aim", power: float, ratio: float
) -> "SampleSize":
    from measures.sample_size_auc import PlannedAreas, paired_auc_size, unpaired_auc_size

    size = unpaired_auc_size if correlation is None else paired_auc_size
    areas = PlannedAreas(*pair, correlation=correlation or 0.0)
    return size(areas, aim, power=power, healthy_per_diseased=ratio)
