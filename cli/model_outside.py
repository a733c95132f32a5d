"""What ``radvigil model`` does with images that come from outside: train, evaluate, predict."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine

if TYPE_CHECKING:
    from records.product import ModelVersion

NOT_STATED = "not stated by whoever ordered the training"


def meant(label: str | None, model: str | None) -> str:
    """The version that is meant, said either way."""
    if (label is None) == (model is None):
        raise typer.BadParameter("Name one model version: as argument or with --model.")
    return str(label or model)


def version_facts(version: "ModelVersion") -> dict[str, Any]:
    """What names a candidate, as plain values."""
    return {
        "model_version": version.label, "name": version.name, "status": version.status,
        "weights_hash": version.weights_hash, "operating_point": version.operating_point,
        "architecture": version.architecture, "trained_on": version.model.get("trained_on"),
        "training_cost": version.model.get("training_cost"),
    }


def train_on(
    data: Path,
    device: str | None,
    seed: int | None,
    columns: dict[str, Any],
    stated: tuple[str, str, str],
    as_json: bool,
    home: Path | None,
) -> None:
    """Take a table of images in, train, and print the candidate with its first figures."""
    from cli.printing import print_json
    from imaging.origin import Origin
    from journeys.take_in_table import TableOrder
    from journeys.train_on_table import train_on_table
    from models.artefacts import METRICS, read_json
    from models.tasks import task_named
    from records.clock import require_no_demonstration
    from records.settings import current_settings
    from regulatory.documents.wording import measure_name

    source, basis, consent = (said or NOT_STATED for said in stated)
    with acting(home, create=True) as store:
        with store.reader() as reader:
            require_no_demonstration(reader)
        actor = start_routine(store, "service:training", task="model train")
        order = TableOrder(
            data=data, seed=seed_for(store, seed), columns=columns,
            origin=Origin(source, basis, consent), workers=current_settings().workers,
        )
        name = device or device_name(store, None)
        made = train_on_table(
            store, name, order, actor=actor, now=now_of(store),
            report=lambda line: typer.echo(line, err=True),
        )
        folder = store.workspace.vault / "training" / name
        measured = read_json(folder / "model" / METRICS)
    facts = version_facts(made.version) | {
        "device": name, "seed": order.seed, "dataset": made.dataset, "splits": made.splits,
        "notes": list(made.notes), "measures": measured,
    }
    if as_json:
        print_json(facts)
        return
    version = made.version
    typer.echo(f"{version.label} {version.name}: {version.status}, weights {version.weights_hash}.")
    main = task_named(version.model.get("task", "classification")).main_measure
    for split, numbers in measured.items():
        first = numbers.get(main, {})
        said = (
            f"{measure_name(main)} {first['value']:.3f} "
            f"(95 % CI {first['low']:.3f} to {first['high']:.3f})"
            if "value" in first
            else f"{measure_name(main)} not estimable: {first.get('not_estimable', 'no study')}"
        )
        typer.echo(f"{split} ({numbers['use']}): {numbers['studies']} studies, {said}")
    for note in made.notes:
        typer.echo(note)


def register_for(
    said: tuple[Path, Path, float, str],
    device: str | None,
    reason: str,
    as_json: bool,
    home: Path | None,
) -> None:
    """Register a file of another maker for whoever is signed in, and print the candidate."""
    from cli.opening import acting_person
    from cli.printing import print_json
    from journeys.register_model import RegistrationOrder, register_model
    from records.accounts import require_on_record
    from records.permissions import Action
    from records.settings import current_settings

    onnx, preprocessing, point, calibration = said
    slope, intercept = _two_numbers(calibration)
    with acting(home) as store:
        person, now = acting_person(store), now_of(store)
        require_on_record(store, person, Action.TRAIN, now=now)
        order = RegistrationOrder(
            onnx=onnx, declaration=preprocessing, operating_point=point, slope=slope,
            intercept=intercept, processes=current_settings().workers,
        )
        version = register_model(
            store, device_name(store, device), order, reason=reason, actor=person.name, now=now,
            report=lambda line: typer.echo(line, err=True),
        )
    gaps = list(version.model["not_stated"])
    if as_json:
        print_json(version_facts(version) | {
            "precision": version.model["precision"], "not_stated": gaps,
            "out_of_distribution": version.model["out_of_distribution"],
        })  # fmt: skip
        return
    typer.echo(f"{version.label} {version.name}: {version.status}, SHA-256 {version.weights_hash}.")
    typer.echo(f"Not stated by the maker: {', '.join(gaps) or 'nothing'}.")


def _two_numbers(text: str) -> tuple[float, float]:
    try:
        slope, intercept = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"--calibration is 'SLOPE,INTERCEPT', such as '1,0', not {text!r}."
        ) from None
    return slope, intercept


def evaluate_on(
    named: str, data: Path, columns: dict[str, Any], part: str | None, as_json: bool,
    home: Path | None,
) -> None:
    """Print every measure of a version on a table of images."""
    from cli.printing import print_json, print_rows
    from journeys.keep_tests_apart import pictures_learnt_from
    from journeys.predict_outside import ask_version, evaluate_on_table
    from records.settings import current_settings

    with looking(home) as store:
        asked = ask_version(store, named, workers=current_settings().workers)
        learnt = pictures_learnt_from(store, asked.version)
        found = evaluate_on_table(asked, data, columns=columns, part=part, learnt=learnt)
    if as_json:
        print_json(found)
        return
    print_rows(
        _table(found["estimates"]), as_json=False, empty="Nothing was measured.",
    )
    typer.echo(
        f"{found['model_version']} on {found['studies']} of {found['images']} images, 95 % "
        f"confidence intervals; not of record. Refused: {found['refused'] or 'none'}."
    )
    if (seen := found["seen_in_training"]) is None:
        typer.echo("Whether it learnt from some of them is not known: it was trained elsewhere.")
    elif seen["images"]:
        typer.echo(
            f"No test: it learnt from {seen['images']} of these {seen['of']} images, or near "
            f"copies of them, such as {', '.join(seen['files'][:3])}."
        )


def _table(estimates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row an estimate; one for a whole subgroup of which nothing can be estimated."""
    shown = {one["subgroup"] for one in estimates if not one["reason"]}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in estimates:
        name = one["measure"] if one["subgroup"] in shown else "every measure"
        rows.setdefault((one["subgroup"], name), {
            "measure": name, "subgroup": one["subgroup"], "n": one["n"], "value": one["value"],
            "low": one["low"], "high": one["high"], "not_estimable": one["reason"] or "",
        })  # fmt: skip
    return list(rows.values())


