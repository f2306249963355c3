"""Alarms: a fault that detectors see in the log for long enough is reported, with advice."""
