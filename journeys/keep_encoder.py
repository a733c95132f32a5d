"""Encoders: pre-trained on pictures that nobody labelled, or taken in from elsewhere, and kept.

What an encoder learnt from never stands in a test of a network that begins with it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, select

from imaging.dataset_diff import read_manifest
from records.audit import note
from records.deletions import deleted_digests
from records.errors import InvalidInput, Refused
from records.product import DatasetVersion
from records.queries import case_rows, find_device
from records.store import Store
from records.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from models.encoders import Encoder

KEPT = "keep an encoder"
LEARNT_FROM = "learnt_from"
HELD_OUT = ("tuning", "internal_test", "external_test")


def pretrain_encoder(
    store: Store, device_name: str, *, seed: int, epochs: int, actor: str, now: datetime,
    report: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    """Pre-train the encoder of the device's network on all development images that are held out
    of no dataset, with or without a known truth, and keep it; returns what is known of it.

    Whoever is held out of any frozen dataset of any device is left out as a patient. Tuning counts
    as held out: calibration needs it unseen.

    Raises:
        Refused: Too few images are left, or the device's network has no encoder.
        IntegrityBroken: An image or a manifest is not what its record names.
    """
    from dataclasses import replace

    import numpy as np

    from imaging.pixels import parse_file, read_pixels
    from models.code import code_digest
    from models.encoders import WITH_ENCODER, has_encoder
    from models.networks import build_network
    from models.params import load_params
    from models.preparation import network_input
    from models.pretrain import pretrained
    from models.training import params_file
    from records.settings import REPOSITORY

    params = replace(load_params(params_file(REPOSITORY, device_name)), seed=seed)
    if not has_encoder(build_network(replace(params.fit, ensemble=1), 1, len(params.task.facts))):
        raise Refused(
            f"The network {params.fit.network!r} of {device_name} has no encoder of its own.",
            hint=WITH_ENCODER,
        )
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        find_device(reader, device_name)
        chosen, left_out = _unlabelled(reader, vault)
    report(f"{len(chosen)} images to learn from, {left_out} left out: held out of a dataset")
    pictures = np.empty((len(chosen), *[params.decode.input_size] * 2), dtype=np.uint8)
    for at, row in enumerate(chosen):
        content = vault.fetch(row["digest"], of=f"image {row['instance_id']}")
        array = read_pixels(parse_file(content)).array
        pictures[at] = network_input(array, params.decode.input_size)
    facts = {
        "name": f"{device_name}-encoder", "version": f"{now:%Y-%m-%d}",
        "source": "pre-trained here", "licence": "own",
        "code_digest": code_digest(REPOSITORY).digest,
        LEARNT_FROM: sorted(row["digest"] for row in chosen),
    }
    content = pretrained(pictures, params, epochs=epochs, facts=facts, report=report)
    return keep_encoder(store, content, actor=actor, now=now)


def take_encoder_in(
    store: Store, file: "Path", stated: Mapping[str, str], *, actor: str, now: datetime
) -> dict[str, Any]:
    """Keep an encoder that was made elsewhere, with what is stated of it.

    stated: name, version, source, licence, and method by which it learnt.

    Raises:
        InvalidInput: The file is neither safetensors nor ONNX with named weights, or a fact is not
            stated.
    """
    from models.encoders import STATED, encoder_bytes, read_encoder_file
    from records.vault import file_digest

    missing = [name for name in STATED if not stated.get(name, "").strip()]
    if missing:
        raise InvalidInput(f"Of the encoder {file.name} is not stated: {', '.join(missing)}.")
    found = read_encoder_file(file)
    facts = {**dict(stated), "file_digest": file_digest(file)}
    return keep_encoder(store, encoder_bytes(found.state, facts), actor=actor, now=now)


def keep_encoder(store: Store, content: bytes, *, actor: str, now: datetime) -> dict[str, Any]:
    """Freeze an encoder's file, on record; the same file is kept once. Returns its facts."""
    from models.encoders import ENCODER, read_encoder
    from models.training import ENCODERS

    digest = hashlib.sha256(content).hexdigest()
    facts = _told(digest, read_encoder(content))
    if any(one["digest"] == digest for one in kept_encoders(store)):
        return facts
    vault = Vault(store.workspace.vault)
    name = "".join(one if one.isalnum() else "-" for one in str(facts["name"]).lower())
    with vault.work() as work:
        folder = work / "encoder"
        folder.mkdir()
        (folder / ENCODER).write_bytes(content)
        frozen = vault.freeze(
            folder, f"{ENCODERS}/{name}-{digest[:8]}", message=f"Freeze encoder {name}"
        )
    with store.transaction(actor, KEPT, now=now) as tx:
        note(tx, KEPT, f"Encoder:{digest[:12]}", new=facts | {"path": frozen.path})
    return facts


def kept_encoders(store: Store) -> list[dict[str, Any]]:
    """What is known of each encoder that is kept here, oldest first."""
    from records.lookup import find_events

    with store.reader() as reader:
        return [json.loads(one.new) for one in find_events(reader, action=KEPT)]


def require_encoder_apart(vault: Vault, dataset: DatasetVersion, digest: str) -> None:
    """Refuse to train with an encoder that learnt from images which this dataset holds out.

    Raises:
        Refused: It did; how many images is said.
        NotFound: No such encoder is kept here.
        IntegrityBroken: The dataset's manifest is not what was frozen.
    """
    from models.encoders import read_encoder
    from models.training import kept_encoder

    facts = read_encoder(kept_encoder(vault.folder, digest)).facts
    learnt = set(facts.get(LEARNT_FROM, ()))
    rows = read_manifest(vault, dataset, "split", "digest")
    held = [row for row in rows if row["split"] in HELD_OUT]
    seen = sum(row["digest"] in learnt for row in held)
    if seen:
        raise Refused(
            f"The encoder {digest[:12]}… learnt from {seen} of the {len(held)} images that "
            f"{dataset.label} holds out.",
            hint="Pre-train one after the dataset was frozen, or train without fit.encoder.",
        )


def _unlabelled(reader: Session, vault: Vault) -> tuple[list[dict[str, Any]], int]:
    """Development images by digest, each once, of patients that no dataset holds out; and how many
    were left out."""
    held_patients, held = set(), set()
    for dataset in reader.exec(select(DatasetVersion)).all():
        for row in read_manifest(vault, dataset, "split", "patient", "digest"):
            if row["split"] in HELD_OUT:
                held_patients.add(row["patient"])
                held.add(row["digest"])
    gone = deleted_digests(reader, "image")
    every = {row["digest"]: row for row in case_rows(reader, purposes=("development",))
             if row["digest"] not in gone}  # fmt: skip
    chosen = [row for digest, row in sorted(every.items())
              if digest not in held and row["patient"] not in held_patients]  # fmt: skip
    return chosen, len(every) - len(chosen)


def _told(digest: str, encoder: "Encoder") -> dict[str, Any]:
    """The facts without the list of images, whose number is among them."""
    facts = {name: one for name, one in encoder.facts.items() if name != LEARNT_FROM}
    return {"digest": digest, **facts}
