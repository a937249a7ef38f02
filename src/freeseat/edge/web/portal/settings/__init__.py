"""Settings, in tabs: what holds for everybody (R2.2, R2.12, R4.3, R4.6, R4.7)."""
