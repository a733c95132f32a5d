"""A model that another maker trained lives the whole life of a device's version."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml
from onnx import TensorProto

from journeys import demonstration_steps as steps
from journeys.control_documents import Deed, submit
from journeys.demonstration_order import DEVICE, Order
from journeys.demonstration_setup import define_and_accept, prepare_workspace
from journeys.predict_outside import ask_version
from journeys.register_model import RegistrationOrder, register_model
from journeys.release import evaluate_version, propose_version
from journeys.simulated_subjects import Scale
from journeys.tell import write_document
from models.declaration import read_declaration
from models.decode import decode_with, load_decoded
from models.weights import WeightsAltered
from records.cases import Prediction
from records.definition import find_definition
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.frozen_files import frozen_folder
from records.lookup import list_records
from records.product import DatasetVersion, ModelVersion
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import Evaluation, MonitoringRun
from records.vault import Vault
from records.verify import verify_records
from regulatory.compile import Request
from tests.models import foreign

SCALE = Scale(days=2, change_day=2, development_per_site=130, daily_per_site=12)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[steps.Course]:
    """A workspace of simulated studies, frozen; its device promises what the small model can."""
    home = tmp_path_factory.mktemp("elsewhere") / "workspace"
    content = yaml.safe_load(find_definition(DEVICE).read_text())
    for one in content["acceptance_criteria"]:
        one["at_least"] = 0.2
    for one in content["claims"]:
        one["value"] = 0.2
    definition = home.parent / "device.yaml"
    definition.write_text(yaml.safe_dump(content))
    store = open_store(Workspace(home).create(), url="")
    made = steps.Course(
        store=store, order=Order(seed=11, scale=SCALE).identity(), seed=11, data=None,
        external=None, drift=False, columns={}, workers=1, scale=SCALE, advance=lambda *_: None,
    )
    prepare_workspace(store, made.order, now=made.now)
    define_and_accept(store, definition, now=made.now)
    steps.make(made)
    steps.take_in(made)
    steps.version(made)
    yield made
    store.close()


@pytest.fixture(scope="module")
def files(course: steps.Course, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What the maker hands over: a logistic regression on parts of the picture, as ONNX."""
    from sklearn.linear_model import LogisticRegression

    folder = tmp_path_factory.mktemp("maker")
    declared = read_declaration(foreign.written(folder, foreign.model())[1])
    with course.store.reader() as reader:
        dataset = reader.get_one(DatasetVersion, 1)
    where = frozen_folder(Vault(course.store.workspace.vault), dataset)
    decode_with(declared.preprocessing, where, folder / "decoded", processes=1)
    arrays, index = load_decoded(folder / "decoded")
    rows = index["split"] == "train"
    parts = arrays[rows].reshape(-1, 8, 8, 8, 8).mean(axis=(2, 4)).reshape(rows.sum(), -1)
    fitted = LogisticRegression(C=10, max_iter=2000).fit(parts, index["finding"][rows])
    weight, bias = fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0])
    return foreign.written(folder, foreign.model(weight, bias))


def register(course: steps.Course, onnx: Path, declaration: Path, **changes: float) -> ModelVersion:
    values = {"operating_point": 0.3} | changes
    order = RegistrationOrder(onnx=onnx, declaration=declaration, **values)  # type: ignore[arg-type]
    return register_model(
        course.store, DEVICE, order, reason="contract 12", actor="demo.engineer",
        now=course.at(course.day_before(12)), report=lambda _: None,
    )


