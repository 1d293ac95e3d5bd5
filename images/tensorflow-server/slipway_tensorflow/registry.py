"""The models in memory: follows the directories, swaps versions without a gap, and knows why one is not served."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from slipway_tensorflow import versions
from slipway_tensorflow.errors import BadStart, ServingError, code_of, invalid
from slipway_tensorflow.paths import Which
from slipway_tensorflow.versions import ModelConfig

if TYPE_CHECKING:  # tests have no TensorFlow, and need none
    from slipway_tensorflow.model import Model

log = logging.getLogger("slipway.tensorflow")

Fingerprint = frozenset[tuple[str, int, int]]
#: (name, version, directory) → the loaded model.
Load = Callable[[str, int, str], "Model"]


@dataclass(frozen=True)
class State:
    """Of a version: upstream's name of the state, and what went wrong with it."""

    state: str
    code: str = "OK"
    message: str = ""


@dataclass
class Entry:
    """A model's versions: those in memory, the state of each that was ever seen, and the files of the broken ones."""

    config: ModelConfig
    serving: dict[int, Model] = field(default_factory=dict)
    states: dict[int, State] = field(default_factory=dict)
    broken: dict[int, Fingerprint] = field(default_factory=dict)
    said: str = ""


class Registry:
    """One thread calls ``configure`` and ``step``; any may ask: what readers see is replaced, not changed."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()

    def configure(self, configs: Sequence[ModelConfig]) -> None:
        """These models from now on; what stays by name keeps its versions until ``step``."""
        with self._lock:
            entries = {}
            for config in configs:
                entry = self._entries.get(config.name)
                if entry is None or entry.config.base_path != config.base_path:
                    entry = Entry(config)
                entry.config = config
                entries[config.name] = entry
            self._entries = entries
        gc.collect()

    def step(self) -> None:
        """Look at the directories once, and load and unload what follows."""
        for entry in list(self._entries.values()):
            with self._lock:
                self._follow(entry)

    def settled(self) -> bool:
        """Every model has a version that is served. Raises BadStart where one cannot have: nothing else is there."""
        for entry in self._entries.values():
            if not entry.serving and entry.broken:
                version = max(entry.broken)
                raise BadStart(
                    f"version {version} of model {entry.config.name} cannot be loaded: {entry.states[version].message}"
                )
            if not entry.serving and (Path(entry.config.base_path) / "saved_model.pb").is_file():
                raise BadStart(
                    f"{entry.config.base_path} has saved_model.pb itself: put each version into a directory whose name "
                    "is its number, as in 1/saved_model.pb."
                )
        return all(entry.serving for entry in self._entries.values())

    def model(self, which: Which) -> Model:
        """The version that is asked for; raises ServingError as TensorFlow Serving answers."""
        if not which.name:
            raise invalid("ModelSpec has no name specified.")
        entry = self._entries.get(which.name)
        version = self._version(which, entry)
        asked = f"Latest({which.name})" if version is None else f"Specific({which.name}, {version})"
        serving = entry.serving if entry else {}
        if not serving or (version is not None and version not in serving):
            raise ServingError("NOT_FOUND", f"Servable not found for request: {asked}")
        return serving[max(serving) if version is None else version]

    def states(self, which: Which) -> dict[int, State]:
        """Version → state, of all versions or the one that is asked for."""
        entry = self._entries.get(which.name)
        version = self._version(which, entry)
        states = dict(sorted(entry.states.items(), reverse=True)) if entry else {}
        if version is not None:
            if version not in states:
                raise ServingError("NOT_FOUND", f"Could not find version {version} of model {which.name}")
            return {version: states[version]}
        if not states:
            raise ServingError("NOT_FOUND", f"Could not find any versions of model {which.name}")
        return states

    def _version(self, which: Which, entry: Entry | None) -> int | None:
        if which.label is None:
            return which.version
        if entry is None or which.label not in entry.config.labels:
            raise invalid(f"Unrecognized servable version label: {which.label}")
        return entry.config.labels[which.label]

    def _follow(self, entry: Entry) -> None:
        base = Path(entry.config.base_path)
        try:
            there = versions.numbered(p.name for p in base.iterdir() if p.is_dir())
        except OSError as error:
            # As upstream: a directory that cannot be read for a while takes no version away.
            self._say(entry, f"the base path of model {entry.config.name} cannot be read: {error}")
            return
        if not there:
            self._say(entry, f"no version of model {entry.config.name} is below {base}: name its directory by a number")
        wanted = versions.aspired(there, entry.config.policy)
        prints = {v: fingerprint(base / there[v]) for v in entry.broken if v in there}
        entry.broken = {v: p for v, p in entry.broken.items() if prints.get(v) == p}
        while (plan := versions.plan(wanted, set(entry.serving), set(entry.broken))) != versions.Plan():
            for version in plan.load:
                self._bring(entry, version, base / there[version])
            for version in plan.unload:
                entry.serving = {v: m for v, m in entry.serving.items() if v != version}
                entry.states = {**entry.states, version: State("END")}
                log.info("model %s: version %d is unloaded", entry.config.name, version)
        gc.collect()

    def _bring(self, entry: Entry, version: int, directory: Path) -> None:
        before = fingerprint(directory)
        entry.states = {**entry.states, version: State("LOADING")}
        try:
            model = self._load(entry.config.name, version, str(directory))
        except Exception as error:  # TensorFlow raises anything on files that are not a model's
            message = str(getattr(error, "message", "") or error) or type(error).__name__
            state = State("END", code_of(getattr(error, "error_code", 2)), message)
            entry.broken = {**entry.broken, version: before}
            log.error("model %s: version %d cannot be loaded: %s", entry.config.name, version, message)
        else:
            state = State("AVAILABLE")
            entry.serving = {**entry.serving, version: model}
            log.info("model %s: version %d is served", entry.config.name, version)
        entry.states = {**entry.states, version: state}

    def _say(self, entry: Entry, sentence: str) -> None:
        if entry.said != sentence:  # once, not at every look
            log.warning("%s", sentence)
        entry.said = sentence


def fingerprint(directory: Path) -> Fingerprint:
    """Name, size and time of each file: a broken version is tried again when they are others."""
    found = set()
    for file in directory.rglob("*"):
        try:
            stat = file.stat()
        except OSError:  # gone meanwhile
            continue
        found.add((str(file.relative_to(directory)), stat.st_size, stat.st_mtime_ns))
    return frozenset(found)
