"""``radvigil model lineage``, ``compare`` and ``failures``: where a version comes from, how two of
them differ on the locked tests, and where one fails.
"""

from typing import Annotated, Any

import typer

from cli.opening import device_name, looking
from cli.options import AsJson, DeviceName, Home

Model = Annotated[str, typer.Argument(help="A model version's label, such as MDV-0003.")]


def lineage(
    device: DeviceName = None,
    model: Annotated[
        str | None, typer.Option(help="Of this version only, such as MDV-0003.")
    ] = None,
    as_json: AsJson = False, home: Home = None,
) -> None:  # fmt: skip
    """Which data made which version, how it was evaluated, and what was decided."""
    from dataclasses import asdict

    from cli.printing import print_json, print_rows
    from records.lineage import lineage_of

    with looking(home) as store, store.reader() as reader:
        found = lineage_of(reader, device_name(store, device), version=model or "")
    if as_json:
        print_json(asdict(found))
        return
    print_rows([asdict(one) for one in found.nodes], as_json=False, empty="No version was made.")
    print_rows([asdict(one) for one in found.edges], as_json=False, empty="Nothing led to it.")


def compare(
    first: Model,
    second: Annotated[str, typer.Argument(help="Another version of the device.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Two versions side by side on the locked tests: paired differences, first less second.

    Of the answers that were frozen with each; no model is asked and no look is spent.
    """
    from dataclasses import asdict

    from cli.printing import print_json, print_rows
    from journeys.compare_pair import compare_pair
    from records.lookup import find_record
    from records.product import ModelVersion

    with looking(home) as store, store.reader() as reader:
        found = compare_pair(
            store, reader, find_record(reader, ModelVersion, first),
            find_record(reader, ModelVersion, second),
        )
    if as_json:
        print_json(asdict(found))
        return
    rows: list[dict[str, Any]] = [
        {"test": split.split.replace("_", " "), "difference": str(one), "method": one.method}
        for split in found.splits for one in split.differences
    ]  # fmt: skip
    print_rows(rows, as_json=False, empty="No study is locked for both.")
    for split in found.splits:
        why = "; ".join(f"{count} left out: {words}" for words, count in split.left_out.items())
        typer.echo(
            f"{split.split.replace('_', ' ')}: {split.studies} studies of {split.patients} patients"
            + ("" if split.p_value is None else
               f"; right alone: {found.first} {split.first_alone_right}, {found.second} "
               f"{split.second_alone_right}, McNemar's exact p = {split.p_value:.3g}")
            + (f"; {why}" if why else "")
        )  # fmt: skip


def failures(model: Model, as_json: AsJson = False, home: Home = None) -> None:
    """The studies of the locked tests in which a version failed most, by kind, the worst first."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from journeys.failure_gallery import failures_of_version
    from records.lookup import find_record
    from records.product import ModelVersion

    with looking(home) as store, store.reader() as reader:
        found = failures_of_version(store, reader, find_record(reader, ModelVersion, model))
    print_rows([asdict(one) for one in found], as_json=as_json,
               empty="It failed in no study of the locked tests.")  # fmt: skip
