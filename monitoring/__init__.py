"""Monitoring judges: is the device, at every site, still what it was when it was approved?"""
