"""Webhooks: events told to other systems (R10.5)."""
