"""The portal: pages of administrators, supervisors and readers (R10.1)."""
