"""How much: every number the product reports, as pure functions of arrays.

Each measure returns an :class:`measures.estimate.Estimate`, so that no number leaves this room
without the count of studies behind it and an interval, or a plain reason why it cannot be had.
Nothing here reads a file, a clock or an environment, and nothing here knows a record.
"""
