"""People: lists, one person, forms (R1.1)."""
