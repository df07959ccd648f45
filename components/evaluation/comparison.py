"""Whether evaluations may be compared: what each stands on, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import Any, Literal

from components.contracts import digest_of

Part = Literal["protocol", "chain", "dataset", "registry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraUse:
    """One version of a camera, as an evaluation has used it."""

    camera: str
    version: str
    frames: int  # that were judged
    valid_from: int | None = None  # as the registry said then, fleet time in ns; None: not in the registry
    valid_until: int | None = None  # None: still valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the figures of an evaluation stand on; of two with the same digests only the model, or the tracking, differs."""

    protocol: Mapping[str, Any]  # what was measured and how, such as split and least visibility
    chain: Sequence[Mapping[str, Any]]  # resolved config of the preprocessing steps
    steps: Sequence[str]  # a digest of config and code for each step; () where its code is not here any more
    chain_digest: str
    dataset: str  # digest of the dataset, or of the frames that were judged
    cameras: Sequence[CameraUse]

    @property
    def registry_digest(self) -> str:
        """Of the versions of the cameras."""
        return digest_of(sorted([use.camera, use.version] for use in self.cameras))

    @property
    def protocol_digest(self) -> str:
        return digest_of(dict(self.protocol))

    def digests(self) -> dict[Part, str]:
        frames = {"chain": self.chain_digest, "dataset": self.dataset, "registry": self.registry_digest}
        return {"protocol": self.protocol_digest, **frames}  # type: ignore[dict-item]

    def plain(self) -> dict[str, Any]:
        """For the ledger; `basis_of` takes it back."""
        return {
            **{name: getattr(self, name) for name in ("chain_digest", "dataset")}, "protocol": dict(self.protocol),
            "chain": list(self.chain), "steps": list(self.steps), "cameras": [asdict(use) for use in self.cameras],
        }  # fmt: skip


def basis_of(plain: Mapping[str, Any]) -> Basis:
    """What `Basis.plain` gave."""
    return Basis(**{**plain, "cameras": tuple(CameraUse(**use) for use in plain["cameras"])})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two evaluations differ, said of the first (a) and the second (b)."""

    part: Part
    says: str


Names = tuple[str, str]  # what the first and the second are called


def differences(a: Basis, b: Basis, *, names: Names = ("a", "b")) -> Iterator[Difference]:
    """In the order in which people should look at them."""
    differing = {part for part, digest in a.digests().items() if digest != b.digests()[part]}
    yield from (Difference("protocol", says) for says in _values(a.protocol, b.protocol, names))
    if "chain" in differing:
        yield from (Difference("chain", says) for says in _chains(a, b, names))
    if "dataset" in differing:
        yield from (Difference("dataset", says) for says in _datasets(a, b, names))
    if "registry" in differing:
        yield from (Difference("registry", says) for says in _registries(a, b, names))


def _chains(a: Basis, b: Basis, names: Names) -> Iterator[str]:
    """Steps that only one has, and those whose parameters or code are not the same."""
    said = list(_steps(a, b, names))
    digests = _each(a.chain_digest[:12], b.chain_digest[:12], names)
    known = bool(a.chain or b.chain)
    yield from said or [f"the code of the steps is not the same: {digests}, with the same parameters" if known else digests]


def _steps(a: Basis, b: Basis, names: Names) -> Iterator[str]:
    names_a, names_b = ([str(step.get("_target_", "")) for step in chain] for chain in (a.chain, b.chain))
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, names_a, names_b, autojunk=False).get_opcodes():
        if kind == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                yield from (f"step {i + 1} {_short(names_a[i])}: {says}" for says in _step(a, i, b, j, names))
            continue
        yield from (f"step {i + 1} {_short(names_a[i])} is only in {names[0]}: {_parameters(a.chain[i])}" for i in range(i1, i2))
        yield from (f"step {j + 1} {_short(names_b[j])} is only in {names[1]}: {_parameters(b.chain[j])}" for j in range(j1, j2))


def _step(a: Basis, i: int, b: Basis, j: int, names: Names) -> Iterator[str]:
    said = list(_values(a.chain[i], b.chain[j], names))
    if not said and a.steps and b.steps and a.steps[i] != b.steps[j]:
        said = ["its code, or that of what it imports, is not the same"]
    yield from said


def _datasets(a: Basis, b: Basis, names: Names) -> Iterator[str]:
    yield _each(a.dataset[:12] or "none", b.dataset[:12] or "none", names)
    frames_a, frames_b = _frames(a), _frames(b)
    for camera in sorted({*frames_a, *frames_b}):
        one, other = frames_a.get(camera, 0), frames_b.get(camera, 0)
        if one != other:
            yield f"{camera}: {one:,} frames in {names[0]}, {other:,} in {names[1]} ({other - one:+,})"
    if frames_a == frames_b and frames_a:
        yield "as many frames of each camera, but not the same ones, or not with the same labels"


def _frames(basis: Basis) -> dict[str, int]:
    counts: dict[str, int] = {}
    for use in basis.cameras:
        counts[use.camera] = counts.get(use.camera, 0) + use.frames
    return counts


def _registries(a: Basis, b: Basis, names: Names) -> Iterator[str]:
    """Versions that only one of them has used, camera by camera."""
    uses_a, uses_b = ({(use.camera, use.version): use for use in basis.cameras} for basis in (a, b))
    for key in sorted(uses_a.keys() ^ uses_b.keys()):
        where, use = (names[0], uses_a[key]) if key in uses_a else (names[1], uses_b[key])
        yield f"{key[0]}: version {_use(use)} only in {where}"


def _use(use: CameraUse) -> str:
    if use.valid_from is None:
        return f"{use.version[:12]} (not in the registry, {use.frames:,} frames)"
    until = "now" if use.valid_until is None else _moment(use.valid_until)
    return f"{use.version[:12]} (valid from {_moment(use.valid_from)} until {until}, {use.frames:,} frames)"


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1e9, UTC):%Y-%m-%d %H:%M}"


def _values(a: Mapping[str, Any], b: Mapping[str, Any], names: Names) -> Iterator[str]:
    """Every value that is not the same, by dotted path."""
    flat_a, flat_b = dict(_flat("", a)), dict(_flat("", b))
    for key in [*flat_a, *(key for key in flat_b if key not in flat_a)]:
        one, other = flat_a.get(key, "not there"), flat_b.get(key, "not there")
        if one != other:
            yield f"{key} is {_each(one, other, names)}"


def _each(one: Any, other: Any, names: Names) -> str:
    return f"{one} in {names[0]}, {other} in {names[1]}"


def _flat(at: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(f"{at}.{key}" if at else str(key), item)
    else:
        yield at, value


def _short(target: str) -> str:
    return target.rpartition(".")[2]


def _parameters(step: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in step.items() if key != "_target_") or "no parameters"
