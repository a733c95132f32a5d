"""All that Dagster knows, listed. Assembles only.

    DAGSTER_HOME="$PWD/workspace/dagster" RADVIGIL_HOME="$PWD/workspace" \\
        .venv/bin/dagster dev -m pipelines.definitions -h 127.0.0.1
"""

import dagster as dg

from pipelines.anchoring import anchor_the_trail, anchors, every_hour
from pipelines.intake import development_studies, studies, take_in_development_studies
from pipelines.release import chart_baselines, release, release_and_start_watch
from pipelines.reporting import documents, every_month, write_the_documents
from pipelines.resources import WorkspaceResource, chosen_executor
from pipelines.retraining import (
    change_request,
    dataset_version,
    evaluation,
    make_a_candidate,
    model_version,
)  # fmt: skip
from pipelines.retraining_protocol import every_morning, retrain_by_protocol, retraining_run
from pipelines.revalidation import (
    due_revalidations,
    every_quarter_to,
    revalidate,
    revalidate_what_is_due,
    revalidations,
)
from pipelines.surveillance import (
    chart_points,
    drift_reports,
    every_night,
    predictions,
    reference_standards,
    watch_one_day,
)  # fmt: skip
from pipelines.telling import every_half_past, people_told, tell_people_now
from pipelines.trends import every_day_at_four, look_at_the_trends, trend_looks

ASSETS = [
    development_studies, dataset_version, model_version, evaluation, change_request, release,
    chart_baselines, studies, predictions, reference_standards, chart_points, drift_reports,
    revalidations, due_revalidations, retraining_run, documents, anchors, people_told,
    trend_looks,
]  # fmt: skip

JOBS = [
    take_in_development_studies, make_a_candidate, release_and_start_watch, watch_one_day,
    revalidate, revalidate_what_is_due, retrain_by_protocol, write_the_documents, anchor_the_trail,
    tell_people_now, look_at_the_trends,
]  # fmt: skip

SCHEDULES = [every_hour, every_night, every_morning, every_month, every_half_past, every_quarter_to,
             every_day_at_four]  # fmt: skip


@dg.definitions
def defs() -> dg.Definitions:
    """Assets, jobs, schedules and the workspace; called when Dagster loads them."""
    from records.quiet import switch_off_usage_statistics

    switch_off_usage_statistics()
    return dg.Definitions(
        assets=ASSETS, jobs=JOBS, schedules=SCHEDULES, executor=chosen_executor(),
        resources={"workspace": WorkspaceResource()},
    )
