"""Floor plans: desks on a picture of their floor, live, and placed by pointer or keyboard (R10.4)."""
