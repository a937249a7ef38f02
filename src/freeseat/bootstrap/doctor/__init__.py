"""The doctor: looks at everything a node needs and says what is wrong and what to do. It changes nothing."""

from freeseat.bootstrap.doctor.check import Check, Verdict, worst
from freeseat.bootstrap.doctor.data import check_data
from freeseat.bootstrap.doctor.machine import check_machine
from freeseat.bootstrap.doctor.switch import check_switch
from freeseat.settings import Settings

__all__ = ["Check", "Verdict", "examine", "worst"]


def examine(settings: Settings) -> list[Check]:
    """Every check, in the order in which to read them. Takes about a second."""
    return [*check_machine(settings), *check_switch(settings), *check_data(settings)]
