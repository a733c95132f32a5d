"""The order of steps when one crosses rooms; no rule and no number of their own."""