def _said(outputs: dict[str, Any], none: str | None) -> str:
    """What else the task gives, in one cell: probabilities, measurements, the shown marks, or each
    finding in rank; none: what the device calls a study that shows no finding."""
    parts = []
    for name, value in outputs.items():
        if name == "findings":
            parts += [] if any(one["present"] for one in value) else [str(none)]
            parts += [
                f"{one['finding']} {'PRESENT' if one['present'] else 'not named'} "
                f"{one['probability']:.3f} (from {one['operating_point']:.3f})"
                for one in value
            ]
        elif name == "each":
            parts += [
                f"{one['volume_ml']:.2f} ml, {one['longest_mm']:.1f} mm in slice {one['slice'] + 1}"
                for one in value
            ]
        elif name == "marks":
            parts += [
                f"{one['score']:.3f} at x {one['x']:.0f}, y {one['y']:.0f}, "
                f"{one['width']:.0f} x {one['height']:.0f}"
                for one in value if one["shown"]
            ]
        else:
            parts.append(f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}")
    return "; ".join(parts) if "marks" in outputs else ", ".join(parts)


def predict_for(
    named: str, path: Path, enhanced: Path | None, facts: Path | None, outlines: Path | None,
    as_json: bool, home: Path | None,
) -> None:  # fmt: skip
    """Print what a version says about each file; write what it enhances, if it is asked to."""
    from cli.printing import print_json, print_rows
    from journeys.predict_outside import ask_version, predict_files
    from journeys.write_enhanced import write_enhanced
    from records.clock import is_demonstration
    from records.settings import current_settings

    with looking(home) as store:
        asked = ask_version(store, named, workers=current_settings().workers)
        if enhanced is None:
            answers = predict_files(asked, path, facts=facts, outlines=outlines)
        else:
            with store.reader() as reader:
                demonstration = is_demonstration(reader)
            answers = write_enhanced(
                asked, path, enhanced, demonstration=demonstration, now=now_of(store)
            )
    if as_json:
        print_json({
            "model_version": asked.version.label, "weights_hash": asked.version.weights_hash,
            "operating_point": asked.version.operating_point,
            "finding": asked.definition.task.finding,
            "classes": list(asked.definition.task.classes), "predictions": answers,
            "statement": "for review by a physician",
        })  # fmt: skip
        _require_any_read(answers)
        return
    rows = [
        {
            "file": one["file"], "score": one.get("score"), "decision": one.get("decision"),
            "outputs": _said(one.get("outputs", {}), asked.definition.task.none),
            "out_of_distribution": one.get("out_of_distribution"),
            **({"enhanced": one.get("enhanced", "")} if enhanced else {}),
            "refused": one.get("reason", ""),
        }
        for one in answers
    ]
    print_rows(rows, as_json=False, empty="There is no file to read.")
    typer.echo(f"{asked.version.label}; for review by a physician.")
    _require_any_read(answers)


def _require_any_read(answers: Sequence[dict[str, Any]]) -> None:
    """A script must notice that nothing was read: each file was refused, or there was none."""
    if all(one["outcome"] == "refused" for one in answers):
        raise typer.Exit(1)
