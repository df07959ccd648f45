"""From a few overrides to a plain config, the same on the command line, in a sweep and in Prefect; and the way into a flow."""

from __future__ import annotations

import difflib
import logging
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import hydra
import yaml
from hydra._internal.utils import get_args_parser
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import plugins
from components import secrets
from components.contracts import InputError
from flows import _help, _profiles, _resolved
from flows._origins import Origins

CONF = str(Path(__file__).resolve().parents[1] / "conf")
REFUSED = 2  # exit code: something in the config or the input is wrong
INTERRUPTED = 130
FAILED = 1  # exit code: the run was begun and did not succeed

PASSWORD = re.compile(r"://[^/@\s:]*:[^@\s?]+@|[?&;](password|pwd|sslpassword|odbc_connect)=", re.IGNORECASE)

Flow = Callable[..., Any]


class PluginConfigs(SearchPathPlugin):
    """Every plugin may bring a conf/ of its own."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for plugin in plugins.found():
            if plugin.conf.is_dir():
                search_path.append(provider=plugin.package, path=f"file://{plugin.conf}")


Plugins.instance().register(PluginConfigs)
OmegaConf.register_new_resolver("secret", secrets.looked_up, replace=True)


@contextmanager
def initialized() -> Iterator[None]:
    """Hydra, ready to compose."""
    if GlobalHydra.instance().is_initialized():
        yield
    else:
        with hydra.initialize_config_dir(CONF, version_base="1.3"):
            yield


def compose(
    name: str, overrides: Sequence[str], *, missing: bool = False, values: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The config `name` with `overrides` on top, resolved, with no trace of OmegaConf; values may be `missing` (???) if said so.

    `values` are put in place before anything that refers to them is resolved.
    Raises InputError that names the word which does not fit, and what would.
    """
    try:
        with initialized():
            cfg = hydra.compose(name, list(overrides))
            for path, value in values.items():
                OmegaConf.update(cfg, path, value, merge=False)
            raw = OmegaConf.to_container(cfg)  # nothing is resolved, which takes long for a large fleet
            said = list(_flat(raw, ""))
            if not missing and (absent := sorted(path for path, value in said if value == "???")):
                raise InputError(_missing(name, absent))
            origins = Origins(name, overrides)
            _no_login(said, origins)
            _resolved.put_in(cfg, raw, origins.of)
            plain = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=not missing)
    except InputError:
        raise
    except yaml.YAMLError as error:
        raise InputError(f"{_place(error)}; correct the file there") from error
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise InputError(explain(error, name, overrides)) from error
    assert isinstance(plain, dict)
    config = {str(key): value for key, value in plain.items() if key != "hydra"}
    _profiles.settle(config)
    _no_password([f"database.url={_url(config.get('database'))}"])
    secrets.refuse_in(config)
    if endless := [path for path, value in _flat(config, "") if isinstance(value, float) and not math.isfinite(value)]:
        raise InputError(f"{', '.join(endless)}: not a finite number; a config has to have a digest, so give a number or null")
    return config


def _no_login(said: Sequence[tuple[str, Any]], origins: Origins) -> None:
    """Raise InputError for a password of a camera that stands in the fleet itself."""
    for path, value in said:
        if isinstance(value, str) and path.startswith("fleet.") and secrets.told(value):
            raise InputError(f"{origins.of(path)} has a password in it, and configs are written down; {secrets.CAMERAS}")


def _url(database: Any) -> str:
    return str(database.get("url", "")) if isinstance(database, dict) else ""


def _no_password(words: Sequence[str]) -> None:
    """Raise InputError for one in the URL of the database: words and configs are written down, in run folders and MLflow."""
    if any(word.lstrip("+").startswith("database.url=") and PASSWORD.search(word) for word in words):
        raise InputError(
            "database.url has a password in it, and configs are written down; take it out, set the environment variable "
            "DATABASE_PASSWORD to it, and database.password_variable=DATABASE_PASSWORD where the option does not say so"
        )


