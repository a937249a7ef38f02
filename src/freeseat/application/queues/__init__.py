"""Work queues: entering them, taking part, waiting callers and offers (R5)."""
