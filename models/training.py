"""A training run: the definition at the root of the sources, reproduced in the workspace's vault.

Writes no records. DVC is spoken to only as a program; its library has its home in ``records``.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock, Timeout

from models.artefacts import MODEL, read_json, replaced
from models.checkpoint import CHECKPOINTS
from models.code import code_digest
from models.encoders import ENCODER
from models.epochs import CURVE, read_curve
from models.interrupted import end_interrupted_run
from models.params import OperatingRule, TaskParams, load_params, params_text
from models.progress import Report, nobody_watches
from models.train import DATASET, MODEL_FOLDER, PARAMS
from records.errors import NotFound, Unavailable
from records.quiet import QUIET
from records.settings import REPOSITORY
from records.vault import file_digest, make_git_repository, run_git

DEFINITION, CODE, LOCK = "dvc.yaml", "code.json", "dvc.lock"
_KEPT_LINES = 40
ENCODERS = "encoders"
"""The folder of frozen encoders in the vault."""
_DVC_CONFIG = """[core]
    analytics = false
    check_update = false
    autostage = true
[cache]
    type = "reflink,hardlink,copy"
"""
_RUNNING = "Running stage '"
_OF_DVC = (
    "WARNING: 'encoder.safetensors' is empty", "Use `dvc push`", "Updating lock file",
    "Generating lock file",
)
"""What DVC says that means nothing here: a device without an encoder has an empty file in its
place, lock files belong to the run, and what is frozen goes to the vault's own remote."""

Epoch = Callable[[dict[str, float]], None]
"""Takes a row of the training curve (``models.epochs``)."""


