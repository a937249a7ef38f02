"""Entering, changing and removing what is in the directory (R1). Every change commits with its event."""
