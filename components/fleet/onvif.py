"""Asks an ONVIF camera who it is, and what it sends where: SOAP 1.2 over HTTP, logins by WS-Security and by HTTP."""

from __future__ import annotations

import base64
import hashlib
import secrets as random
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit, urlunsplit
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import httpx

from components.contracts import InputError
from components.fleet.found import Found, harmless, named
from components.fleet.profiles import (
    Profile,
    chosen,
    device_of,
    fault_of,
    media_of,
    parsed,
    profiles_of,
    services_of,
    stream_of,
    time_of,
)

DEVICE, MEDIA, MEDIA2 = (f"http://www.onvif.org/{name}/wsdl" for name in ("ver10/device", "ver10/media", "ver20/media"))
SCHEMA = "http://www.onvif.org/ver10/schema"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
TIMEOUT = 5.0  # s
LARGEST = 4_000_000  # bytes of an answer
REFUSED = 401

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    "<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
)
WHAT_TIME = "<GetSystemDateAndTime xmlns='{0}'/>"
LOGIN = (
    f'<w:Security s:mustUnderstand="1" xmlns:w="{WSS}-wssecurity-secext-1.0.xsd" xmlns:u="{WSS}-wssecurity-utility-1.0.xsd">'
    f'<w:UsernameToken><w:Username>{{user}}</w:Username><w:Password Type="{WSS}-username-token-profile-1.0#PasswordDigest">'
    f'{{digest}}</w:Password><w:Nonce EncodingType="{WSS}-soap-message-security-1.0#Base64Binary">{{nonce}}</w:Nonce>'
    "<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
)