@pytest.mark.slow
@pytest.mark.requirement("REG-045")
def test_a_model_of_another_maker_lives_the_whole_life(
    course: steps.Course, files: tuple[Path, Path]
) -> None:
    store = course.store
    version = register(course, *files)
    assert version.made_elsewhere
    assert version.model["precision"] == "float32"
    assert version.model["maker"]["training_data"] == "not stated by the maker"
    assert "training_data" in version.model["not_stated"]
    assert register(course, *files).label == version.label  # the same again is the same version
    judged = steps.evaluate(course)
    assert {one["verdict"] for one in judged["criteria"]} == {"met"}
    released = steps.release(course)
    assert (released["outcome"], released["mode"]) == ("released", "live")
    steps.operate(course)
    with store.reader() as reader:
        runs = list_records(reader, MonitoringRun)
        said = [one for one in list_records(reader, Prediction) if one.deployment_id]
    assert len(runs) == SCALE.days
    assert len(said) == 3 * SCALE.days * SCALE.daily_per_site
    assert {one.model_version_id for one in said} == {version.id}
    assert all(0 <= one.score <= 1 and 0 <= one.out_of_distribution < 1 for one in said)
    assert len({one.score for one in said}) > SCALE.daily_per_site
    request = Request("validation_report", DEVICE, requested_by="demo.engineer", reason="x")
    document = write_document(store, request, actor="service:documents", now=course.now)
    stored = Vault(store.workspace.vault).fetch(document.draft_json_digest, of=document.label)
    text = stored.decode()
    for named in (version.name, version.weights_hash, "Example Imaging GmbH", "made elsewhere",
                  "whether studies of the test sets were among its training data",
                  "given at registration"):  # fmt: skip
        assert named in text, named
    assert "chosen on the" not in text
    with pytest.raises(Refused, match="gap"):
        submit(store, Deed(document.id or 0, "demo.engineer", "complete", course.now))
    with store.reader() as reader:
        assert verify_records(reader).whole


@pytest.mark.slow
def test_another_precision_is_another_version_with_an_evaluation_of_its_own(
    course: steps.Course, files: tuple[Path, Path], tmp_path: Path
) -> None:
    import onnx
    from onnx import numpy_helper

    before = register(course, *files)
    first = onnx.load(files[0])
    weight = numpy_helper.to_array(first.graph.initializer[0]).reshape(-1)
    bias = float(numpy_helper.to_array(first.graph.initializer[1])[0])
    half = foreign.model(weight, bias, precision=TensorProto.FLOAT16)
    narrow = register(course, *foreign.written(tmp_path, half))
    assert narrow.label != before.label
    assert narrow.model["precision"] == "float16"
    now = course.now
    change = propose_version(
        course.store, narrow, reason="faster", actor="demo.engineer", now=now
    )
    assert change.assessment["all_met"] is False  # nothing of the other version counts for it
    evaluate_version(course.store, narrow, actor="service:training", now=now)
    with course.store.reader() as reader:
        evaluated = {one.model_version_id for one in list_records(reader, Evaluation)}
    assert narrow.id in evaluated


@pytest.mark.slow
def test_a_registered_file_that_was_altered_answers_nobody(
    course: steps.Course, files: tuple[Path, Path], tmp_path: Path
) -> None:
    from models.predict import Predictor

    version = register(course, *files)
    asked = ask_version(course.store, version.label)
    assert asked.predictor.params is None
    folder = tmp_path / "model"
    shutil.copytree(course.store.workspace.vault / version.vault_path, folder)
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").write_bytes(content)
    with pytest.raises(WeightsAltered):
        Predictor.load(folder, weights_hash=version.weights_hash)


def test_an_operating_point_that_is_no_probability_is_refused(tmp_path: Path) -> None:
    for point in (0.0, 1.0, 30.0, float("nan")):
        with pytest.raises(InvalidInput, match="operating point"):
            RegistrationOrder(tmp_path, tmp_path, point)
    for slope in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InvalidInput, match="slope"):
            RegistrationOrder(tmp_path, tmp_path, 0.5, slope=slope)


def test_who_may_not_or_has_nothing_to_test_on_is_told(store: Store, tmp_path: Path) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    prepare_workspace(store, {"seed": 1, "data": ""}, now=now)
    define_and_accept(store, find_definition(DEVICE), now=now)
    order = RegistrationOrder(*foreign.written(tmp_path, foreign.model()), 0.5)
    for actor, error, said in (("demo.quality", NotAllowed, "demo.quality|quality"),
                               ("demo.engineer", NotFound, "no dataset version")):  # fmt: skip
        with pytest.raises(error, match=said):
            register_model(store, DEVICE, order, reason="x", actor=actor, now=now,
                           report=lambda _: None)  # fmt: skip
