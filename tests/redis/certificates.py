"""Certificates for tests, made by openssl: an authority, and what it vouches for."""

from __future__ import annotations

import subprocess
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


class Authority:
    """A self-made authority in a directory of its own."""

    def __init__(self, directory: Path, name: str = "authority") -> None:
        self.directory = directory
        self.certificate, self._key = self._paths(name)
        self._make(
            "-x509", *_KEY, "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate
        )

    def issue(self, name: str) -> tuple[str, str]:
        """A certificate for 127.0.0.1 and its key."""
        certificate, key = self._paths(name)
        signed = ("-CA", self.certificate, "-CAkey", self._key)
        names = ("-addext", "subjectAltName=IP:127.0.0.1")
        out = ("-keyout", key, "-out", certificate)
        self._make("-x509", *_KEY, "-subj", f"/CN={name}", *signed, *names, *out)
        return certificate, key

    def server(self) -> dict[str, str]:
        """The options of a server with a certificate of its own, that asks for its clients'."""
        certificate, key = self.issue("server")
        return {
            "tls_cert_file": certificate,
            "tls_key_file": key,
            "tls_ca_cert_file": self.certificate,
            "tls_replication": "yes",
        }

    def _paths(self, name: str) -> tuple[str, str]:
        return str(self.directory / f"{name}.pem"), str(self.directory / f"{name}-key.pem")

    def _make(self, *arguments: str) -> None:
        subprocess.run(["openssl", "req", *arguments], check=True, capture_output=True)
