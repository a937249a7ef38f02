"""Metrics for Prometheus (R10.5)."""
