"""Checks of a dataset before anybody trains on it: leakage, shortcuts, population, labels.

They stand in imaging, below the models: they read pictures and facts, never a network, and the
same functions check a dataset that is frozen and a folder that somebody was sent.
"""
