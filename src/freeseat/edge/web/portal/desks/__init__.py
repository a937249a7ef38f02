"""Desks: who sits where now and who sat there before, logging in and out on somebody's behalf (R2.5, R2.13)."""
