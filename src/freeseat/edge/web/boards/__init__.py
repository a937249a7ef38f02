"""Wallboards: full-screen pages behind a read-only link (R6.4)."""
