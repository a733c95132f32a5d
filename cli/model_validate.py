"""``radvigil model validate``: the locked tests, and what a reviewer asks beyond them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.opening import acting, now_of, start_routine
from cli.options import AsJson, Home

if TYPE_CHECKING:
    from records.surveillance import Evaluation


def validate(
    label: Annotated[str, typer.Argument(help="A model version's label, such as MDV-0001.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Judge on the locked tests, and record what else a validation shows.

    Degraded images (noise, blur, gain, motion, compression, rotation, three levels each; of an
    enhancement noise alone), other
    thresholds and what they are worth, what a result means at other prevalences, whether the
    declared subgroups and their intersections differ, clinicians' readings beside the device,
    shortcut tests (facts beside the picture, within strata, border and corners or the region of
    the finding masked), calibration in full, the worst failures, training, tuning, tests and use
    side by side, and the comparison with the version released before: of every task what makes
    sense for it, and of the rest the reason. Done once for a version; the validation report quotes
    it and shows the failures.
    """
    from cli.printing import print_json
    from imaging.patients_apart import patients_now
    from journeys.validate_version import validate_version
    from records.lookup import find_record
    from records.product import DatasetVersion, ModelVersion
    from records.queries import evaluations_of, results_of
    from records.surveillance import VALIDATION
    from records.vault import Vault

    with acting(home) as store:
        with store.reader() as reader:
            version = find_record(reader, ModelVersion, label)
            before = evaluations_of(reader, version, VALIDATION)
        actor = start_routine(store, "service:evaluation", task="model validate")
        made = validate_version(
            store, version, actor=actor, now=now_of(store),
            report=lambda line: typer.echo(line, err=True),
        )
        with store.reader() as reader:
            results = [one.as_recorded() for one in results_of(reader, made)]
            apart = patients_now(
                reader, Vault(store.workspace.vault),
                reader.get_one(DatasetVersion, version.dataset_version_id),
            )
    if apart.warning:
        typer.echo(f"radvigil: {apart.warning}", err=True)
    if before:
        typer.echo(
            f"radvigil: {label} was validated on {made.evaluated_at:%Y-%m-%d} and is not looked at "
            f"again: this is {made.label}. Readings, truth and versions since then are not in it.",
            err=True,
        )
    if as_json:
        print_json({
            "evaluation": made.label, "model_version": label, "studies": made.studies,
            "patients": made.patients, "figures": made.figures, "estimates": results,
            "patients_in_several_parts_now": apart.patients,
        })  # fmt: skip
        return
    _tell(made, results)


def _tell(made: "Evaluation", results: list[dict[str, Any]]) -> None:
    """The validation for people: its estimates, thresholds, conclusions, failures and gaps."""
    from cli.printing import print_rows

    print_rows([_row(one) for one in results], as_json=False, empty="Nothing was measured.")
    print_rows(
        [_cut(one) for one in made.figures["thresholds"]], as_json=False, empty="No threshold.",
    )
    print_rows(
        [_question(one) for one in made.figures.get("group_tests", ())], as_json=False,
        empty="No subgroups to compare.",
    )
    for line in _conclusions(made.figures):
        typer.echo(line)
    for kind, failures in made.figures["failures"].items():
        for one in failures:
            words = f", {one['words']}" if one.get("words") else ""
            typer.echo(
                f"{kind.replace('_', ' ')}: {one['image']} of {one['site']}{words}, "
                f"{one.get('measure', 'score')} {one['score']:.3f}"
            )
    for one in made.figures.get("parts", ()):
        if one["reason"]:
            typer.echo(f"{one['part']}: not available, {one['reason']}")
        elif one["flagged"]:
            typer.echo(f"flagged gap: {one['gap']}, {one['measure'].replace('_', ' ')}")
    for name, reason in made.figures.get("not_asked", {}).items():
        typer.echo(f"{name}: not made, {reason}")
    typer.echo(
        f"{made.label}: {made.studies} studies of the internal test, 95 % confidence intervals."
    )


def _conclusions(figures: dict[str, Any]) -> list[str]:
    """What follows from intersections, clinicians' readings and shortcut tests, a line each."""
    return [
        *(f"intersections, {one['part']}: {one['conclusion']}"
          for one in figures.get("intersections", ())),
        *(f"{one['subgroup']} beside the device: {one['conclusion']}"
          for one in figures.get("readers", ())),
        *(f"{one['test']}: {one['conclusion']}" for one in figures.get("shortcut_tests", ())),
    ]  # fmt: skip


def _row(one: dict[str, Any]) -> dict[str, Any]:
    names = ("measure", "subgroup", "n", "value", "low", "high")
    return {name: one[name] for name in names} | {"not_estimable": one["reason"]}


def _cut(one: dict[str, Any]) -> dict[str, Any]:
    mark = " (operating point)" if one["operating_point"] else ""
    return {
        "threshold": f"{one['threshold']:.3f}{mark}", "flagged": one["flagged"],
        "missed": one["missed"],
    } | {
        name: "not estimable" if one[name][0] is None
        else f"{one[name][0]:.3f} ({one[name][1]:.3f} to {one[name][2]:.3f})"
        for name in ("sensitivity", "specificity", "ppv", "npv", "net_benefit")
        if name in one
    }  # fmt: skip


def _question(one: dict[str, Any]) -> dict[str, Any]:
    """Whether a measure differs between the groups of a characteristic."""
    return {
        "characteristic": one["characteristic"], "measure": one["measure"], "n": one["n"],
        "p": one["p"], "p_holm": one["holm"], "p_benjamini_hochberg": one["benjamini_hochberg"],
        "not_estimable": one["reason"],
    }  # fmt: skip
