"""Queues as supervisors work with them: who waits, who takes part, and today's figures (R5, R6)."""
