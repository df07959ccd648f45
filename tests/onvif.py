"""A small ONVIF camera: what tests ask. Its answers are those of a real one (components/fleet/answers)."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ANSWERS = Path(__file__).parent / "components" / "fleet" / "answers"

FAULT = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>'
    "<s:Reason><s:Text>{}</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
)
DIGEST = re.compile(
    r"<w:Username>(.*?)</w:Username>.*?>([^<]+)</w:Password>.*?>([^<]+)</w:Nonce><u:Created>(.*?)</u:Created>", re.S
)


class OnvifCamera:
    """Answers over HTTP, to `user` with `password` only where there is one; `login` says how it wants to be told.

    `answers` has other answers by the name of the question, an empty one is a fault.
    """

    def __init__(self, *, user: str = "", password: str = "", login: str = "wss", answers: dict[str, str] | None = None) -> None:
        self.asked: list[str] = []
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, text = camera.answer(body, self.headers.get("Authorization", ""))
                content = text.encode()
                self.send_response(status)
                if status == 401:
                    self.send_header(
                        "WWW-Authenticate", 'Digest realm="camera", nonce="0123456789abcdef", qop="auth", algorithm=MD5'
                    )
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nobody wants to know."""

        self.user, self.password, self.login, self.answers = user, password, login, answers or {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, body: str, authorization: str) -> tuple[int, str]:
        found = re.search(r"<s:Body><(\w+)", body)
        name = found[1] if found else ""
        self.asked.append(name)
        if self.user and name != "GetSystemDateAndTime":
            if self.login == "http" and not (authorization.startswith("Digest") and f'username="{self.user}"' in authorization):
                return 401, ""
            if self.login == "wss" and not self._knows(body):
                return 400, FAULT.format("Sender not Authorized")
        if name in self.answers:
            return (200, self.answers[name]) if self.answers[name] else (400, FAULT.format("not there"))
        file = ANSWERS / f"{name}.xml"
        return (200, file.read_text()) if file.is_file() else (400, FAULT.format("Optional Action Not Implemented"))

    def _knows(self, body: str) -> bool:
        found = DIGEST.search(body)
        if not found:
            return False
        user, digest, nonce, created = found.groups()
        wanted = hashlib.sha1(base64.b64decode(nonce) + created.encode() + self.password.encode()).digest()
        return user == self.user and base64.b64decode(digest) == wanted


class Answering:
    """Cameras of a network that answer probes: a multicast group of this machine alone."""

    def __init__(self, addresses: list[str], *, group: str = "239.255.255.250") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("", 0))
        joined = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton("127.0.0.1"))
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        self.group = (group, self._socket.getsockname()[1])
        self.addresses = addresses
        threading.Thread(target=self._answer, daemon=True).start()

    def stop(self) -> None:
        self._socket.close()

    def _answer(self) -> None:
        with suppress(OSError):
            while True:
                probe, sender = self._socket.recvfrom(65536)
                found = re.search(rb"MessageID>([^<]+)<", probe)
                number = found[1].decode() if found else ""
                for address in self.addresses:
                    text = (ANSWERS / "Probe.xml").read_text().replace("RELATES_TO", number).replace("SERVICE_URI", address)
                    self._socket.sendto(text.encode(), sender)
                self._socket.sendto(b"<not XML", sender)
                self._socket.sendto(
                    text.replace(number, "uuid:of-somebody-else").replace(address, "http://10.9.9.9/x").encode(), sender
                )
