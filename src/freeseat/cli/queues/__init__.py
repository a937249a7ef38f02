"""`freeseat queue`: work queues, who is entitled to them, who takes part, and how they stand (R5)."""

from freeseat.cli.queues import attendance, directory, members, status
from freeseat.cli.queues.app import app

__all__ = ["app", "attendance", "directory", "members", "status"]
