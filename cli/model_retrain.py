"""``radvigil model retrain`` and ``retrainings``: the device's written protocol, and its runs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine
from cli.options import AsJson, DeviceName, Home, Seed

if TYPE_CHECKING:
    from records.retrainings import RetrainingRun


def retrain(
    device: DeviceName = None,
    alert: Annotated[
        str | None,
        typer.Option(help="The alert that is the reason, such as ALT-0001; acknowledged."),
    ] = None,
    seed: Seed = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Retrain by the protocol that the device declares: from an alert or its schedule to a change
    request, or to a recorded stop with the reason.

    Cases are selected, each with its reason; the dataset is frozen, a candidate trained and
    compared, in every subgroup, with every version released before. Locked tests stay locked. An
    interrupted run goes on. Without --alert, the first alert that counts starts it, else the days
    gone by.
    """
    from cli.printing import print_json
    from journeys.retrain_by_rule import retrain_by_rule

    with acting(home) as store:
        run = retrain_by_rule(
            store, device_name(store, device), seed=seed_for(store, seed), alert=alert,
            actor=start_routine(store, "service:training", task="model retrain"),
            now=now_of(store), report=lambda line: typer.echo(line, err=True),
        )
    if as_json:
        print_json(_facts(run))
        return
    _tell(run)


def retrainings(device: DeviceName = None, as_json: AsJson = False, home: Home = None) -> None:
    """What the device's retraining protocol says, whether it lets one begin now, and every run."""
    from cli.printing import print_fields, print_json, print_rows
    from journeys.retraining_due import retraining_due
    from records.retraining_rules import words_of

    with looking(home) as store:
        name = device_name(store, device)
        due = retraining_due(store, name, seed=seed_for(store, None), now=now_of(store))
    now = {
        "begins now": due.decision.trigger if due.decision.allowed else "no",
        "speaks against it": list(due.decision.against),
        "new cases": due.standing.new_cases,
        "failed attempts": f"{due.standing.failed} of {due.rules.stop.failed_attempts}",
        "locked test uses": f"{due.standing.uses} of {due.rules.stop.locked_test_uses}",
    }
    if as_json:
        print_json({
            "device": name, "protocol": due.rules.model_dump(mode="json"), "now": now,
            "runs": [_facts(run) for run in due.runs],
        })  # fmt: skip
        return
    words = words_of(due.rules)
    limits = words.pop("must not fall")
    print_fields(words | now, as_json=False)
    print_rows([{"must not fall": one} for one in limits], as_json=False, empty="No limit.")
    print_rows([_row(run) for run in due.runs], as_json=False, empty="No retraining was begun.")


def _facts(run: "RetrainingRun") -> dict[str, Any]:
    return {
        "run": run.name, "outcome": run.outcome,
        "steps": {step: dict(one.summary) | {"record": one.label, "at": one.finished_at}
                  for step, one in run.steps.items()},
    }  # fmt: skip


def _row(run: "RetrainingRun") -> dict[str, Any]:
    begun, ended = run.said("begun"), run.said("ended")
    return {
        "run": run.name, "begun": run.begun_at, "on": begun["trigger"],
        "dataset": run.said("frozen").get("dataset", "none"),
        "candidate": run.said("trained").get("model_version", "none"), "outcome": run.outcome,
        "why": ended.get("reason", ""),
    }


def _tell(run: "RetrainingRun") -> None:
    from cli.printing import print_rows

    chosen, compared = run.said("selected"), run.said("compared")
    print_rows(
        [{"reason": reason, "studies": one["studies"]}
         for reason, one in chosen.get("by_reason", {}).items()],
        as_json=False, empty="Nothing was selected.",
    )  # fmt: skip
    print_rows(
        [{"measure": one["measure"], "group": one["subgroup"], "n": one["n"],
          "difference": one["value"], "low": one["low"], "high": one["high"],
          "verdict": one["verdict"]}
         for one in compared.get("limits", ())],
        as_json=False, empty="Nothing was compared.",
    )  # fmt: skip
    for line in compared.get("learnt", ()):
        typer.echo(line)
    ended = run.said("ended")
    made = f"{ended['change_request']} waits for signatures" if "change_request" in ended else ""
    typer.echo(f"{run.name}: {run.outcome}. {made}{made and ': '}{ended.get('reason', '')}")
