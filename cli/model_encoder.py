"""``radvigil model pretrain``, ``encoder`` and ``encoders``: what a network may begin with."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine
from cli.options import AsJson, DeviceName, Home, Seed


def pretrain(
    device: DeviceName = None,
    seed: Seed = None,
    epochs: Annotated[int, typer.Option(min=1, help="Times that each image is seen.")] = 40,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Pre-train the device's encoder on development images without any truth (VICReg); keep it.

    Images of patients whom any frozen dataset holds out are left out: freeze the dataset first.
    Then name the encoder's SHA-256 as fit.encoder in params/DEVICE.yaml, and train.
    """
    from journeys.keep_encoder import pretrain_encoder

    with acting(home) as store:
        facts = pretrain_encoder(
            store, device_name(store, device), seed=seed_for(store, seed), epochs=epochs,
            actor=start_routine(store, "service:training", task="model pretrain"),
            now=now_of(store), report=lambda line: typer.echo(line, err=True),
        )
    _tell(facts, as_json)


def encoder(
    file: Annotated[Path, typer.Argument(help="safetensors, or ONNX with named weights.")],
    name: Annotated[str, typer.Option(help="What it is called.")],
    version: Annotated[str, typer.Option(help="Its version, or the day of its publication.")],
    source: Annotated[str, typer.Option(help="Who published it, and where.")],
    licence: Annotated[str, typer.Option(help="Under which licence, by its SPDX name.")],
    method: Annotated[str, typer.Option(help="How and from what it learnt.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Keep an encoder that was made elsewhere, with its provenance (SOUP)."""
    from journeys.keep_encoder import take_encoder_in

    stated = {"name": name, "version": version, "source": source, "licence": licence,
              "method": method}  # fmt: skip
    with acting(home) as store:
        facts = take_encoder_in(
            store, file, stated, now=now_of(store),
            actor=start_routine(store, "service:training", task="model encoder"),
        )
    _tell(facts, as_json)


def encoders(as_json: AsJson = False, home: Home = None) -> None:
    """Every encoder that is kept here, and where it comes from."""
    from cli.printing import print_rows
    from journeys.keep_encoder import kept_encoders

    names = ("name", "version", "source", "licence", "method", "digest")
    with looking(home) as store:
        found = kept_encoders(store)
    shown = found if as_json else [{name: one.get(name, "") for name in names} for one in found]
    print_rows(shown, as_json=as_json, empty="No encoder is kept here.")


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    from cli.printing import print_json

    if as_json:
        print_json(facts)
        return
    typer.echo(f"Encoder {facts['name']} is kept: fit.encoder: {facts['digest']}")
