"""Accounts, tokens of programs, and one's own account (R10.1)."""
