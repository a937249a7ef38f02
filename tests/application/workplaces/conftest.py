"""The workplace that tests of pages begin with."""

from __future__ import annotations

import pytest

from tests.application.office import Office
from tests.application.workplaces.desk import Desk


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)
