"""From pictures, clinical facts and follow-up to a prognosis, its validation and its report."""

import csv
import json
import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlmodel import Session, select
from typer.testing import CliRunner

import journeys.validate_version
import models.training
from cli.app import app
from imaging.clinical_course import ClinicalCourse
from models.artefacts import read_json
from models.params import load_params, params_text
from records.cases import COURSE, Prediction, ReferenceStandard
from records.errors import Refused
from records.product import ModelVersion, Site
from records.quality import ChangeRequest
from records.settings import REPOSITORY
from records.store import open_reader
from records.vault import Vault
from regulatory.changes import deploy
from tests.validation_parts import missing

pytestmark = pytest.mark.proof

DEVICE = "chest-prognosis"
PARTS = {"train": 110, "val": 50, "test": 70}
CODES = {"age": ("30525-0", "a"), "crp": ("1988-5", "mg/L"), "oxygen_saturation": ("59408-5", "%"),
         "respiratory_rate": ("9279-1", "/min"), "smoking": ("72166-2", "")}  # fmt: skip
SMOKING = ("266919005", "8517006", "77176002")


def table(folder: Path) -> Path:
    """Pictures whose bright disc and facts whose values make the hazard; one in six is unknown."""
    rng = np.random.default_rng(5)
    down, right = np.indices((48, 48))
    rows, facts = [], []
    folder.mkdir()
    for part, count in PARTS.items():
        for number in range(count):
            name, ill = f"{part}-{number}.png", number % 2
            picture = rng.normal(80, 12, (48, 48))
            picture += 90 * ill * ((down - 24) ** 2 + (right - 24) ** 2 <= 64)
            Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(folder / name)
            age, crp = float(rng.uniform(30, 90)), float(rng.uniform(1, 200))
            known = {"age": age, "crp": crp, "oxygen_saturation": float(rng.uniform(88, 99)),
                     "respiratory_rate": float(rng.uniform(12, 28)),
                     "smoking": SMOKING[number % 3]}  # fmt: skip
            rate = 0.002 * np.exp(1.2 * ill + 0.05 * (age - 60) + 0.01 * (crp - 100))
            until, censored = rng.exponential(1 / rate), rng.uniform(60, 300)
            rows.append({
                "file": name, "patient": name, "age": round(age), "sex": "FM"[number % 2],
                "view": "PA", "date": "2026-01-05", "split": part,
                "follow_up_days": round(min(until, censored) + 0.1, 1),
                "event": int(until <= censored),
            })  # fmt: skip
            facts += [
                {"patient": name, "code": CODES[fact][0], "value": value, "unit": CODES[fact][1],
                 "time": "2026-01-04T08:00"}
                for fact, value in known.items() if rng.random() > 1 / 6
            ]  # fmt: skip
    for file, lines in (("pictures.csv", rows), ("facts.csv", facts)):
        with (folder / file).open("w", newline="") as handle:
            writer = csv.DictWriter(handle, lines[0])
            writer.writeheader()
            writer.writerows(lines)
    return folder


