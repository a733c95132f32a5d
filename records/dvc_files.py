"""Which files of a DVC cache or remote the versions name that git holds."""

import hashlib
import json
import subprocess
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from records.errors import IntegrityBroken, Unavailable
from records.vault import run_git

_STORED = Path("files") / "md5"
_FOLDER = ".dir"


def versions_in_git(repository: Path, paths: Collection[str]) -> list[str]:
    """The text of these files, such as 'datasets/a.dvc', in every commit that changed them."""
    wanted = set(paths)
    if not wanted:
        return []
    listed = run_git(repository, "rev-list", "--all", "--objects", "--", *sorted(wanted))
    named = (line.partition(" ") for line in listed.splitlines())
    return texts_in_git(repository, [blob for blob, _, path in named if path in wanted])


def texts_in_git(repository: Path, names: Iterable[str]) -> list[str]:
    """What git holds under these names, such as 'COMMIT:dvc.lock'; unknown ones are left out."""
    asked = "".join(f"{name}\n" for name in names)
    done = subprocess.run(
        ["git", "cat-file", "--batch"], cwd=repository, input=asked.encode(), capture_output=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise Unavailable(f"git cat-file failed in the vault: {said[-400:]}")
    return list(_texts(done.stdout))


def _texts(answer: bytes) -> Iterator[str]:
    while answer:
        head, _, rest = answer.partition(b"\n")
        if head.endswith(b" missing"):
            answer = rest
            continue
        size = int(head.split()[2])
        yield rest[:size].decode()
        answer = rest[size + 1 :]


def named_md5s(texts: Iterable[str], stores: Iterable[Path]) -> set[str]:
    """The names of all stored files that these '.dvc' and 'dvc.lock' texts need.

    stores: caches and remotes, where the list of a folder's files is looked for.

    Raises:
        IntegrityBroken: Such a list is missing, so that nobody knows what belongs to it.
    """
    import yaml

    places, named = list(stores), set[str]()
    for text in texts:
        for md5 in _outputs(yaml.safe_load(text)):
            if md5 in named:
                continue
            named.add(md5)
            if md5.endswith(_FOLDER):
                named.update(one["md5"] for one in _listed(md5, places))
    return named


def stored_path(store: Path, md5: str) -> Path:
    """Where a cache or remote keeps the content that DVC knows by this name."""
    return store / _STORED / md5[:2] / md5[2:]


def md5_of(path: Path) -> str:
    """The name that DVC gives to the content of a file. It protects nothing: SHA-256 does."""
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.md5(usedforsecurity=False)
        ).hexdigest()


def stored_files(store: Path) -> Iterator[tuple[str, Path]]:
    """The name by DVC and the place of each file in a cache or remote."""
    root = store / _STORED
    for path in sorted(root.glob("[0-9a-f][0-9a-f]/*")):
        yield path.parent.name + path.name, path


def _outputs(tree: Any) -> Iterator[str]:
    """The md5 of every output: of a '.dvc' file itself, and of each stage of a 'dvc.lock'."""
    for one in (tree, *tree.get("stages", {}).values()):
        yield from (out["md5"] for out in one.get("outs", ()) if "md5" in out)


def _listed(md5: str, stores: list[Path]) -> list[dict[str, str]]:
    for store in stores:
        path = stored_path(store, md5)
        if path.is_file():
            found: list[dict[str, str]] = json.loads(path.read_bytes())
            return found
    raise IntegrityBroken(
        f"DVC's list of the files of a frozen folder is missing ({md5[:12]}…).",
        hint="See 'radvigil audit verify'. Nothing was collected.",
    )
