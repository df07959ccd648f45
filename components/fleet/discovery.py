"""Who is a camera on this network: WS-Discovery over multicast, as ONVIF wants it."""

from __future__ import annotations

import socket
import time
import uuid

from components.contracts import InputError
from components.fleet.profiles import Match, matches_of, parsed

GROUP = ("239.255.255.250", 3702)
TIMES = 2  # that the question is sent: datagrams get lost
PROBE = (  # with names on the outermost element and the usual prefix, as not all cameras read XML as XML
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>'
    '<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action><a:MessageID>{id}</a:MessageID>'
    "<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"
    '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body>'
    "<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"
)


def discover(seconds: float, *, interface: str = "", group: tuple[str, int] = GROUP) -> list[Match]:
    """Cameras that answer within `seconds`, each once, in order of their address.

    `interface` is the address of this machine on the network to ask; empty: the one that the system chooses. Raises InputError
    where nothing can be sent.
    """
    number = f"uuid:{uuid.uuid4()}"
    found: dict[tuple[str, ...], Match] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        try:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
            if interface:
                sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
            for _ in range(TIMES):
                sender.sendto(PROBE.format(id=number).encode(), group)
        except OSError as error:
            raise InputError(
                f"imports.discover: cannot ask the network: {error.strerror or error}; set imports.interface to this "
                "machine's address there, or name the cameras with imports.hosts=[10.0.0.11]"
            ) from error
        for answer in _answers(sender, time.monotonic() + seconds):
            found |= {one.addresses: one for one in _matches(answer) if one.addresses and one.answers in ("", number)}
    return [found[key] for key in sorted(found)]


def _answers(listener: socket.socket, end: float) -> list[bytes]:
    answers = []
    while (left := end - time.monotonic()) > 0:
        listener.settimeout(left)
        try:
            answers.append(listener.recv(65536))
        except OSError:  # the time is over, or somebody does not listen where we asked
            continue
    return answers


def _matches(answer: bytes) -> list[Match]:
    """What is no answer to a probe is none of ours."""
    try:
        return list(matches_of(parsed(answer, who="discovery")))
    except InputError:
        return []
