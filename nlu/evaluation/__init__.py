"""Metrics, calibration and out-of-scope scoring."""
