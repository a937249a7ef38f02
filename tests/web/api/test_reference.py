from __future__ import annotations

import re
import subprocess
from pathlib import Path

from freeseat.edge.web.api.reference import renewed
from tests.web.serving import Served

DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"


def test_the_reference_is_up_to_date() -> None:
    text = DOCUMENT.read_text()
    assert text == renewed(text), "the API has changed: run scripts/docs"


def test_the_examples_with_curl_work(served: Served, tmp_path: Path) -> None:
    """Each of them as it stands, but for the address and the stream that would not end."""
    found = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text().partition("## Reference")[0], re.S)
    assert len(found) == 4
    with served.program() as program:
        token = program.headers["authorization"].removeprefix("Bearer ")
    (tmp_path / "users.csv").write_text("number,name\n2200,Dora\n")
    for text in found:
        text = re.sub(r"^url=.*$", "", text, flags=re.M).replace("curl -sSN", "curl -sS --max-time 1")
        script = f'url={served.url}/api/v1 token={token}\ncurl() {{ command curl --fail --insecure "$@"; }}\n{text}'
        done = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode in ((0, 28) if "/stream" in text else (0,)), f"{text}\n{done.stdout}{done.stderr}"