class Device:
    """One camera at `address` (host, host:port or http://...), asked as `user`; without one it is asked as a stranger.

    Everything is asked of the host that was given, whatever host the camera says of itself. Raises InputError where it does not
    answer, or refuses; no password is in any message.
    """

    def __init__(self, address: str, *, user: str = "", password: str = "") -> None:
        url = address if "://" in address else f"http://{address}/onvif/device_service"
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise InputError("imports.hosts: expected addresses such as 10.0.0.11, 10.0.0.11:8000 or http://10.0.0.11/onvif/...")
        self._parts = parts if parts.path.strip("/") else parts._replace(path="/onvif/device_service")
        self.host, self._user, self._password = parts.hostname, user, password
        self._ahead = timedelta()  # of the camera's clock, which its login depends on

    def found(self, taken: list[str], *, stream: Literal["main", "second"], name: str = "", location: str = "") -> Found:
        """The camera as an entry of a fleet, its address with the login in it."""
        self._look_at_the_clock()
        who = device_of(self._ask(DEVICE, "<GetDeviceInformation xmlns='{0}'/>"))
        services = self._services()
        profile, url = self._chosen(services, stream)
        title = harmless(location or name or f"{who.manufacturer} {who.model}".strip())
        remark = harmless(f"{who.manufacturer} {who.model}, serial {who.serial}, profile {profile.name or profile.token}")
        return Found(named(name or f"camera-{self.host}", taken), url, title, profile.declared, remark)

    def _services(self) -> dict[str, str]:
        try:
            return services_of(
                self._ask(DEVICE, "<GetServices xmlns='{0}'><IncludeCapability>false</IncludeCapability></GetServices>")
            )
        except InputError:  # cameras before 2011 know the other question only
            body = "<GetCapabilities xmlns='{0}'><Category>Media</Category></GetCapabilities>"
            return {MEDIA: media_of(self._ask(DEVICE, body))}

    def _chosen(self, services: dict[str, str], stream: Literal["main", "second"]) -> tuple[Profile, str]:
        """The newer media service knows H.265, the older one every camera has."""
        problem: InputError | None = None
        for service, ask in ((MEDIA2, self._streams2), (MEDIA, self._streams)):
            if services.get(service) or service == MEDIA:
                try:
                    return ask(services.get(service, ""), stream)
                except InputError as error:
                    problem = error
        assert problem is not None
        raise problem

    def _streams(self, address: str, stream: Literal["main", "second"]) -> tuple[Profile, str]:
        profile = self._profile(profiles_of(self._ask(MEDIA, "<GetProfiles xmlns='{0}'/>", address)), stream)
        setup = (
            f"<StreamSetup><Stream xmlns='{SCHEMA}'>RTP-Unicast</Stream><Transport xmlns='{SCHEMA}'><Protocol>RTSP</Protocol>"
            "</Transport></StreamSetup>"
        )
        body = f"<GetStreamUri xmlns='{{0}}'>{setup}<ProfileToken>{escape(profile.token)}</ProfileToken></GetStreamUri>"
        return profile, self._address(self._ask(MEDIA, body, address))

    def _streams2(self, address: str, stream: Literal["main", "second"]) -> tuple[Profile, str]:
        asked = self._ask(MEDIA2, "<GetProfiles xmlns='{0}'><Type>VideoEncoder</Type></GetProfiles>", address)
        profile = self._profile(profiles_of(asked), stream)
        token = f"<ProfileToken>{escape(profile.token)}</ProfileToken>"
        return profile, self._address(
            self._ask(MEDIA2, f"<GetStreamUri xmlns='{{0}}'><Protocol>RTSP</Protocol>{token}</GetStreamUri>", address)
        )

    def _profile(self, profiles: list[Profile], stream: Literal["main", "second"]) -> Profile:
        if not profiles:
            raise InputError(f"{self.host}: it has no profile with a picture")
        return chosen(profiles, stream)

    def _address(self, answer: Element) -> str:
        url = stream_of(answer)
        if not url.startswith(("rtsp://", "rtsps://", "http://", "https://")):
            raise InputError(f"{self.host}: it gives no address of its stream")
        return url.replace("${", "$%7B").replace("\\", "%5C")

    def _look_at_the_clock(self) -> None:
        """Everybody may ask for the time; a camera that does not say it is taken to be right."""
        try:
            there = time_of(self._ask(DEVICE, WHAT_TIME, stranger=True))
        except InputError:
            return
        self._ahead = there - datetime.now(UTC) if there else timedelta()

    def _ask(self, service: str, body: str, address: str = "", *, stranger: bool = False) -> Element:
        header = "" if stranger or not self._user else self._login()
        content = ENVELOPE.format(header=header, body=body.format(service)).encode()
        status, said = self._sent(self._at(address), content, None)
        if status == REFUSED and self._user and not stranger:
            status, said = self._sent(self._at(address), content, httpx.DigestAuth(self._user, self._password))
        if status == REFUSED:
            raise InputError(
                f"{self.host}: it refuses the login; set the variables of imports.user_variable and password_variable"
            )
        answer = parsed(said, who=self.host)
        if fault := fault_of(answer):
            raise InputError(f"{self.host}: {harmless(fault)}; check the login, and that ONVIF is switched on for that user")
        return answer

    def _sent(self, url: str, content: bytes, auth: httpx.Auth | None) -> tuple[int, bytes]:
        """Status and content of the answer."""
        headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
        try:
            with (
                httpx.Client(timeout=TIMEOUT, trust_env=False) as client,
                client.stream("POST", url, content=content, headers=headers, auth=auth) as response,
            ):
                said = b""
                for part in response.iter_bytes():
                    said += part
                    if len(said) > LARGEST:
                        raise InputError(f"{self.host}: its answer is longer than {LARGEST:,} bytes")
                return response.status_code, said
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error) or type(error).__name__
            raise InputError(f"{self.host}: it does not answer to ONVIF: {why}; check address and port") from error

    def _at(self, address: str) -> str:
        """The path of a service, on the host that was given."""
        path = urlsplit(address).path if address else self._parts.path
        return urlunsplit((self._parts.scheme, self._parts.netloc, path or self._parts.path, "", ""))

    def _login(self) -> str:
        nonce, created = random.token_bytes(16), f"{datetime.now(UTC) + self._ahead:%Y-%m-%dT%H:%M:%S.000Z}"
        digest = hashlib.sha1(nonce + created.encode() + self._password.encode()).digest()  # as WS-Security wants it
        return LOGIN.format(
            user=escape(self._user),
            digest=base64.b64encode(digest).decode(),
            nonce=base64.b64encode(nonce).decode(),
            created=created,
        )
