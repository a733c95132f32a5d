"""What a change waits for stands on the list of what is owed, by whose role, until it is done."""

from records.owed_change_work import owed_change_work
from records.store import Store
from tests.dashboards.small_workspace import TODAY
from tests.regulatory.later_version import answer, proposed, review


def owed(store: Store) -> list[tuple[str, str]]:
    with store.reader() as reader:
        return [(one.label, one.kind) for one in owed_change_work(reader, TODAY)]


def test_answers_reviews_and_signatures_are_owed_until_they_are_given(store: Store) -> None:
    assert owed(store) == []
    proposed(store)
    assert owed(store) == [("CHR-0002", "change assessment"), ("CHR-0002", "change signatures")]
    answer(store)
    assert owed(store) == [
        *((f"RGD-000{number}", "change review") for number in range(1, 7)),
        ("CHR-0002", "change signatures"),
    ]
    review(store, "udi", agrees=False)
    review(store)
    with store.reader() as reader:
        (first, _) = owed_change_work(reader, TODAY)
    assert (first.label, first.what, first.due) == (
        "RGD-0005", "assess udi anew: it was sent back", None
    )  # fmt: skip
    assert first.roles == ("engineer", "quality", "regulatory")
