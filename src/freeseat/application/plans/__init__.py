"""Floor plans: desks on a picture of their floor, coloured live (R10.4)."""
