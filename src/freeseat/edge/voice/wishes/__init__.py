"""What pages wish of phones, carried out: dial, answer, hang up (R6.2)."""
