"""One adapter a topic: it computes what a case asks with `measures` and compares every value."""
