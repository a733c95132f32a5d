"""From arriving bytes to a pseudonymous study that passed the gate."""
