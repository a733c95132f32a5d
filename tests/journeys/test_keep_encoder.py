"""An encoder learns from nobody who is held out, and is refused where it did."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file

from imaging.origin import Origin
from journeys.freeze_dataset import freeze_dataset
from journeys.keep_encoder import (
    HELD_OUT,
    KEPT,
    LEARNT_FROM,
    kept_encoders,
    pretrain_encoder,
    require_encoder_apart,
    take_encoder_in,
)
from models.encoders import ENCODER, encoder_bytes, encoder_state, read_encoder
from models.networks import build_network
from models.params import DecodeParams, FitParams, Params
from models.training import ENCODERS, kept_encoder
from records.definition import find_definition, load_definition
from records.errors import InvalidInput, Refused
from records.lookup import find_events
from records.store import Store
from records.vault import Vault
from tests.journeys.tiny_images import NOW, image, register, take_in

DECLARED = load_definition(find_definition("chest-radiograph-pneumonia"))
ORIGIN = Origin("tests", "none needed: made for a test", "none needed: nobody was examined")
SMALL = Params(seed=1, threads=1, decode=DecodeParams(16), fit=FitParams(width=4))
SERVICE = "service:training"
STATED = {"name": "Public Encoder", "version": "2", "source": "example.org/encoders",
          "licence": "Apache-2.0", "method": "supervised, public radiographs"}  # fmt: skip


@pytest.mark.proof
def test_held_out_patients_teach_nothing_and_a_test_of_taught_images_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(store, DECLARED)
    take_in(store, [image(number) for number in range(300)])
    dataset = freeze_dataset(store, "d", seed=3, origin=ORIGIN, actor=SERVICE, now=NOW)
    monkeypatch.setattr("models.params.load_params", lambda _file: SMALL)
    said: list[str] = []
    facts = pretrain_encoder(
        store, "d", seed=5, epochs=1, actor=SERVICE, now=NOW, report=said.append
    )
    vault = Vault(store.workspace.vault)
    learnt = read_encoder(kept_encoder(vault.folder, facts["digest"])).facts[LEARNT_FROM]
    rows = pq.read_table(vault.folder / dataset.vault_path / "manifest.parquet").to_pylist()
    held = {row["digest"] for row in rows if row["split"] in HELD_OUT}
    taught = {row["digest"] for row in rows if row["split"] == "train"}
    assert held
    assert set(learnt) == taught
    assert said[0].startswith(f"{len(taught)} images to learn from, ")
    assert (facts["pictures"], facts["source"], facts["seed"]) == (
        len(taught), "pre-trained here", 5,
    )
    require_encoder_apart(vault, dataset, facts["digest"])
    content = encoder_bytes(
        encoder_state(build_network(SMALL.fit)), {"name": "x", LEARNT_FROM: sorted(held)[:2]}
    )
    digest = hashlib.sha256(content).hexdigest()
    folder = vault.folder / ENCODERS / f"x-{digest[:8]}"
    folder.mkdir()
    (folder / ENCODER).write_bytes(content)
    with pytest.raises(Refused, match=f"learnt from 2 of the {len(held)} images"):
        require_encoder_apart(vault, dataset, digest)
    monkeypatch.setattr(
        "models.params.load_params",
        lambda _file: replace(SMALL, fit=FitParams(network="unet", width=4)),
    )
    with pytest.raises(Refused, match="'unet' of d has no encoder"):
        pretrain_encoder(store, "d", seed=5, epochs=1, actor=SERVICE, now=NOW, report=said.append)


@pytest.mark.proof
def test_a_foreign_encoder_is_kept_once_with_its_provenance_on_record(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "public.safetensors"
    state = encoder_state(build_network(SMALL.fit))
    save_file({name: one.contiguous() for name, one in state.items()}, file)
    kept = take_encoder_in(store, file, STATED, actor=SERVICE, now=NOW)
    again = take_encoder_in(store, file, STATED, actor=SERVICE, now=NOW)
    assert again == kept
    assert [one["digest"] for one in kept_encoders(store)] == [kept["digest"]]
    with store.reader() as reader:
        [event] = find_events(reader, action=KEPT)
    assert json.loads(event.new)["licence"] == "Apache-2.0"
    found = read_encoder(kept_encoder(store.workspace.vault, kept["digest"]))
    assert found.facts["source"] == "example.org/encoders"
    assert torch.equal(found.state["stem.weight"], load_file(file)["stem.weight"])
    assert (store.workspace.vault / event_path(event.new) / ENCODER).is_file()


def test_without_its_provenance_or_readable_weights_nothing_is_kept(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "other.safetensors"
    file.write_bytes(b"PK")
    with pytest.raises(InvalidInput, match="is not stated: licence, method"):
        take_encoder_in(store, file, STATED | {"licence": " ", "method": ""}, actor=SERVICE,
                        now=NOW)  # fmt: skip
    with pytest.raises(InvalidInput, match="cannot be read as safetensors"):
        take_encoder_in(store, file, STATED, actor=SERVICE, now=NOW)
    with pytest.raises(InvalidInput, match=r"none\.safetensors cannot be read"):
        take_encoder_in(store, tmp_path / "none.safetensors", STATED, actor=SERVICE, now=NOW)
    assert kept_encoders(store) == []


def event_path(new: str) -> str:
    return str(json.loads(new)["path"])
