"""Where studies come from: one file a source; nothing here is imported for you."""
