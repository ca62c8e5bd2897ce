"""Every way an exchange can fail ends in NoAnswer, which says whether the request may have arrived."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provisioner.targets.http import wire
from provisioner.targets.http.reply import NoAnswer
from provisioner.targets.http.wire import Wire

Serve = Callable[[socket.socket], None]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and self-signed certificate of 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )  # fmt: skip
    return path


@pytest.fixture
def serving() -> Iterator[Callable[[Serve], str]]:
    """Runs `serve` with the first client; gives the address without a scheme."""
    plugs: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(serve: Serve) -> str:
        plug = socket.create_server(("127.0.0.1", 0))

        def run() -> None:
            client, _ = plug.accept()
            with client:
                serve(client)

        plugs.append(plug)
        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return f"127.0.0.1:{plug.getsockname()[1]}"

    yield start
    for thread in threads:
        thread.join(5.0)
    for plug in plugs:
        plug.close()


def tried(url: str) -> tuple[str, bool, bool]:
    way = Wire("Acme", 5.0)
    with pytest.raises(NoAnswer) as caught:
        way.exchange("POST", url, {}, b"{}")
    way.close()
    return caught.value.reason, caught.value.sent, caught.value.final


def test_a_certificate_that_nobody_vouches_for(serving: Callable[[Serve], str], certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(client: socket.socket) -> None:
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(client, server_side=True)

    assert tried(f"https://{serving(serve)}/x") == ("the TLS certificate was not accepted", False, True)


def test_tls_that_breaks_after_the_request_has_left(
    serving: Callable[[Serve], str], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have carried it out: nobody may say that nothing was changed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(wire, "is_loopback", lambda host: False)

    def serve(client: socket.socket) -> None:
        talk = context.wrap_socket(client, server_side=True, do_handshake_on_connect=True)
        talk.recv(65536)
        with socket.socket(fileno=talk.detach()) as plain:
            plain.sendall(b"this is not TLS any more")
            plain.recv(65536)

    assert tried(f"https://{serving(serve)}/x") == ("the TLS connection broke", True, False)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..b", "*.example"])
def test_an_address_that_no_server_can_have(host: str) -> None:
    assert tried(f"https://{host}/x") == ("its address, or the proxy's, cannot be used", False, True)


def test_a_proxy_that_cannot_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://[bad")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert tried("https://acme.invalid/x") == ("its address, or the proxy's, cannot be used", False, True)


def test_trusted_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    assert tried("https://acme.invalid/x") == ("the file of trusted certificates cannot be read", False, True)


def test_a_connection_that_ends_without_an_answer(serving: Callable[[Serve], str]) -> None:
    assert tried(f"http://{serving(lambda client: None)}/x") == (
        "the connection broke", True, False,
    )  # fmt: skip


def test_nobody_is_there() -> None:
    assert tried("http://127.0.0.1:9/x") == ("no connection", False, False)
