"""A plain Kamailio: registrar and relay without anything of Freeseat, to prove the clients themselves."""

from __future__ import annotations

import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.clients.ports import free_port, program, tail
from tests.clients.raw import RawPhone
from tests.clients.waiting import until


def self_signed(directory: Path, ip: str) -> tuple[Path, Path]:
    """Make a key and a certificate for ``ip``, valid for a day; gives the two files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ip)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(ip))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key_file, certificate_file = directory / "key.pem", directory / "certificate.pem"
    form = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    certificate_file.write_bytes(certificate.public_bytes(pem))
    return key_file, certificate_file


class Proxy:
    """A running plain Kamailio on ``ip``: UDP and TCP on ``port``, TLS on ``tls_port``. A context manager."""

    def __init__(self, ip: str = "127.0.0.1") -> None:
        self.ip = ip
        self.port = free_port(ip, 2)
        self.tls_port = self.port + 1
        self._directory = tempfile.TemporaryDirectory(prefix="proxy-")
        self._log = Path(self._directory.name) / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        directory = Path(self._directory.name)
        key, certificate = self_signed(directory, self.ip)
        values = {
            "IP": self.ip, "PORT": self.port, "TLS_PORT": self.tls_port,
            "CERTIFICATE": f'"{certificate}"', "KEY": f'"{key}"',
        }  # fmt: skip
        command = [
            program("kamailio", "kamailio kamailio-tls-modules"),
            "-DD",
            "-m",
            "16",
            "-M",
            "4",
            "-x",
            "fm",
            "-X",
            "fm",
        ]
        command += ["-f", str(Path(__file__).with_name("plain.cfg")), "-Y", str(directory), "-w", str(directory)]
        for name, value in values.items():
            command += ["-A", f"{name}={value}"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            with RawPhone((self.ip, self.port), ip=self.ip) as probe:
                until(lambda: probe.options(seconds=0.1), "Kamailio answers", 10)
        except BaseException:
            print(tail(self._log))
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._directory.cleanup()
