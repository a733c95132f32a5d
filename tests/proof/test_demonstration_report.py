"""A demonstration that ends at a signed report, small: interrupted anywhere, one report is left."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

import models.training
from journeys import demonstration_report, demonstration_steps
from journeys.demonstrate import TO_THE_REPORT, demonstrate
from journeys.demonstration_order import Order
from journeys.simulated_subjects import Scale
from models.params import load_params, params_text
from records.errors import Refused
from records.quality import Document
from records.settings import REPOSITORY, Workspace
from records.store import open_store

pytestmark = [
    pytest.mark.proof, pytest.mark.timeout(600),
    pytest.mark.skipif(
        os.environ.get("RADVIGIL_PROOF") != "full", reason="a quarter of a minute: make proof"
    ),
]

DEVICE = "chest-prognosis"
ORDER = Order(device=DEVICE, seed=4, scale=Scale(0, 0, 150, 0), workers=1)


class Interrupted(RuntimeError):
    """Somebody pulled the plug."""


def unplugged(*_: Any, **__: Any) -> Any:
    raise Interrupted


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small network on small pictures, two epochs; few images degraded."""
    shipped = load_params(REPOSITORY / "params" / f"{DEVICE}.yaml")
    small = replace(
        shipped, decode=replace(shipped.decode, input_size=32),
        fit=replace(shipped.fit, width=4, min_epochs=2, max_epochs=2, batch_size=16),
    )  # fmt: skip
    (tmp_path / "params.yaml").write_text(params_text(small))
    monkeypatch.setattr(models.training, "params_file", lambda *_: tmp_path / "params.yaml")
    validate: Callable[..., Any] = demonstration_report.validate_version
    monkeypatch.setattr(
        demonstration_report, "validate_version",
        lambda *given, **named: validate(*given, **named, most=25),
    )


@pytest.mark.usefixtures("short")
def test_an_interrupted_report_is_finished_and_not_written_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    for module, name in (
        (demonstration_report, "freeze_dataset"), (demonstration_steps, "approve"),
        (demonstration_steps, "make_effective"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, unplugged)
            with pytest.raises(Interrupted):
                demonstrate(home, ORDER)
    summary = demonstrate(home, ORDER)
    content = summary.to_dict()
    assert content["resumed"]
    assert set(content["seconds"]) == {one.name for one in TO_THE_REPORT}
    assert content["documents"][0]["version"] == 1
    assert content["decision"]["outcome"] in ("refused", "not released")
    assert "Concordance (Uno)" in str(summary).partition("internal test (EVA")[2].splitlines()[0]
    store = open_store(Workspace(home), url="")
    with store.reader() as reader:
        assert [one.status for one in reader.exec(select(Document))] == ["effective"]
    store.close()
    with pytest.raises(Refused, match="another demonstration"):
        demonstrate(home, replace(ORDER, seed=5))
