"""Trunks of a whole node: carriers and people at outside telephones (R4.3, R2.6)."""
