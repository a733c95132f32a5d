"""A day is the unit of operation: a step takes all sites of the day together."""

from datetime import date

import dagster as dg

DAYS = dg.DailyPartitionsDefinition(start_date="2026-01-01", timezone="UTC")
"""Site is a dimension of the records, not of the partitions."""

DAY_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
"""Charts step from one day to the next, so a day waits for the one before it."""


def day_of(context: dg.AssetExecutionContext) -> date:
    """The day that the step is about."""
    return date.fromisoformat(context.partition_key)
