"""Our registrations at trunks (R4.3), kept by Kamailio's uac module and told to it as the trunks change.

Runs in evapi's process, which alone reads what the control plane says.
"""

from __future__ import annotations

import json

import KSR

from freeseat.kamailio.config import Config
from freeseat.kamailio.sockets import towards
from freeseat.kamailio.trunks import Trunk, Trunks, token

_NO_HA1 = "0" * 32
_NONE = "."


class Registrations:
    """Which trunks we register at. `follow` may be called as often as one likes."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._kept: dict[str, list[str | int]] = {}
        self._leaving: set[str] = set()

    def follow(self, trunks: Trunks) -> None:
        """Register at these trunks and no others. One that has changed begins anew."""
        for name in self._leaving:
            _rpc("uac.reg_remove", [name])
        self._leaving.clear()
        wanted = {str(record[0]): record for trunk in trunks.by_id.values() if (record := self._record(trunk))}
        for name in [name for name, record in self._kept.items() if wanted.get(name) != record]:
            del self._kept[name]
            if name in wanted:
                _rpc("uac.reg_remove", [name])
            else:  # the record must stay until the registrar has challenged its end and seen it
                _rpc("uac.reg_unregister", ["l_uuid", name])
                self._leaving.add(name)
        for name, record in wanted.items():
            if name not in self._kept and _rpc("uac.reg_add", record):
                self._kept[name] = record

    def _record(self, trunk: Trunk) -> list[str | int] | None:
        """The parameters of uac.reg_add, None for a trunk without registration."""
        if not trunk.register:
            return None
        domain = trunk.host.partition(";")[0]
        name = token(trunk.id, self._config.nonce_secret)
        contact, socket = self._own_address(trunk)
        return [
            name, name, self._config.realm, trunk.username, domain, "", trunk.username,
            trunk.secret if len(trunk.secret) > 1 else _NONE, _NONE if len(trunk.secret) > 1 else _NO_HA1,
            f"{trunk.scheme}:{trunk.host}", trunk.register, 0, 0, socket, contact,
        ]  # fmt: skip

    def _own_address(self, trunk: Trunk) -> tuple[str, str]:
        """Our address in the Contact, and the socket it is sent from."""
        own = towards(trunk, self._config.listen)
        address = own.partition(":")[2] or self._config.realm
        if self._config.advertise:
            address = f"{self._config.advertise}:{address.rpartition(':')[2]}"
        return address + (f";transport={trunk.transport}" if trunk.transport != "udp" else ""), own


def _rpc(method: str, parameters: list[str | int] | list[str]) -> bool:
    """Carry out a command of Kamailio's own; False where it fails."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    KSR.jsonrpcs.execx(json.dumps(request))
    if KSR.pv.get("$jsonrpl(code)") == 200:
        return True
    KSR.warn(f"event=trunk_registration method={method} answer={KSR.pv.get('$jsonrpl(body)')}\n")
    return False
