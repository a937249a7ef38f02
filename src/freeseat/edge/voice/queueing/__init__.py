"""Queues in voice: callers wait with music, members are rung, both are joined (R5.8)."""
