"""Webhooks over HTTP (R10.5)."""