class TrainingFailed(Unavailable):
    """The training run ended with an error; the message holds the end of what it said."""


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """What to train: the frozen dataset, the device's declared rule, and a seed.

    name: the folder under ``vault/training``, usually the device's name. seed: None keeps the one
    of ``params.yaml``. sources: the folder of the sources, where ``dvc.yaml`` and ``params.yaml``
    lie.
    """

    name: str
    dataset_folder: Path
    operating_point: OperatingRule
    task: TaskParams = field(default_factory=TaskParams)
    seed: int | None = None
    sources: Path = REPOSITORY


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What a training run left behind, and the digests that name it.

    folder: the git and DVC repository of the run. model_folder: the finished model in it.
    lock_digest: SHA-256 of ``dvc.lock``; params_digest: of ``params.yaml``. stages_run: the
    stages that were not taken from an earlier, identical run. seconds: wall time.
    """

    folder: Path
    model_folder: Path
    weights_hash: str
    lock_digest: str
    git_commit: str
    code_digest: str
    params_digest: str
    stages_run: tuple[str, ...]
    seconds: float


def run_training(
    vault: Path, order: TrainingOrder, *, report: Report | None = None, epoch: Epoch | None = None
) -> TrainingOutcome:
    """Train, calibrate and score a model as ``dvc.yaml`` says; the same order twice does nothing.

    A run that was killed goes on from its checkpoint, to the weights that it would have had.

    vault: the workspace's vault folder; the run lives in ``vault/training/<name>``.
    report: receives the lines that the run prints, for a progress display. epoch: receives each
    row of the training curve as soon as it is drawn.

    Raises TrainingFailed with the end of the output, NotFound without a dataset, Unavailable when
    another run of the same name is going on. Nothing is committed then.
    """
    if not (order.dataset_folder / "manifest.parquet").is_file():
        raise NotFound(f"There is no frozen dataset in {order.dataset_folder.name}.")
    folder = vault / "training" / order.name
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    try:
        with FileLock(vault / "training" / f".{order.name}.lock", timeout=1):
            end_interrupted_run(folder)
            _ensure_repository(folder)
            digest = _lay_out(folder, order)
            stages = _reproduce(folder, report or nobody_watches, epoch)
            commit = _commit(folder, digest)
    except Timeout as busy:
        raise Unavailable(
            f"Another training run of {order.name} is going on.", hint="Wait until it is done."
        ) from busy
    model = folder / MODEL_FOLDER
    return TrainingOutcome(
        folder=folder,
        model_folder=model,
        weights_hash=str(read_json(model / MODEL)["weights_hash"]),
        lock_digest=file_digest(folder / LOCK),
        git_commit=commit,
        code_digest=digest,
        params_digest=file_digest(folder / PARAMS),
        stages_run=stages,
        seconds=time.perf_counter() - begun,
    )


def params_file(sources: Path, name: str) -> Path:
    """The parameters of a device's training: ``params/NAME.yaml`` where there is one of its own,
    else ``params.yaml``."""
    own = sources / "params" / f"{name}.yaml"
    return own if own.is_file() else sources / PARAMS


def _ensure_repository(folder: Path) -> None:
    if not (folder / ".git").is_dir():
        make_git_repository(folder)
    if not (folder / ".dvc" / "config").is_file():
        _run_dvc(folder, ["init", "--quiet", "--force"])
        _write_text(folder / ".dvc" / "config", _DVC_CONFIG)
    (folder / ".gitignore").write_text(
        f"/{DATASET}/\n/{DATASET}.part/\n/{CHECKPOINTS}/\n/dvc_plots/\n"
    )


def _lay_out(folder: Path, order: TrainingOrder) -> str:
    params = load_params(params_file(order.sources, order.name))
    seed = params.seed if order.seed is None else order.seed
    chosen = replace(
        params, seed=seed, operating_point=order.operating_point, task=order.task
    )
    _write_text(folder / DEFINITION, (order.sources / DEFINITION).read_text(encoding="utf-8"))
    _write_text(folder / PARAMS, params_text(chosen))
    code = code_digest(order.sources)
    code.save(folder / CODE)
    _link_dataset(order.dataset_folder, folder / DATASET)
    content = kept_encoder(folder.parent.parent, params.fit.encoder) if params.fit.encoder else b""
    with replaced(folder / ENCODER) as part:
        part.write_bytes(content)
    return code.digest


def kept_encoder(vault: Path, digest: str) -> bytes:
    """The bytes of an encoder that was frozen in the vault, by their SHA-256.

    Raises NotFound when no frozen encoder has it.
    """
    for file in sorted((vault / ENCODERS).glob(f"*-{digest[:8]}/{ENCODER}")):
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() == digest:
            return content
    raise NotFound(
        f"No encoder with the SHA-256 {digest[:12]}… is kept here, or it was altered.",
        hint="List them with 'radvigil model encoders'.",
    )


def _link_dataset(source: Path, target: Path) -> None:
    """The dataset's files under the run's own name: the same bytes, not stored twice."""
    files = sorted(path for path in source.iterdir() if path.is_file())
    if target.is_dir() and _same_files(files, target):
        return
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for path in files:
        try:
            os.link(path, part / path.name)
        except OSError:  # another file system, or links are not allowed
            shutil.copy2(path, part / path.name)
    shutil.rmtree(target, ignore_errors=True)
    part.replace(target)


def _same_files(files: Iterable[Path], target: Path) -> bool:
    wanted = {path.name: path for path in files}
    if wanted.keys() != {path.name for path in target.iterdir()}:
        return False
    return all(path.samefile(target / name) for name, path in wanted.items())


def _reproduce(folder: Path, report: Report, epoch: Epoch | None) -> tuple[str, ...]:
    said: deque[str] = deque(maxlen=_KEPT_LINES)
    stages: list[str] = []
    drawn = 0
    with subprocess.Popen(
        _dvc_command(["repro"]),
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            text = line.rstrip()
            if text.startswith(_RUNNING):
                stages.append(text.removeprefix(_RUNNING).split("'")[0])
            if text:
                said.append(text)
                if not text.startswith(_OF_DVC):
                    report(text)
            # before the fit stage the curve is still the one of an earlier run
            if epoch is not None and stages[-1:] == ["fit"]:
                rows = read_curve(folder / MODEL_FOLDER / CURVE)
                for row in rows[drawn:]:
                    epoch(row)
                drawn = len(rows)
    if run.returncode != 0:
        raise TrainingFailed(
            f"The training run ended with code {run.returncode}:\n" + "\n".join(said),
            hint="\nNothing was recorded.",
        )
    return tuple(stages)


def _commit(folder: Path, digest: str) -> str:
    run_git(folder, "add", "--all")
    if run_git(folder, "status", "--porcelain").strip():
        run_git(folder, "commit", "--quiet", "-m", f"Train with code {digest[:12]}")
    return run_git(folder, "rev-parse", "HEAD").strip()


def _run_dvc(folder: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        _dvc_command(arguments),
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise TrainingFailed(f"dvc {arguments[0]} failed: {done.stderr.strip()[-400:]}")


def _dvc_command(arguments: list[str]) -> list[str]:
    # 'python -m dvc' needs no console script on the PATH; the stages' own commands do.
    return [sys.executable, "-m", "dvc", *arguments]


def _environment() -> dict[str, str]:
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join([here, os.environ.get("PATH", "")])
    # Waiting threads sleep: spinning ones made training ten times slower on a busy machine.
    waiting = {"OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE")}
    return {**os.environ, **QUIET, **waiting, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _write_text(path: Path, text: str) -> None:
    with replaced(path) as part:
        part.write_text(text, encoding="utf-8")
