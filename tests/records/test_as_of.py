"""Records as they stood: rebuilt from the events, from one moment to the next."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session, col, select

from records.as_of import as_of, rebuilding
from records.audit import AuditEvent, head
from records.base import Record
from records.people import Actor
from records.settings import Workspace
from records.store import Store, open_store
from records.tables import RECORDS
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering import small_store as small


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "w").create(), url="")
    with opened.transaction("demo.engineer", "develop", now=small.at(9)) as tx:
        device = small.add_device(tx)
        version = small.add_version(tx, device, small.add_development(tx, device))
    with opened.transaction("watch", "operate", now=small.at(operation.FIRST + 2, 20)) as tx:
        operation.add_operation(tx, tx.merge(version))
    with opened.transaction("demo.engineer", "rename", now=small.at(30)) as tx:
        person = tx.exec(select(Actor)).first()
        assert person is not None
        person.full_name = "Somebody Else"
        tx.add(person)
    yield opened
    opened.close()


def everything(session: Session) -> dict[str, list[dict[str, object]]]:
    tables: list[type[Record]] = list(RECORDS)
    found = {
        one.__name__: [row.as_recorded() for row in session.exec(select(one).order_by(col(one.id)))]  # type: ignore[attr-defined]
        for one in tables
    }
    events = session.exec(select(AuditEvent).order_by(col(AuditEvent.sequence)))
    return found | {"events": [one.model_dump() for one in events]}


@pytest.mark.requirement("REG-033")
def test_from_moment_to_moment_the_records_are_those_of_each_alone(store: Store) -> None:
    with store.reader() as reader:
        last = head(reader)[0]
        moments = (2, last // 2, last - 1, last)
        with rebuilding(reader) as rebuilt:
            together = []
            for one in moments:
                with rebuilt.at(one) as then:
                    together.append(everything(then))
            with pytest.raises(ValueError, match="already"), rebuilt.at(2):
                pass
        for one, found in zip(moments, together, strict=True):
            with as_of(reader, one) as alone:
                assert everything(alone) == found
        assert together[-1] == everything(reader), "now"
        assert together[-2]["Actor"] != together[-1]["Actor"]


def test_what_is_rebuilt_is_as_append_only_as_the_records(store: Store) -> None:
    with store.reader() as reader, as_of(reader, head(reader)[0]) as then:
        event = then.exec(select(AuditEvent)).first()
        assert event is not None
        then.delete(event)
        with pytest.raises(Exception, match=r"append-only|never"):
            then.flush()
