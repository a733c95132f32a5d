"""``radvigil install push`` and ``fetch``: frozen data and models lie sealed elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsJson, Home

NOT_ALL_THERE = 1
"""The exit code where a pack was never pushed; one that was altered there ends with 3."""


def push(
    to: Annotated[
        Path, typer.Option("--to", help="A folder of other storage: empty, or pushed to before.")
    ],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Seal what frozen data and models consist of into a folder elsewhere, what is not there yet.

    Each file is sealed with the workspace's key 'remote' (AES-256-GCM) before it leaves; names
    there tell nothing. What an earlier key sealed is sealed anew. Interrupted, the same command
    goes on. A backup holds the key.
    """
    from dataclasses import asdict

    from cli.opening import acting, now_of, start_routine
    from cli.printing import print_json
    from records.packs import push_packs

    with acting(home) as store:
        actor = start_routine(store, "service:backup", task="install push")
        done = push_packs(store, to, actor=actor, now=now_of(store))
    if as_json:
        print_json(asdict(done) | {"to": str(to)})
    else:
        typer.echo(
            f"{done.sent} packs sealed into {to} ({done.bytes_sent} bytes), {done.sealed_anew} "
            f"sealed anew with a newer key, {done.there} were there."
        )


def fetch(
    source: Annotated[Path, typer.Option("--from", help="The folder that was pushed to.")],
    check: Annotated[
        bool, typer.Option("--check", help="Open and compare every pack there; change nothing.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Bring back frozen files that are missing here, each once it is what its record names.

    A pack that was altered there is refused with the name of its record. A file that was altered
    here is evidence and not written over: move it away first. With --check exit code 3 means that a
    pack was altered, 1 that one is not there.
    """
    if check:
        _check(source, as_json=as_json, home=home)
        return
    from cli.opening import acting, now_of, start_routine
    from cli.printing import print_json
    from records.packs import fetch_packs

    with acting(home) as store:
        actor = start_routine(store, "service:backup", task="install fetch")
        fetched = fetch_packs(store, source, actor=actor, now=now_of(store))
    if as_json:
        print_json({"fetched": {one.file: one.digest for one in fetched}})
    else:
        typer.echo("\n".join(f"Fetched: {one.file} of {one.record}" for one in fetched)
                   or "Every frozen file is here.")  # fmt: skip


def _check(source: Path, *, as_json: bool, home: Path | None) -> None:
    from dataclasses import asdict

    from cli.opening import looking
    from cli.printing import print_json
    from records.errors import IntegrityBroken
    from records.packs import check_packs

    with looking(home) as store:
        found = check_packs(store, source)
    if as_json:
        print_json(asdict(found))
    else:
        for words in (*found.altered, *found.missing):
            typer.echo(f"{words}.")
        typer.echo(f"{found.whole} packs are what their records name, {len(found.altered)} are "
                   f"not, {len(found.missing)} are not there.")  # fmt: skip
    if found.altered:
        raise typer.Exit(IntegrityBroken.exit_code)
    if found.missing:
        raise typer.Exit(NOT_ALL_THERE)