def run(home: Path, *words: str, code: int = 0, as_json: bool = True) -> dict:
    said = ["--home", str(home), *words, *(["--json"] if as_json else [])]
    done = CliRunner().invoke(app, said)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if as_json else {"said": done.output}


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small network on small pictures, and few of them degraded."""
    shipped = load_params(REPOSITORY / "params" / f"{DEVICE}.yaml")
    small = replace(
        shipped, decode=replace(shipped.decode, input_size=32),
        fit=replace(shipped.fit, width=4, min_epochs=8, max_epochs=8, batch_size=16,
                    learning_rate=0.02),
    )  # fmt: skip
    (tmp_path / "params.yaml").write_text(params_text(small))
    monkeypatch.setattr(models.training, "params_file", lambda *_: tmp_path / "params.yaml")
    few = journeys.validate_version.validate_version.__kwdefaults__ | {"most": 40}
    monkeypatch.setattr(journeys.validate_version.validate_version, "__kwdefaults__", few)


@pytest.mark.skipif(
    os.environ.get("RADVIGIL_PROOF") == "short", reason="the long proof: five stages and a report"
)
@pytest.mark.usefixtures("short")
def test_a_prognosis_is_trained_on_facts_and_follow_up_and_comes_to_its_report(
    tmp_path: Path,
) -> None:
    home, data = tmp_path / "home", table(tmp_path / "data")
    given = ("--data", str(data), "--facts", str(data / "facts.csv"))
    made = run(home, "model", "train", "--device", DEVICE, *given, "--seed", "3")
    known = made["measures"]["internal_test"]
    assert known["studies"] == 70
    assert known["uno_c"]["value"] > 0.6
    assert any(note.startswith("crp: study without it") for note in made["notes"])
    assert read_json(home / "vault" / "training" / DEVICE / "model" / "equivalence.json")["equal"]

    asked = ("model", "evaluate", "--model", made["name"], *given, "--part", "test")
    found = run(home, *asked)
    overall = {one["measure"]: one for one in found["estimates"] if one["subgroup"] == "all"}
    for measure, one in known.items():
        if isinstance(one, dict) and "value" in one:
            assert overall[measure]["value"] == pytest.approx(one["value"], abs=1e-6), measure

    asked_of_files(home, data, made["name"])
    shown = run(home, "model", "validate", made["model_version"])
    assert missing(shown) == []
    order = {one["subgroup"]: one for one in shown["estimates"] if one["measure"] == "uno_c"}
    ways = {f"without {fact.replace('_', ' ')}" for fact in CODES}
    ways |= {"without any fact", "facts as recorded"}
    assert ways <= set(order)
    assert {order[way]["n"] for way in ways} == {40}
    change = {
        one["subgroup"]: one for one in shown["estimates"] if one["measure"] == "uno_c_difference"
    }
    assert ways - {"facts as recorded"} | {"internal test minus tuning"} <= set(change)
    # which way it goes is chance with 40 studies: each workspace's key orders the studies anew
    recorded = order["facts as recorded"]["value"]
    for way in ways - {"facts as recorded"}:
        assert change[way]["value"] == pytest.approx(order[way]["value"] - recorded, abs=1e-9)
    assert change["without any fact"]["value"] != 0
    assert "paired" in change["without any fact"]["method"]
    assert {"part=training", "part=tuning", "part=internal test"} <= set(order)
    assert {"rotation=5", "compression=60"} <= set(order) & set(change)
    on_record(home)
    run(home, "document", "compile", as_json=False)
    run(home, "document", "export", "DOC-0001", "--out", str(tmp_path / "out"), as_json=False)
    (report,) = (tmp_path / "out").glob("DOC-22*-v1.json")
    text = report.read_text(encoding="utf-8")
    for said in (
        "Internal test: Concordance (Uno)", "chance of death within 90 days of the study",
        "without oxygen saturation", "without any fact", "Observed over expected events",
        "Training, tuning, tests and use side by side",
        "who was not followed to the horizon is neither with nor without the event",
        "crp (LOINC 1988-5, mg/L, at most 3 days old)", "proportional hazards, on the tuning split",
        "share called high risk, of those with the event by the horizon, fixed at 0.8",
    ):  # fmt: skip
        assert said in text, said


def asked_of_files(home: Path, data: Path, model: str) -> None:
    """One picture with two facts, with none, and with one from after the study."""
    facts = data.parent / "of-file.csv"
    head = "file,code,value,unit,days_before\n"
    facts.write_text(head + "test-1.png,30525-0,88,a,10\ntest-1.png,1988-5,180,mg/L,1\n")
    picture = str(data / "test-1.png")
    words = ("model", "predict", "--model", model, picture)
    (told,) = run(home, *words, "--facts", str(facts))["predictions"]
    (alone,) = run(home, *words)["predictions"]
    assert told["facts_known"] == 2
    assert told["facts_missing"] == ["respiratory_rate", "oxygen_saturation", "smoking"]
    assert alone["facts_known"] == 0
    assert told["score"] > alone["score"]
    facts.write_text(head + "test-1.png,1988-5,180,mg/L,-2\n")
    refused = run(home, *words, "--facts", str(facts), code=2, as_json=False)["said"]
    assert "leakage: crp was measured 2 days after the study" in refused


def on_record(home: Path) -> None:
    """The course of each study is its truth; a prognosis cannot run at a site."""
    with closing(open_reader(home)) as store, store.reader() as reader:
        truths = reader.exec(select(ReferenceStandard)).all()
        assert len(truths) == 230
        vault = Vault(store.workspace.vault)
        for one in truths[:20]:
            course = ClinicalCourse.of(vault.fetch(one.region, of=one.label).decode())
            assert one.present == course.event
            assert one.source == f"{COURSE} of death"
        said = reader.exec(select(Prediction)).all()
        assert len(said) == 70
        assert {"facts_known", "facts_missing"} == set(said[0].outputs)
        may_not_run(reader, reader.exec(select(ModelVersion)).one())


def may_not_run(reader: Session, version: ModelVersion) -> None:
    change = ChangeRequest(model_version_id=version.id)
    with pytest.raises(Refused, match="cannot run at a site, as its task is prognosis"):
        deploy(reader, change, sites=[Site(name="north")], mode="shadow", now=version.trained_at)
