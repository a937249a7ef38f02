"""The rules of hot desking: pure, synchronous, without I/O and without a clock."""
