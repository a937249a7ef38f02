"""What the API answers is what its description says, whatever it is asked (issue 4): no 5xx, nothing undocumented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2

from freeseat.domain.permissions import Permission
from tests.web.serving import Served

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


SETTINGS = """
parameters = { "path.number" = "2019", "path.user" = "2019" }

[[operations]]
include-path-regex = "/queues/"
parameters = { "path.number" = "811", "path.user" = "2019" }

[[operations]]
include-path-regex = "/(phones|desks)/"
parameters = { "path.number" = "3001", "path.name" = "one" }

[[operations]]
include-path-regex = "/classes/"
parameters = { "path.name" = "night" }

[[operations]]
include-path-regex = "/(trunks|workplaces|boards|plans|webhooks)/"
parameters = { "path.name" = "one", "path.number" = "3001" }

[[operations]]
include-path-regex = "/accounts/"
parameters = { "path.name" = "ann" }

[[operations]]
include-path-regex = "/tokens/"
parameters = { "path.name" = "lobby" }

[phases.coverage.generation]
mode = "positive"
"""
"""Keys that exist until something deletes them: else almost every answer were 404. Each value that may be is tried at
its bounds; wrong ones are drawn at random, for trying out each would take minutes."""


def _furnish(program: httpx2.Client) -> None:
    """Something of each kind."""
    image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    there: tuple[tuple[str, dict[str, object]], ...] = (
        ("queues", {"number": "811", "code": "901", "name": "Orders"}),
        ("trunks", {"name": "one", "uri": "sip:192.0.2.1"}),
        ("workplaces", {"name": "one", "phone_number": "3001", "settings_scope": "local"}),
        ("boards", {"name": "one"}),
        ("plans", {"name": "one", "image": image}),
        ("webhooks", {"name": "one", "url": "https://example.org/", "enabled": False}),
        ("accounts", {"name": "ann", "role": "agent"}),
        ("tokens", {"name": "lobby", "scopes": ["directory:read"]}),
        ("classes", {"name": "night"}),
        ("desk-logins", {"user": "2019", "phone": "3001"}),
    )
    for path, body in there:
        assert program.post(f"/api/v1/{path}", json=body).status_code == 201, path
    assert program.put("/api/v1/queues/811/members/2019", json={}).status_code == 200


def test_every_answer_is_as_described(served: Served, tmp_path: Path) -> None:
    """Requests right and wrong, made from the description, to every operation; the streams, which do not end, have
    tests of their own."""
    assert served.web is not None
    served.web.rates.api.burst = 1_000_000
    with served.program(*Permission) as program:
        _furnish(program)
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{served.url}/api/v1/openapi.json"),
        *("--header", f"Authorization: {program.headers['authorization']}"),
        *("--tls-verify", "false", "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", "2", "--seed", "20260501", "--no-shrink", "--continue-on-failure", "--workers", "2"),
        *("--exclude-path-regex", "/stream$", "--request-timeout", "20", "--suppress-health-check", "all"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=115, check=False)
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2000:]
