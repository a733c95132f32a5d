"""Forms of authorities as data: filled from facts, what is missing by field number, as JSON."""
