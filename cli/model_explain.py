"""``radvigil model explain`` and ``explain-check``: where a version saw its reasons."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.opening import looking, now_of, seed_for
from cli.options import AsJson, Home, Seed


class Method(StrEnum):
    """How a map is made."""

    GRAD_CAM = "grad_cam"
    INTEGRATED_GRADIENTS = "integrated_gradients"


Files = Annotated[Path, typer.Argument(help="A DICOM, PNG or JPEG file, or a folder of them.")]
Model = Annotated[str, typer.Option(help="A label, a name, or a weights hash.")]
How = Annotated[Method, typer.Option(help="How the map is made.")]
Out = Annotated[Path, typer.Option(help="A new folder for the maps.")]


def explain(
    path: Files, model: Model, method: How, out: Out, as_json: AsJson = False, home: Home = None
) -> None:
    """Write a heat map of each picture that no record holds, as DICOM, for review by a physician.

    Only by a method that 'radvigil model explain-check' found trustworthy for this version.
    """
    from cli.printing import print_json, print_rows
    from journeys.explain_outside import explain_files
    from journeys.predict_outside import ask_version
    from records.settings import current_settings

    with looking(home) as store:
        asked = ask_version(store, model, workers=current_settings().workers)
        found = explain_files(store, asked, path, out, method=method.value, at=now_of(store))
    if as_json:
        print_json({
            "model_version": asked.version.label, "weights_hash": asked.version.weights_hash,
            "method": method.value, "finding": asked.definition.task.finding, "files": found,
            "statement": "for review by a physician",
        })  # fmt: skip
        return
    columns = ("file", "outcome", "score", "decision", "map", "reason")
    rows = [{name: one.get(name, "") for name in columns} for one in found]
    print_rows(rows, as_json=False, empty="There is no file to read.")
    typer.echo(f"{asked.version.label}, {method.value}; for review by a physician.")


def explain_check(
    path: Files, model: Model, method: How, seed: Seed = None, as_json: AsJson = False,
    home: Home = None,
) -> None:  # fmt: skip
    """Find out whether a method's maps hang on what a version learned; the result is kept.

    The weights are drawn anew, layer by layer, and the maps must change. At most 100 files are
    taken, by the seed; the verdict needs 20 pictures that have a map.
    """
    from cli.printing import print_json, print_rows
    from journeys.explain_outside import check_method
    from journeys.predict_outside import ask_version
    from records.settings import current_settings

    with looking(home) as store:
        asked = ask_version(store, model, workers=current_settings().workers)
        found = check_method(
            store, asked, path, method=method.value, seed=seed_for(store, seed), at=now_of(store)
        )
    if as_json:
        print_json(found)
        return
    print_rows([_row(one) for one in found["steps"]], as_json=False, empty="Nothing was measured.")
    typer.echo(
        f"{found['model_version']}, {found['method']}: {found['verdict']} ({found['pictures']} "
        f"pictures, {found['refused']} files refused)."
    )


def _row(step: dict[str, Any]) -> dict[str, Any]:
    rank = step["rank"]
    return {
        "drawn_anew_down_to": step["layers"][-1], "n": rank["n"],
        "rank_correlation": rank["value"], "low": rank["low"], "high": rank["high"],
        "similarity": step["similarity"]["value"], "not_estimable": rank["reason"] or "",
    }  # fmt: skip
