"""The menus as Mermaid state diagrams, generated from their tables so that the documentation cannot be wrong."""

from __future__ import annotations

from freeseat.domain.menus.engine import Act, Field, Menu


def diagram(menu: Menu) -> str:
    """A Mermaid state diagram of a menu: fields, actions, and where each input leads."""
    lines = ["stateDiagram-v2", f"    [*] --> {menu.first}"]
    for name, stage in menu.stages.items():
        lines += [f"    {arrow}" for arrow in _arrows(menu, name)]
        if isinstance(stage, Field):
            lines.append(f"    {name}: {name}<br/>“{stage.prompt}”")
    return "\n".join(lines) + "\n"


def _arrows(menu: Menu, name: str) -> list[str]:
    stage = menu.stages[name]
    if isinstance(stage, Field):
        again = [f"{name} --> {stage.otherwise}: differs"] if stage.equals else []
        skipped = [f"[*] --> {stage.then}: dialled with the code"] if stage.slot == menu.dialled else []
        on = f"key {stage.choices}" if stage.choices else "digits"
        return [f"{name} --> {stage.then}: {on}", *again, *skipped, f"{name} --> [*]: three tries"]
    if isinstance(stage, Act):
        refusals = [f"{name} --> {field}: {reason}" for reason, field in stage.again.items()]
        return [f"{name} --> {stage.then}: ok", *refusals, f"{name} --> [*]: other refusal, spoken"]
    return [f"{name} --> [*]: told"]


def page(menus: dict[str, Menu]) -> str:
    """The page `docs/voice-menus.md`."""
    parts = [
        "# Voice menus\n",
        "Generated from `src/freeseat/domain/menus/tables.py`; a test compares.\n",
        "Every field is asked for at most three times. A star starts again at the first field; `#` or a pause ends a "
        "field. Keys may be typed ahead and cut prompts short. A refusal discards what was typed ahead.\n",
    ]
    for menu in menus.values():
        title = (menu.name.replace("_", " ")).capitalize()
        parts.append(f"## {title}\n\n```mermaid\n{diagram(menu)}```\n")
    return "\n".join(parts)
