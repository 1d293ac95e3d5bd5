"""The files between the controller and Envoy: replaced by a rename, so that Envoy never sees half of one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from slipway_gateway import bootstrap as envoy
from slipway_gateway import listening, tls
from slipway_gateway.listening import Ground, Shape
from slipway_gateway.model import Json


class Files:
    """Writes Envoy's configuration below one directory."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        self.endpoints_directory = self.directory / envoy.ENDPOINTS_DIRECTORY

    def initialise(self, bootstrap: Json, ground: Ground) -> None:
        """The state before the first listing: no Mapping is served and check_ready says so.

        Also after a reboot, when an older state lies here: its addresses are of pods that are gone.
        """
        self.endpoints_directory.mkdir(parents=True, exist_ok=True)
        for old in self.endpoints_directory.iterdir():
            old.unlink()
        self.write_clusters("none", [])
        self.write_routes("none", envoy.route_configuration([], ready=False))
        self._write(self.directory / envoy.GROUND_FILE, ground.to_json())
        self.write_listeners("none", Shape())
        if ground.tls is not None:
            certificate = tls.certificate(ground.tls)
            self._write(self.directory / envoy.CERTIFICATE_FILE, envoy.discovery("", envoy.SECRET_TYPE, [certificate]))
        self._write(self.directory / envoy.BOOTSTRAP_FILE, bootstrap)

    def clusters(self) -> dict[str, Json]:
        """What an earlier controller wrote, by name: Envoy's present routes may still use it."""
        try:
            resources = json.loads((self.directory / envoy.CLUSTERS_FILE).read_text())["resources"]
        except (OSError, ValueError, KeyError):
            return {}
        return {item["name"]: {key: item[key] for key in item if key != "@type"} for item in resources}

    def write_listeners(self, version: str, shape: Shape) -> None:
        """On the ground that the init container found."""
        ground = listening.ground_of(json.loads((self.directory / envoy.GROUND_FILE).read_text()))
        found = listening.listeners(ground, shape)
        self._write(self.directory / envoy.LISTENERS_FILE, envoy.discovery(version, envoy.LISTENER_TYPE, found))

    def write_routes(self, version: str, routes: Json) -> None:
        self._write(self.directory / envoy.ROUTES_FILE, envoy.discovery(version, envoy.ROUTE_TYPE, [routes]))

    def write_clusters(self, version: str, clusters: Iterable[Json]) -> None:
        found = [envoy.with_discovery(cluster, str(self.directory)) for cluster in clusters]
        self._write(self.directory / envoy.CLUSTERS_FILE, envoy.discovery(version, envoy.CLUSTER_TYPE, found))

    def write_endpoints(self, name: str, assignment: Json) -> None:
        document = envoy.discovery("", envoy.ENDPOINT_TYPE, [assignment])
        self._write(self.endpoints_directory / f"{name}.json", document)

    def keep_endpoints(self, names: Iterable[str]) -> None:
        """Removes the endpoints of every other cluster."""
        keep = {f"{name}.json" for name in names}
        for path in self.endpoints_directory.iterdir():
            if path.name not in keep:
                path.unlink(missing_ok=True)

    @staticmethod
    def _write(path: Path, document: Json) -> None:
        # A name with a leading dot in the same directory: Envoy watches for the final name only.
        temporary = path.with_name(f".{path.name}.new")
        # Keys of TLSContexts may be inside; Envoy has the same user.
        temporary.touch(0o600)
        temporary.write_text(json.dumps(document, separators=(",", ":")))
        temporary.replace(path)
