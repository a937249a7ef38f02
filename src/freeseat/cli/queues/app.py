"""The noun `queue`; the modules beside this one enter its verbs."""

from __future__ import annotations

from typing import Annotated

import typer

from freeseat.cli.command import noun

app = noun("Work queues: their codes, members and rules; who takes part, and who waits.")
member = noun("Members of queues: the users who are entitled to take their calls.")
app.add_typer(member, name="member")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The number that callers dial for the queue.")]
User = Annotated[str, typer.Argument(metavar="USER", help="The user's number.")]
