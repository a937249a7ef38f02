"""The agent client: the page of a PC beside a phone, which is always its occupant's (R6.1 to R6.3)."""
