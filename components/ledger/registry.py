"""Model versions: added once, put in charge by alias, fetched with their checksums verified."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.contracts import InputError, file_digest
from components.ledger.connection import MlflowClient, MlflowException

from mlflow.artifacts import download_artifacts  # isort: skip  # after the switches

ANCHOR = "charge.head"  # the tag of a model
MODEL = "model"  # where a run keeps the files of its version
URI = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+|latest))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What an alias means now, and meant before."""

    name: str
    version: str
    alias: str
    previous: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A model version on this machine, verified."""

    name: str
    version: str
    folder: Path  # model.onnx, weights.safetensors, model.json
    digests: dict[str, str]  # cameras, chain, dataset, config
    sums: Mapping[str, str] = field(default_factory=dict)  # sha256 of every file that belongs to it, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a registered model version was made of."""

    model: str  # name and number, such as staff_detector/3
    run: str
    dataset: str  # digest
    aliases: tuple[str, ...]  # what it is at the moment, such as champion


class Registry:
    """The model registry behind `client`."""

    def __init__(self, client: MlflowClient, *, uri: str) -> None:
        self._client, self._uri = client, uri

    def version_of(self, run: str) -> str | None:
        """The version that `run` registered."""
        found = self._client.search_model_versions(f"run_id = '{run}'")
        return str(found[0].version) if found else None

    def add(self, name: str, run: str, source: str, tags: dict[str, str], description: str = "") -> str:
        """The version of `name` that `run` has registered, by now; `description` is its card in words."""
        known = self.version_of(run)
        if known is not None:
            return known
        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise InputError(f"model name {name!r}: {error.message}") from None
        made = self._client.create_model_version(name, source, run_id=run, tags=tags, description=description or None)
        return str(made.version)

    def describe(self, model: str, heading: str, text: str) -> None:
        """The part of a version's description below `heading` is `text` (Markdown) from now on; the others stay."""
        name, _, number = model.rpartition("/")
        known = self._version(name, number, f"models:/{model}").description or ""
        self._client.update_model_version(name, number, with_part(known, heading, text))

    def attach(self, name: str, version: str, folder: Path, names: Sequence[str]) -> None:
        """Files of `folder` become files of a version, the first of `names` last: who sees that one has them all.

        Raises InputError where the version has one of them already, with other content: what was registered never changes.
        """
        found = self._version(name, version, f"models:/{name}/{version}")
        sums = {file: file_digest(folder / file) for file in names}
        if changed := [file for file in names if found.tags.get(f"sha256.{file}", sums[file]) != sums[file]]:
            raise InputError(f"model {name}/{version}: {', '.join(changed)} is there with other content, which never changes")
        for file in reversed(names):
            self._client.log_artifact(found.run_id, str(folder / file), MODEL)
            self._client.set_model_version_tag(name, version, f"sha256.{file}", sums[file])

    def lineages(self) -> list[Lineage]:
        """Every version of every model, by name and number."""
        aliases = {model.name: dict(model.aliases) for model in self._pages(self._client.search_registered_models)}
        found = [_lineage(version, aliases.get(version.name, {})) for version in self._pages(self._client.search_model_versions)]
        return sorted(found, key=lambda each: (each.model.rpartition("/")[0], int(each.model.rpartition("/")[2])))

    @staticmethod
    def _pages(search: Callable[..., Any]) -> Iterator[Any]:
        """What MLflow gives page by page."""
        token = None
        while token != "":
            page = search(page_token=token)
            yield from page
            token = page.token or ""

    def promote(self, name: str, version: str, alias: str) -> Promotion:
        version = self.number(name, version)
        previous = self._aliases(name).get(alias)
        if previous != version:
            self._client.set_registered_model_alias(name, alias, version)
        return Promotion(name=name, version=version, alias=alias, previous=previous)

    def number(self, name: str, version: str) -> str:
        """`version` where there is such a version of `name`, the newest for `latest`. Raises InputError where there is none."""
        version = self._latest(name) if version == "latest" else version
        self._version(name, version, f"models:/{name}/{version}")
        return version

    def digests(self, name: str, version: str) -> dict[str, str]:
        """What a version was registered with."""
        return _digests(self._version(name, version, f"models:/{name}/{version}"))

    def means(self, name: str, alias: str) -> str:
        """The version that an alias of `name` means now; empty where it means none."""
        return self._aliases(name).get(alias, "")

    def anchor(self, name: str, head: str) -> None:
        """Note down, beside the versions of `name`, where a ledger that is kept elsewhere ended."""
        self._client.set_registered_model_tag(name, ANCHOR, head)

    def anchors(self) -> dict[str, str]:
        """What was noted down so, by model."""
        found = self._pages(self._client.search_registered_models)
        return {model.name: str(model.tags[ANCHOR]) for model in found if ANCHOR in model.tags}

    def fetch(self, uri: str, folder: Path) -> Resolved:
        match = URI.fullmatch(uri)
        if match is None:
            raise InputError(f"model {uri}: expected models:/name@alias, models:/name/3 or models:/name/latest.")
        name = match["name"]
        number = self._latest(name) if match["version"] == "latest" else match["version"]
        number = number or self._aliases(name, uri).get(match["alias"])
        if number is None:
            raise InputError(
                f"model {uri}: {name} has no alias {match['alias']!r}, only {sorted(self._aliases(name)) or 'none'}; "
                f"python -m flows.promote alias={match['alias']} sets it."
            )
        found = self._version(name, number, uri)
        place = folder / name / number
        sums = {key.removeprefix("sha256."): value for key, value in found.tags.items() if key.startswith("sha256.")}
        if _wrong(place, sums):
            self._download(found.source, place, f"{name}/{number}", sums)
        return Resolved(name=name, version=number, folder=place, digests=_digests(found), sums=sums)

    def _download(self, source: str, place: Path, name: str, sums: Mapping[str, str]) -> None:
        """The files of `source` in `place`, whole and verified or not at all."""
        part = place.with_name(f"{place.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            fetched = Path(download_artifacts(artifact_uri=source, dst_path=str(part), tracking_uri=self._uri))
        except (MlflowException, OSError) as error:
            shutil.rmtree(part)
            raise InputError(
                f"model {name}: its files are not at {source} any more ({error}); promote another version."
            ) from None
        wrong = _wrong(fetched, sums)
        if wrong:
            shutil.rmtree(part)
            raise InputError(
                f"model {name}: {', '.join(wrong)} at {source} missing or not what was registered; "
                "it is not used. Promote another version."
            )
        shutil.rmtree(place, ignore_errors=True)
        fetched.rename(place)
        shutil.rmtree(part, ignore_errors=True)

    def _latest(self, name: str) -> str:
        """The newest version of `name`. Raises InputError where there is none."""
        known = self._known(name)
        if not known:
            raise InputError(f"model {name}: {_list(name, known)}")
        return str(known[-1])

    def _known(self, name: str) -> list[int]:
        return sorted(int(version.version) for version in self._client.search_model_versions(f"name = '{name}'"))

    def _version(self, name: str, version: str, uri: str) -> Any:
        try:
            return self._client.get_model_version(name, version)
        except MlflowException:
            raise InputError(f"model {uri}: no such version; {_list(name, self._known(name))}") from None

    def _aliases(self, name: str, uri: str = "") -> dict[str, str]:
        try:
            return {alias: str(version) for alias, version in self._client.get_registered_model(name).aliases.items()}
        except MlflowException:
            raise InputError(f"model {uri or name}: {_list(name, [])}") from None


def with_part(description: str, heading: str, text: str) -> str:
    """`description` with `text` below `## heading`, in the place of what stood there, else at its end."""
    parts = re.split(r"(?m)^(?=## )", description.rstrip() + "\n") if description.strip() else []
    new = f"## {heading}\n\n{text.strip()}\n"
    there = [part.startswith(f"## {heading}\n") for part in parts]
    parts = [new if own else part for part, own in zip(parts, there, strict=True)] + ([] if any(there) else [new])
    return "\n".join(part.strip() + "\n" for part in parts)


def _lineage(version: Any, aliases: Mapping[str, Any]) -> Lineage:
    number = str(version.version)
    names = sorted(alias for alias, meant in aliases.items() if str(meant) == number)
    dataset = version.tags.get("digest.dataset", "")
    return Lineage(model=f"{version.name}/{number}", run=str(version.run_id), dataset=dataset, aliases=tuple(names))


def _digests(version: Any) -> dict[str, str]:
    return {key.removeprefix("digest."): value for key, value in version.tags.items() if key.startswith("digest.")}


def _wrong(folder: Path, sums: Mapping[str, str]) -> list[str]:
    """The files of `folder` that are missing or have another sha256."""
    return [name for name, wanted in sums.items() if not (folder / name).is_file() or file_digest(folder / name) != wanted]


def _list(name: str, known: list[int]) -> str:
    if not known:
        return f"nothing is registered as {name!r}; python -m flows.train makes models (model=role_... and reid_... other kinds)."
    return f"{name} has the versions {', '.join(map(str, known))}."
