"""A process with a worker process, like Kamailio: both hold one UDP port; run as `python workers.py PORT`."""

import os
import signal
import socket
import sys


def _end(*_: object) -> None:
    os.kill(worker, signal.SIGTERM)
    sys.exit(0)


port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
port.bind(("127.0.0.1", int(sys.argv[1])))
worker = os.fork()
if worker:
    signal.signal(signal.SIGTERM, _end)
else:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
while True:
    signal.pause()
