"""Every hour, one more anchor of the audit trail outside the database."""

import dagster as dg

from pipelines.anchoring import anchors
from pipelines.resources import WorkspaceResource
from records.anchors import read_anchors, verify_anchors
from records.store import Store


def run(store: Store) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [anchors], instance=instance,
            run_config=dg.RunConfig(
                loggers={"console": {"config": {"log_level": "CRITICAL"}}}
            ),
            resources={"workspace": WorkspaceResource(home=str(store.workspace.home))},
        )


def test_each_run_writes_an_anchor_that_the_trail_agrees_with(operating: Store) -> None:
    for count in (1, 2):
        assert run(operating).success
        assert len(read_anchors(operating.workspace.anchors)) == count
    with operating.reader() as reader:
        verdict = verify_anchors(reader, operating.workspace.anchors)
    assert (verdict.anchors, verdict.findings) == (2, ())
