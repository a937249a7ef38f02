"""`freeseat selftest`: proves a running node with real SIP and real audio, and leaves nothing behind."""

from freeseat.bootstrap.selftest.run import NotRunning, Report, run_selftest
from freeseat.bootstrap.selftest.steps import Step

__all__ = ["NotRunning", "Report", "Step", "run_selftest"]
