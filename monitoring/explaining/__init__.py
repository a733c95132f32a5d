"""What lies behind an alert: what moved, since when, where, why, and what it may do. Pure."""
