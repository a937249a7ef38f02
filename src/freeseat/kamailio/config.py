"""What the control plane tells the SIP plane at its start: `settings.json` in the runtime directory."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Config:
    """Settings of routes.py; the rest is in the generated Kamailio configuration. Times are seconds."""

    realm: str
    voice: str
    journal_dir: str
    control_secret: str
    nonce_secret: str
    nonce_seconds: int
    person_expires: int
    wrong_pin_limit: int
    wrong_secret_limit: int
    asks_outstanding: int
    ask_seconds: float
    alive_seconds: float
    ring_seconds: int
    diversion_limit: int
    emergency_header: str
    voice_secret: str
    own_uri: str
    listen: tuple[str, ...]
    advertise: str
    trunk_silence_seconds: int
    outside_ring_seconds: int

    @classmethod
    def read(cls, path: str) -> Config:
        """Read `path`. Raises KeyError where a setting is missing."""
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        return cls(**{field.name: values[field.name] for field in fields(cls)})
