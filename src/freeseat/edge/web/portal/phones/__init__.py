"""Phones: lists, one phone, forms (R1.2)."""
