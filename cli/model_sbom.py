"""``radvigil model sbom``: the bill of materials of a version."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import looking, now_of
from cli.options import AsJson, Home


def sbom(
    label: Annotated[str, typer.Argument(help="The version, such as MDV-0001.")],
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="The JSON file to write.")],
    as_json: AsJson = False, home: Home = None,
) -> None:
    """Write the bill of materials (CycloneDX 1.6) with the model card, checked by its schema."""
    from records.lookup import find_record
    from records.product import ModelVersion
    from regulatory.sbom import bill_of_materials, components_in

    with looking(home) as store, store.reader() as reader:
        version = find_record(reader, ModelVersion, label)
        text = bill_of_materials(reader, version, now=now_of(store))
    out.write_bytes(text)
    if as_json:
        from cli.printing import print_json

        print_json({"file": str(out), "components": len(components_in(text))})
        return
    typer.echo(f"{out}: {len(components_in(text))} components, valid CycloneDX 1.6.")
