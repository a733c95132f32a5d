"""``radvigil adjudication``: blinded second readings of studies drawn with known probabilities."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, device_name, looking, now_of, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, Since, Until, day_of, noun

Version = Annotated[
    str | None, typer.Option("--version", help="The model version, where several run live.")
]

app = noun("Blinded second readings: draw, read, and performance by what readers agreed on.")


@app.command(rich_help_panel=ACT)
def draw(
    reason: Reason,
    since: Since = None,
    until: Until = None,
    alert: Annotated[
        str | None, typer.Option(help="Draw from the studies behind this alert, as ALT-0001.")
    ] = None,
    share: Annotated[float, typer.Option(help="Of those behind an alert, above 0 to 1.")] = 1.0,
    again: Annotated[
        str | None, typer.Option(help="Have this settled case, as ADJ-0001, read once more.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draw the same studies again; else one is drawn.")
    ] = None,
    device: DeviceName = None,
    version: Version = None,
    home: Home = None,
) -> None:
    """Draw studies for two blinded readers. Needs 'radvigil user login' as quality or regulatory.

    Without --alert or --again the audit sample of the days --since to --until, by the device's plan
    (monitoring_plan.adjudication). Strata, probabilities and seed are on record.
    """
    import secrets

    from monitoring.draw_adjudication import (
        draw_again,
        draw_audit_sample,
        draw_behind_alert,
        version_read,
    )
    from records.adjudication import AdjudicationCase
    from records.counting import counted
    from records.errors import InvalidInput
    from records.lookup import find_record
    from records.product import ModelVersion
    from records.queries import find_device
    from records.sampling import LARGEST_SEED
    from records.surveillance import Alert

    if alert and again:
        raise InvalidInput("Both an alert and a case were named.", hint="Name one of the two.")
    first, last = day_of(since), day_of(until)
    if not alert and not again and (first is None or last is None):
        raise InvalidInput("The audit sample needs its days.", hint="Name --since and --until.")
    if not again:
        with acting(home) as store:
            device = device_name(store, device)
    chosen = secrets.randbelow(LARGEST_SEED) if seed is None else seed
    with deciding_anew(home, "draw for adjudication", reason=reason) as one:
        if again:
            case = find_record(one.tx, AdjudicationCase, again)
            sample = draw_again(one.tx, case, by=one.person, now=one.now)
        else:
            known = (
                find_record(one.tx, ModelVersion, version) if version
                else version_read(one.tx, find_device(one.tx, str(device)))
            )
            if alert:
                sample = draw_behind_alert(
                    one.tx, find_record(one.tx, Alert, alert), known, share=share, seed=chosen,
                    by=one.person, now=one.now,
                )
            else:
                assert first is not None and last is not None
                sample = draw_audit_sample(
                    one.tx, known, since=first, until=last, seed=chosen, by=one.person,
                    now=one.now,
                )
        told = sample.design[1:]
        label = sample.label
    if again:
        typer.echo(f"{label}: the study of {again.upper()} is on the queue once more.")
        return
    drawn, queued = (sum(int(part[name]) for part in told) for name in ("drawn", "queued"))
    of = sum(int(part["studies"]) for part in told)
    typer.echo(
        f"{label}: {drawn} of {counted(of, 'study', 'studies')} drawn from "
        f"{counted(len(told), 'stratum', 'strata')}, {queued} of them new on the queue; "
        f"seed {chosen}."
    )


@app.command("list", rich_help_panel=LOOK)
def list_cases(
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those not settled.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The queue: which cases wait and which are settled; never from which stratum."""
    from cli.printing import print_rows
    from records.adjudication import WAITING
    from records.adjudication_queue import queue_of
    from records.lookup import list_records
    from records.product import Device

    with looking(home) as store, store.reader() as reader:
        names = sorted({one.name for one in list_records(reader, Device)})
        rows = [
            {
                "label": one.label, "sample": one.sample, "finding": one.finding,
                "status": one.status, "waits_for": one.waits_for, "readings": one.readings,
                "settled_at": one.settled_at,
            }
            for name in names for one in queue_of(reader, name)
            if not (waiting and one.status != WAITING)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Nothing was drawn for adjudication.")


@app.command(rich_help_panel=ACT)
def read(
    answer: Annotated[
        str | None, typer.Option(help="Your answer; without one the case is shown.")
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", help="The case that you were shown, with --answer.")
    ] = None,
    comment: Annotated[str, typer.Option(help="What you add.")] = "",
    out: Annotated[
        Path, typer.Option(file_okay=False, help="Where its pictures are written.")
    ] = Path(),
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Read the next case, blinded. Needs 'radvigil user login' as clinician.

    Without an answer: what is asked, the facts of the patient, and the pictures as PNG files.
    """
    from records.adjudication import AdjudicationCase
    from records.adjudication_queue import read_case
    from records.errors import InvalidInput
    from records.held_definition import definition_of
    from records.product import Device
    from records.queries import find_device

    if answer is None:
        _show_next(home, device, out)
        return
    if case is None:
        raise InvalidInput("An answer is of a case.", hint="Name it with --case ADJ-0001.")
    with acting(home) as store:
        device = device_name(store, device)
    with deciding(
        home, labelled(AdjudicationCase, case), "adjudication", reason="blinded reading"
    ) as one:
        known: Device = find_device(one.tx, device)
        read_case(
            one.tx, one.record, answer, task=definition_of(known).task, by=one.person,
            comment=comment, now=one.now,
        )
    typer.echo(f"Your answer to {one.record.label} is recorded.")


def _show_next(home: Path | None, device: str | None, out: Path) -> None:
    from journeys.adjudicate import open_next_case
    from records.accounts import require_on_record
    from records.permissions import Action
    from records.queries import find_device

    with acting(home) as store:
        person = acting_person(store)
        require_on_record(store, person, Action.ADJUDICATE, now=now_of(store))
        name = device_name(store, device)
        with store.reader() as reader:
            found = open_next_case(store, reader, find_device(reader, name), person)
    if found is None:
        typer.echo("Nothing waits for you.")
        return
    typer.echo(f"{found.label}: {found.question} ({found.definition})")
    typer.echo("; ".join(f"{name} {value}" for name, value in found.facts))
    out.mkdir(parents=True, exist_ok=True)
    for at, picture in enumerate(found.pictures, start=1):
        path = out / f"{found.label}-{at}.png"
        path.write_bytes(picture)
        typer.echo(f"picture {path}")
    for words in found.withheld:
        typer.echo(f"not shown: {words}")
    typer.echo(f"Answer with --case {found.label} --answer, one of: {', '.join(found.answers)}.")


@app.command(rich_help_panel=ACT)
def evaluate(device: DeviceName = None, version: Version = None, home: Home = None) -> None:
    """Estimate performance by adjudicated truth, weighted, and put it on record."""
    from journeys.adjudicate import evaluate_adjudicated

    with acting(home) as store:
        actor = start_routine(store, "service:evaluation", task="adjudication evaluate")
        with store.reader() as reader:
            known = _version(reader, version, device_name(store, device))
        found = evaluate_adjudicated(store, known, actor=actor, now=now_of(store))
        label = found.label
    typer.echo(f"{label} is on record; see 'radvigil adjudication show'.")


@app.command(rich_help_panel=LOOK)
def show(
    device: DeviceName = None,
    version: Version = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Performance by site on record: plain, corrected, and weighted by how studies were drawn."""
    from cli.printing import print_rows
    from journeys.adjudicate import newest_adjudicated
    from records.queries import results_of
    from regulatory.documents.wording import measure_name

    with looking(home) as store, store.reader() as reader:
        known = _version(reader, version, device_name(store, device))
        found = newest_adjudicated(reader, known)
        rows = [
            {
                "subgroup": one.subgroup, "measure": one.measure, "n": one.n, "value": one.value,
                "low": one.low, "high": one.high, "method": one.method, "reason": one.reason,
            }
            for one in (results_of(reader, found) if found else [])
        ]
        counts = dict(found.figures) if found else {}
    short = ("subgroup", "measure", "n", "value", "low", "high")
    shown = rows if as_json else [
        {name: f"{row[name]:.3f}" if isinstance(row[name], float) else row[name] for name in short}
        | {"measure": measure_name(str(row["measure"]))}
        for row in rows
    ]  # fmt: skip
    print_rows(shown, as_json=as_json, empty="No estimate by adjudicated truth is on record.")
    if not as_json:
        _tell_reasons(rows)
    if counts and not as_json:
        typer.echo(
            f"{counts['could_be_drawn']} studies could be drawn, {counts['drawn']} were; "
            f"{counts['settled']} settled, {counts['waiting']} waiting, "
            f"{counts['cannot_be_told']} of which it cannot be told."
        )


def _tell_reasons(rows: Sequence[Mapping[str, Any]]) -> None:
    """Why there is no estimate: one reason holds for many rows, and is told once."""
    why: dict[str, dict[str, None]] = {}
    for row in rows:
        if row["value"] is None:
            why.setdefault(str(row["reason"]), {})[str(row["subgroup"])] = None
    for reason, ways in why.items():
        typer.echo(f"Not estimable for {'; '.join(ways)}: {reason}.")


def _version(reader, named: str | None, device: str):  # type: ignore[no-untyped-def]
    from monitoring.draw_adjudication import version_read
    from records.lookup import find_record
    from records.product import ModelVersion
    from records.queries import find_device

    if named:
        return find_record(reader, ModelVersion, named)
    return version_read(reader, find_device(reader, device))
