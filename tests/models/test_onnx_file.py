"""A file of another maker is looked through before anything runs it for a patient."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.declaration import MAKER_FACTS, read_declaration
from models.engine import OnnxEngine
from models.onnx_file import LARGEST, OnnxFacts, read_onnx
from records.errors import InvalidInput
from tests.models import foreign


def taken(folder: Path, made: onnx.ModelProto, declared: str = foreign.DECLARED) -> OnnxFacts:
    file, declaration = foreign.written(folder, made, declared)
    return read_onnx(file, read_declaration(declaration))


def test_a_file_that_can_serve_is_described(tmp_path: Path) -> None:
    facts = taken(tmp_path, foreign.model())
    assert (facts.precision, facts.opset, facts.producer) == ("float32", 17, "elsewhere")
    assert facts.parameters == foreign.PARTS + 1
    assert len(facts.digest) == 64
    declared = read_declaration(tmp_path / "risk.yaml")
    assert declared.maker["version"] == "2.1"
    assert set(declared.unstated) == set(MAKER_FACTS) - {"maker", "version"}


def test_a_fixed_batch_of_one_is_asked_picture_by_picture(tmp_path: Path) -> None:
    declared = read_declaration(foreign.written(tmp_path, foreign.model())[1])
    pictures = np.random.default_rng(2).random((5, 64, 64)).astype(np.float32)
    answers = []
    for batch in ("n", 1):
        file, _ = foreign.written(tmp_path, foreign.model(batch=batch))
        facts = read_onnx(file, declared)
        engine = OnnxEngine.load(
            file, digest=facts.digest, preprocessing=declared.preprocessing,
            output=declared.output,
        )
        answers.append(engine.outputs(pictures)[0])
    assert answers[0] == pytest.approx(answers[1], abs=1e-6)
    weight, bias = foreign.weights()
    parts = pictures.reshape(5, 8, 8, 8, 8).mean(axis=(2, 4)).reshape(5, -1)
    assert answers[0] == pytest.approx(parts @ weight + bias, abs=1e-5)


def test_the_precision_is_named(tmp_path: Path) -> None:
    half = taken(tmp_path, foreign.model(precision=TensorProto.FLOAT16))
    assert half.precision == "float16"
    from onnxruntime.quantization import QuantType, quantize_dynamic

    narrow = tmp_path / "int8.onnx"
    file, declaration = foreign.written(tmp_path, foreign.model(batch=1))
    quantize_dynamic(file, narrow, weight_type=QuantType.QInt8)
    assert read_onnx(narrow, read_declaration(declaration)).precision == "int8"
    # its scale is found over the whole batch: a patient's answer would depend on the others
    file, _ = foreign.written(tmp_path, foreign.model())
    quantize_dynamic(file, narrow, weight_type=QuantType.QInt8)
    with pytest.raises(InvalidInput, match=r"alone than beside others.*fixed batch of 1"):
        read_onnx(narrow, read_declaration(declaration))


def _custom() -> onnx.ModelProto:
    node = helper.make_node("Secret", ["logit"], ["more"], domain="com.maker")
    return foreign.model(extra=[node], opset=[helper.make_opsetid("com.maker", 1)])


def _external() -> onnx.ModelProto:
    made = foreign.model()
    tensor = made.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    for key, value in (("location", "../../etc/passwd"), ("offset", "0"), ("length", "256")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return made


def _endless() -> onnx.ModelProto:
    truth = [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in "abcd"]
    body = helper.make_graph(
        [helper.make_node("Identity", ["a"], ["c"]), helper.make_node("Identity", ["b"], ["d"])],
        "body", [helper.make_tensor_value_info("turn", TensorProto.INT64, []), *truth[:2]],
        truth[2:],
    )  # fmt: skip
    loop = helper.make_node("Loop", ["", "yes", "yes"], ["never"], body=body)
    made = foreign.model(extra=[loop])
    made.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
    return made


def _two_inputs() -> onnx.ModelProto:
    made = foreign.model()
    made.graph.input.append(helper.make_tensor_value_info("age", TensorProto.FLOAT, ["n", 1]))
    return made


def _of_doubles() -> onnx.ModelProto:
    made = foreign.model()
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    made.graph.node.insert(0, helper.make_node("Cast", ["image"], ["cast"], to=TensorProto.FLOAT))
    made.graph.node[1].input[0] = "cast"
    return made


def _not_finite() -> onnx.ModelProto:
    return foreign.model(np.full(foreign.PARTS, np.inf, np.float32), kind="logit")


def _looks_at_neighbours() -> onnx.ModelProto:
    made = foreign.model(kind="logit")
    made.graph.node.append(helper.make_node("ReduceMean", ["logit"], ["mean"], axes=[0]))
    made.graph.node.append(helper.make_node("Sub", ["logit", "mean"], ["centred"]))
    made.graph.output[0].name = "centred"
    return made


LOGIT = foreign.DECLARED.replace("probability", "logit")


@pytest.mark.parametrize(
    ("made", "declared", "said"),
    [
        (_custom, foreign.DECLARED, "com.maker::Secret is a custom one"),
        (_external, foreign.DECLARED, "weights lie outside the file"),
        (_endless, LOGIT, "Loop, whose time nothing bounds"),
        (_two_inputs, foreign.DECLARED, "2 inputs; one picture"),
        (_of_doubles, foreign.DECLARED, "not of 32-bit floats"),
        (_not_finite, LOGIT, "not finite"),
        (_looks_at_neighbours, LOGIT, "another output alone than beside others"),
        (lambda: foreign.model(batch=4), foreign.DECLARED, "shape 4 x 1 x 64 x 64"),
        (foreign.model, foreign.DECLARED.replace("rows: 64", "rows: 96"), "1 x 96 x 64"),
        (foreign.model, foreign.DECLARED + "", None),
        (lambda: foreign.model(np.full(64, 9, np.float32), kind="logit"), foreign.DECLARED,
         "outside 0 to 1"),
        (foreign.model, foreign.DECLARED.replace("kind: probability",
                                                 "kind: probability\n  name: risk"),
         "no output 'risk', only probability"),
        (foreign.model, foreign.DECLARED.replace("kind: probability",
                                                 "kind: probability\n  column: 3"),
         "no column 3"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_serve_is_refused_by_name(
    tmp_path: Path, made: Any, declared: str, said: str | None
) -> None:
    if said is None:
        taken(tmp_path, made(), declared)
        return
    with pytest.raises(InvalidInput, match=r"^risk.onnx: ") as refused:
        taken(tmp_path, made(), declared)
    assert said in str(refused.value)


def test_what_is_no_onnx_or_too_large_is_refused(tmp_path: Path) -> None:
    declared = read_declaration(foreign.written(tmp_path, foreign.model())[1])
    broken = tmp_path / "risk.onnx"
    broken.write_bytes(b"\xff" * 100)
    with pytest.raises(InvalidInput, match="no ONNX model"):
        read_onnx(broken, declared)
    with broken.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(InvalidInput, match="512 are taken"):
        read_onnx(broken, declared)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_onnx(tmp_path / "nothing.onnx", declared)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("output:", "outputs:", "unknown sections ['outputs'], missing ['output']"),
        ("kind: probability", "kind: certainty", "neither logit nor probability"),
        ("kind: probability", "kind: map", "neither logit nor probability"),
        ("kind: probability", "form: probability", "missing kind"),
        ("kind: probability", "kind: logit\n  column: one", "output, column: 'one'"),
        ("maker: Example", "hospital: Example", "unknown facts ['hospital']"),
        ("rows: 64", "lines: 64", "unknown fields ['lines'], missing ['rows']"),
        ("preprocessing:", "preprocessing", "no YAML or JSON"),
    ],
)
def test_a_wrong_declaration_names_file_and_field(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    _, file = foreign.written(tmp_path, foreign.model(), foreign.DECLARED.replace(old, new, 1))
    with pytest.raises(InvalidInput) as refused:
        read_declaration(file)
    assert "risk.yaml" in str(refused.value)
    assert said in str(refused.value)
