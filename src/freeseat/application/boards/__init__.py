"""Wallboards and the console: what is shown across the room (R6.4, R6.6)."""
