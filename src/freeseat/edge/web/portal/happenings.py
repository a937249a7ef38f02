"""Newest events of somebody or something, in words."""

from __future__ import annotations

from collections.abc import Iterable

from freeseat.domain.events import Event
from freeseat.edge.web.portal.audit_words import sentence_of
from freeseat.edge.web.texts import said_in
from freeseat.edge.web.viewer import Viewer


def told(events: Iterable[Event], viewer: Viewer) -> list[tuple[Event, str]]:
    """Each event with its sentence in the viewer's language."""
    translate = said_in(viewer.language)
    return [(event, sentence_of(event, translate, {})) for event in events]