def _place(error: yaml.YAMLError) -> str:
    """File, line, and what is wrong there."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"not valid YAML: {' '.join(str(error).split())}"
    return f"{mark.name}:{mark.line + 1}: not valid YAML: {getattr(error, 'problem', '')}"


def _missing(name: str, keys: Sequence[str]) -> str:
    return f"{name} needs a value for {', '.join(keys)}; add {' '.join(f'{key}=...' for key in keys)}"


def explain(error: Exception, name: str, overrides: Sequence[str]) -> str:
    """What Hydra found wrong, in one message with the nearest thing that exists."""
    text = "\n".join(filter(None, [str(error), str(error.__cause__ or "")]))
    if option := re.search(r"Could not find '([^']+)/([^'/]+)'", text):
        group, word = option.groups()
        known = options().get(group, [])
        choice = f"{group} is one of {', '.join(known)}" if known else f"{group} has none yet"
        return f"{group}={word}: there is no such option{_nearest(word, known)}; {choice}"
    if unknown := re.search(r"Could not override '([^']+)'|Key '([^']+)' is not in struct", text):
        path = unknown.group(1) or unknown.group(2)
        near = _nearest(path, _keys(name, overrides, path))
        added = f"+{path}=... adds one that the YAML leaves out"
        return f"{path}: there is no such key in {name}{near}; `--cfg job` prints all of them, {added}"
    if several := re.search(r"Ambiguous value for argument '([^=]+)=(.+)'", text):
        key, values = several.groups()
        return f"{key}={values}: several values; write {key}=[{values}] for a list, or add -m to run one after the other"
    if wrong := [word for word in overrides if not _readable(word)]:
        return f"{wrong[0]!r} cannot be read; expected group=option or key=value, with quotes around special characters"
    return " ".join(text.split("\nset HYDRA_FULL_ERROR")[0].split())


def _readable(word: str) -> bool:
    """Whether an override has the form of one."""
    try:
        OverridesParser.create().parse_override(word)
    except HydraException:
        return False
    return bool(word.strip("+~="))


def _nearest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _keys(name: str, overrides: Sequence[str], wrong: str) -> list[str]:
    """Every key path of the config without the word that does not fit."""
    rest = [word for word in overrides if not word.lstrip("+~").startswith(wrong)]
    try:
        with initialized():
            return [path for path, _ in _flat(OmegaConf.to_container(hydra.compose(name, rest), resolve=False), "")]
    except (HydraException, OmegaConfBaseException):
        return []


def _flat(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """Every key path below `value`, elements of lists included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        path = f"{at}.{key}" if at else str(key)
        yield path, item
        yield from _flat(item, path)


def folders() -> list[Path]:
    """Every folder of configs: ours, then those of plugins."""
    return [Path(CONF), *(plugin.conf for plugin in plugins.found())]


def options() -> dict[str, list[str]]:
    """Every config group and its options, those of plugins included."""
    found: dict[str, set[str]] = {}
    for conf in folders():
        for file in conf.glob("*/*.yaml"):
            found.setdefault(file.parent.name, set()).add(file.stem)
    return {group: sorted(names) for group, names in sorted(found.items())}


def command(flow: Flow) -> Callable[[], None]:
    """The command line of `flow`, whose root config has its name."""
    name = flow.__name__

    def main() -> None:
        sys.argv[1:] = _spelled_out(name, sys.argv[1:])
        said = get_args_parser().parse_args()
        if said.help:
            print(_help.text(Path(CONF), name, sys.modules[flow.__module__].__doc__ or "", options()))
            return
        only_shows = bool(said.cfg or said.info or said.hydra_help or said.shell_completion)
        try:
            _no_password(said.overrides)  # before Hydra writes them down
            secrets.refuse_words(said.overrides)
            if said.multirun and not only_shows:
                swept(name, said.overrides)
                return
            if not said.multirun:  # a typo costs a second, not a run folder; what is only shown may lack values
                compose(name, said.overrides, missing=only_shows)
            os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands us its errors instead of printing them
            hydra.main(version_base="1.3", config_path=CONF, config_name=name)(job)()
        except (HydraException, OmegaConfBaseException, InputError, OSError) as error:
            print(f"error: {_sentence(error, name, said.overrides)}", file=sys.stderr)
            sys.exit(REFUSED)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    def job(_: DictConfig) -> Any:
        from flows import _run

        config = HydraConfig.get()
        logging.captureWarnings(True)
        logging.raiseExceptions = False  # where the disk of the log is full, there is no room for a trace either
        words = OmegaConf.to_container(config.overrides.task, resolve=False)  # what comes from the environment stays there
        assert isinstance(words, list)
        outcome = _run.start(flow, tuple(map(str, words)), Path(config.runtime.output_dir))
        if outcome.code:
            sys.exit(outcome.code)
        return outcome.objective

    job.__module__ = f"flows.{name}"  # Hydra names the run's folder and the help after it
    return main


def _spelled_out(name: str, words: Sequence[str]) -> list[str]:
    """A word alone is short for what the flow is to do: `verify` for do=verify, or for verify=all where that is a key."""
    keys = re.findall(r"^(\w+):", (Path(CONF) / f"{name}.yaml").read_text(), flags=re.MULTILINE)
    long = {word: f"{word}=all" for word in keys} if "do" not in keys else {}
    return [
        (f"do={word}" if "do" in keys else long.get(word, word)) if word.isidentifier() and not before.startswith("-") else word
        for before, word in zip(("", *words), words, strict=False)  # what follows a flag may be its value
    ]


def swept(name: str, words: Sequence[str]) -> None:
    """Carry out `-m words` of the flow `name`: flows.sweep with the words that say so."""
    from flows import _space
    from flows.sweep import main

    if name == "sweep":
        raise InputError("flows.sweep is a sweep already; leave -m out, or write python -m flows.train -m ...")
    sys.argv[1:] = _space.sweep_words(name, words)
    main()


def _sentence(error: Exception, name: str, overrides: Sequence[str]) -> str:
    match error:
        case InputError():
            return str(error)
        case OSError():
            place = error.filename or os.environ.get("RUNS", "runs")
            return f"cannot write {place}: {error.strerror or error}; set RUNS to a folder that you may write and that has space"
    return explain(error, name, overrides)
