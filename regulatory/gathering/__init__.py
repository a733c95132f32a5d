"""From records to a document's facts: queries only, nothing is computed again."""
