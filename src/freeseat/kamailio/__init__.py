"""The SIP plane's own code: it runs inside Kamailio's processes, with the standard library only."""
