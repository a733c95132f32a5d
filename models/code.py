"""Which sources made a model: a digest that changes when code that matters changes."""

import ast
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.artefacts import write_json

ROOMS = ("models", "measures", "imaging")
ENTRY = "models.train"
LOCK = "requirements.txt"


@dataclass(frozen=True, slots=True)
class CodeDigest:
    """The sources that training imports, each with its SHA-256, and one digest over all."""

    digest: str
    files: dict[str, str]

    def save(self, path: Path) -> None:
        """Write ``code.json``, on which every stage of ``dvc.yaml`` depends."""
        write_json(path, {"digest": self.digest, "files": self.files})


def code_digest(root: Path) -> CodeDigest:
    """The digest of the code under ``root`` that decides how a model comes out.

    Followed from the training stages through every import of the rooms ``models``, ``measures``
    and ``imaging`` (imports inside functions too), plus the lock of the libraries.
    """
    paths = [*sources_of(root, [ENTRY, *_networks()])]
    if (root / LOCK).is_file():
        paths.append(root / LOCK)
    files = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return CodeDigest(hashlib.sha256(lines.encode()).hexdigest(), files)


def sources_of(root: Path, modules: Iterable[str]) -> list[Path]:
    """The source files that these modules reach by imports, sorted, themselves included."""
    waiting, found = list(modules), set[Path]()
    while waiting:
        module = waiting.pop()
        for name in _with_parents(module):
            path = _source(root, name)
            if path is not None and path not in found:
                found.add(path)
                waiting.extend(_imports(path))
    return sorted(found)


def _networks() -> list[str]:
    from models.networks import NETWORKS  # built by name, so no import statement shows them

    return list(NETWORKS.values())


def _with_parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


def _source(root: Path, module: str) -> Path | None:
    if module.split(".")[0] not in ROOMS:
        return None
    stem = root.joinpath(*module.split("."))
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


def _imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return found
