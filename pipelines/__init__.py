"""Dagster owns time: when a use case runs, for which day, and what it left behind."""
