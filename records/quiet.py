"""The one place where the usage statistics of every library are switched off."""

import os
from collections.abc import Mapping

QUIET: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",  # evidently
    "GX_ANALYTICS_ENABLED": "false",  # great_expectations
    "DVC_NO_ANALYTICS": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "STREAMLIT_SERVER_HEADLESS": "true",
    "FLWR_TELEMETRY_ENABLED": "0",
    "GRPC_VERBOSITY": "ERROR",
}


def switch_off_usage_statistics() -> None:
    """No library that Radvigil uses reports to anybody. Called before a library is imported.

    Sets environment variables, so child processes inherit the silence; the workspace's
    dagster.yaml and DVC configuration say the same for those who start the tools by hand.
    """
    os.environ.update(QUIET)
