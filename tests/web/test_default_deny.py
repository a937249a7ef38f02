"""Default deny: every page asks who is there; the API has its own walk (tests/web/api/test_permissions.py)."""

from __future__ import annotations

import re

from fastapi.routing import APIRoute

from freeseat.edge.web.routes import ROUTERS
from tests.web.serving import Served

OPEN = {
    "/": "leads on to where somebody belongs",
    "/sign-in": "the form itself",
    "/oidc/start": "leads to the provider",
    "/oidc/back": "comes back from it",
    "/welcome/{token}": "the token is the credential",
    "/desk/link/{token}": "the token is the credential",
    "/desk/login/{token}": "the token is the credential",
    "/desk/login/{token}/out": "the token is the credential",
    "/board/{token}": "the token is the credential",
    "/board/{token}/live": "the token is the credential",
}
"""What anybody may ask for, and why."""


def test_nobody_sees_or_changes_anything(served: Served) -> None:
    asked = []
    with served.browser("") as nobody:
        for router in ROUTERS:
            for route in router.routes:
                if not isinstance(route, APIRoute) or route.path.startswith("/api/") or route.path == "/metrics":
                    continue
                path = re.sub(r"\{[^}]+\}", "1", route.path)
                for method in sorted(route.methods or ()):
                    answer = nobody.request(method, path, headers={"Accept": "*/*"})
                    asked.append(route.path)
                    if route.path in OPEN:
                        assert answer.status_code < 500, route.path
                        continue
                    assert answer.status_code in (303, 401, 403, 404), f"{method} {route.path}: {answer.status_code}"
                    if answer.status_code == 303:
                        assert answer.headers["location"].startswith("/sign-in"), route.path
    assert len(asked) > 100
    assert OPEN.keys() <= set(asked), "what is open is still there"
