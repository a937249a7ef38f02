"""The centre of the node that is shared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.office import Office
from tests.acceptance.queues.centre import Centre


@pytest.fixture
def centre(office: Office) -> Iterator[Centre]:
    """An office without queues, and again afterwards."""
    made = Centre(office)
    yield made
    made.clear()
