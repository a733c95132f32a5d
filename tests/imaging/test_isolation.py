import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imaging.isolation import Isolation, Loss, Standing, isolated
from tests.imaging.isolated_work import answer


def give_up(item: int, loss: Loss) -> str:
    return f"{loss} {item}"


def expected(item: int) -> str:
    return {13: "crashed 13", 99: "timed_out 99"}.get(item, f"done {item}")


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_come_in_order_and_none_is_lost(workers: int) -> None:
    items = [*range(10), 13, 13, *range(20, 30)]
    found = isolated(answer, items, give_up=give_up, isolation=Isolation(workers, chunk=4))
    assert list(found) == [expected(item) for item in items]


def test_an_item_that_never_ends_is_given_up_and_the_rest_goes_on() -> None:
    items = [1, 99, 2, 3]
    limits = Isolation(1, chunk=4, seconds_per_item=5.0)
    assert list(isolated(answer, items, give_up=give_up, isolation=limits)) == [
        expected(item) for item in items
    ]


def test_no_items_give_no_answers_and_start_no_process() -> None:
    assert list(isolated(answer, [], give_up=give_up, isolation=Isolation(2))) == []


def test_items_are_taken_only_as_fast_as_answers_are() -> None:
    taken = 0

    def source() -> Iterator[int]:
        nonlocal taken
        for item in range(200, 300):
            taken += 1
            yield item

    answers = isolated(answer, source(), give_up=give_up, isolation=Isolation(1, chunk=2))
    assert next(answers) == "done 200"
    assert taken <= 8
    answers.close()  # type: ignore[attr-defined]


def test_a_process_that_cannot_start_is_no_items_fault(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from imaging.isolation import Isolation, isolated\n"
        "def work(item): return item\n"
        "print(list(isolated(work, [1, 2], give_up=lambda i, w: i, isolation=Isolation(1))))\n"
    )
    found = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "A worker process did not start" in found.stderr
    assert found.stdout == ""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_of_one_image_serves_the_next() -> None:
    """Counted in pages that the system had to give, in a process of its own."""
    script = (
        "import resource\n"
        "from imaging.isolation import keep_freed_memory\n"
        "def pages():\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    for _ in range(10): [b'x' * 2**20 for _ in range(8)]\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "pages(); before = pages(); keep_freed_memory(); pages(); print(before, pages())\n"
    )
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = map(int, found.stdout.split())
    assert after < before / 5


def test_standing_processes_stay_between_calls_and_are_replaced_when_they_died() -> None:
    standing = Standing(answer, give_up=give_up, isolation=Isolation(2, chunk=1))
    try:
        standing.start()
        before = {lane.process.pid for lane in standing.lanes}
        assert len(before) == 2
        assert list(standing.answers(range(4))) == [expected(item) for item in range(4)]
        assert {lane.process.pid for lane in standing.lanes} == before
        for lane in standing.lanes:
            os.kill(lane.process.pid or 0, signal.SIGKILL)
            lane.process.join()
        assert list(standing.answers([5, 13, 6])) == ["done 5", "crashed 13", "done 6"]
        unfinished = standing.answers(range(20, 40))
        assert next(unfinished) == "done 20"
        unfinished.close()  # type: ignore[attr-defined]
        assert list(standing.answers([7])) == ["done 7"], "no answer of the call before is left"
    finally:
        standing.close()
    assert standing.lanes == []
