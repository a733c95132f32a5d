import subprocess
import sys
from pathlib import Path

from models.code import code_digest, sources_of
from records.settings import REPOSITORY

LOADED = """
import sys, models.train, models.networks.residual
rooms = ("models", "measures", "imaging")
print(*sorted(name for name in sys.modules if name.split(".")[0] in rooms))
"""


def test_every_module_that_the_stages_load_is_in_the_digest() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    files = code_digest(REPOSITORY).files
    for module in done.stdout.split():
        stem = module.replace(".", "/")
        assert f"{stem}.py" in files or f"{stem}/__init__.py" in files, module
    assert "requirements.txt" in files


def test_sources_that_do_not_make_the_model_are_left_out() -> None:
    files = code_digest(REPOSITORY).files
    assert not {"imaging/gate.py", "models/training.py"} & set(files)


def test_changed_code_changes_the_digest(tmp_path: Path) -> None:
    room = tmp_path / "models"
    room.mkdir()
    (room / "train.py").write_text("from models import inner\n")
    (room / "inner.py").write_text("def f():\n    import measures.roc\n")
    (room / "other.py").write_text("")
    (tmp_path / "measures").mkdir()
    (tmp_path / "measures" / "roc.py").write_text("")
    first = code_digest(tmp_path)
    assert sorted(first.files) == ["measures/roc.py", "models/inner.py", "models/train.py"]
    (room / "other.py").write_text("x = 1")
    assert code_digest(tmp_path) == first
    (tmp_path / "measures" / "roc.py").write_text("x = 1")
    assert code_digest(tmp_path).digest != first.digest


def test_the_closure_starts_with_the_module_itself() -> None:
    assert sources_of(REPOSITORY, ["measures.estimate"])[-1].name == "estimate.py"
