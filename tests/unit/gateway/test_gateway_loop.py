"""The loop against an API server of a few lines: listings, statuses, what a broken watch missed, trying again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import kopf
import pytest
from aiohttp import web
from slipway_controller.api import Api
from slipway_gateway.bootstrap import route_configuration
from slipway_gateway.gateway import Gateway
from slipway_gateway.objects import MAPPINGS_PATH, OTHER_KINDS, SERVICES_PATH, SLICES_PATH, listing_path
from slipway_gateway.validate import _key
from slipway_gateway.web import Web

OTHERS = [listing_path(kind) for kind in OTHER_KINDS if kind != "DevPortal"]


class Server:
    """Keeps objects by path; patches of statuses and created Events are remembered."""

    def __init__(self) -> None:
        self.version = 100
        self.objects: dict[str, dict[str, Any]] = {MAPPINGS_PATH: {}, SERVICES_PATH: {}, SLICES_PATH: {}}
        self.objects |= {path: {} for path in OTHERS}
        self.statuses: list[tuple[str, Any]] = []
        self.events: list[Any] = []
        self.down = False
        self.watch: Callable[[str, Any], None] = lambda path, obj: None

    def put(self, path: str, name: str, **rest: Any) -> Any:
        self.version += 1
        meta = {"namespace": "team", "name": name, "resourceVersion": str(self.version), "generation": 1, "uid": name}
        obj = {"metadata": meta | rest.pop("metadata", {}), **rest}
        self.objects[path][name] = obj
        return obj

    def mapping(self, name: str, **spec: Any) -> Any:
        return self.put(MAPPINGS_PATH, name, spec={"service": "web", **spec})

    @web.middleware
    async def outage(self, request: web.Request, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        return web.json_response({"message": "down"}, status=500) if self.down else await handler(request)

    async def list(self, request: web.Request) -> web.Response:
        items = list(self.objects[request.path].values())
        limit, start = int(request.query["limit"]), int(request.query.get("continue", 0))
        more = str(start + limit) if start + limit < len(items) else ""
        meta = {"resourceVersion": str(self.version), "continue": more}
        return web.json_response({"metadata": meta, "items": items[start : start + limit]})

    async def patch(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await request.json()
        self.statuses.append((name, body["status"]))
        path = request.path.replace("/namespaces/team", "").rpartition(f"/{name}/")[0]
        found = self.objects[path][name]
        status = {key: value for key, value in body["status"].items() if value is not None}
        self.version += 1
        meta = found["metadata"] | {"resourceVersion": str(self.version)}
        self.objects[path][name] = found | {"metadata": meta, "status": status}
        self.watch(path, self.objects[path][name])
        return web.json_response({})

    async def secret(self, request: web.Request) -> web.Response:
        return web.json_response({"message": "no"}, status=403)

    async def event(self, request: web.Request) -> web.Response:
        self.events.append(await request.json())
        return web.json_response({}, status=201)

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self.outage])
        for path in self.objects:
            app.router.add_get(path, self.list)
        for path in (MAPPINGS_PATH, *OTHERS):
            app.router.add_patch(f"{'/namespaces/team/'.join(path.rsplit('/', 1))}/{{name}}/status", self.patch)
        app.router.add_get("/api/v1/namespaces/team/secrets/{name}", self.secret)
        app.router.add_post("/api/v1/namespaces/team/events", self.event)
        return app


@asynccontextmanager
async def running(edge: Any, server: Server) -> AsyncIterator[Gateway]:
    """The loop with the API server and the real Envoy."""
    runner = web.AppRunner(server.application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    api = Api("test", lambda: kopf.ConnectionInfo(server=f"http://127.0.0.1:{port}", scheme="Bearer", token="secret"))
    gateway = Gateway(api, edge.acceptance, edge.rollout)
    stores = {listing_path(kind): store for kind, store in gateway.others.items()} | {MAPPINGS_PATH: gateway.mappings}
    server.watch = lambda path, obj: gateway.event(stores[path], {"type": "MODIFIED", "object": obj})
    task = asyncio.create_task(gateway.run())
    try:
        yield gateway
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await api.close()
        await runner.cleanup()


async def until(true: Callable[[], Any], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def status(edge: Any, path: str) -> int:
    return int((await asyncio.to_thread(edge.get, path)).status)


def populated(upstream: Any) -> Server:
    server = Server()
    labels = {"kubernetes.io/service-name": "web"}
    server.put(SERVICES_PATH, "web", spec={"ports": [{"port": 80, "name": "http"}]})
    server.put(
        SLICES_PATH,
        "web-1",
        metadata={"labels": labels},
        addressType="IPv4",
        ports=[{"name": "http", "port": upstream.port}],
        endpoints=[{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
    )
    return server


def test_from_the_first_listing_to_a_deletion_that_the_watch_missed(
    edge: Any, upstream: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    server = populated(upstream("web"))
    server.mapping("good", prefix="/a/")
    server.mapping("bad", prefix="/(", prefix_regex=True)

    async def story() -> None:
        async with running(edge, server) as gateway:
            await until(lambda: len(server.statuses) == 2)
            assert gateway.synced
            assert await status(edge, "/a/") == 200
            said = dict(server.statuses)
            assert said["good"] == {"state": "Running", "reason": None, "observedGeneration": 1}
            assert said["bad"]["state"] == "Inactive"
            (event,) = server.events
            assert event["involvedObject"]["name"] == "bad"
            assert "no regular expression" in event["message"]

            gateway.event(gateway.mappings, {"type": "ADDED", "object": server.mapping("new", prefix="/n/")})
            await until(lambda: len(server.statuses) == 3)
            assert await status(edge, "/n/") == 200
            assert "served: Mapping team/good\n" in caplog.text
            assert "served: Mapping team/new\n" in caplog.text

            # The watch breaks; meanwhile a Mapping goes. kopf lists again and shows what there is: not what went.
            del server.objects[MAPPINGS_PATH]["new"]
            server.version += 1
            web_service = server.objects[SERVICES_PATH]["web"]
            gateway.event(gateway.services, {"type": None, "object": web_service})
            await until(lambda: ("team", "new") not in gateway.mappings.values())
            await until(lambda: edge.get("/n/").status == 404)
            assert len(server.statuses) == 3
            assert len(server.events) == 1

    asyncio.run(story())


def test_what_went_wrong_for_a_moment_does_not_last(edge: Any, upstream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway_gateway.gateway.RESYNC", 0.5)
    monkeypatch.setattr("slipway_gateway.gateway.PRUNE_AFTER", 0.2)
    server = populated(upstream("web"))
    server.mapping("a", prefix="/a/")
    server.mapping("b", prefix="/b/")

    async def story() -> None:
        async with running(edge, server) as gateway:
            await until(lambda: len(server.statuses) == 2)
            # An object that the store has lost, and a Mapping that was blamed wrongly.
            gateway.mappings.replace(
                [item for name, item in server.objects[MAPPINGS_PATH].items() if name != "a"], 10**9
            )
            (blamed,) = [item.document for item in gateway.mappings]
            edge.acceptance._bad[_key(blamed)] = "a bad moment"
            # And files that somebody else wrote: Envoy runs what the controller does not know.
            edge.files.write_routes("strange", route_configuration([], ready=True))
            for path in ("/a/", "/b/"):
                async with asyncio.timeout(30):
                    while await status(edge, path) != 200:
                        await asyncio.sleep(0.1)

    asyncio.run(story())


def test_objects_of_other_kinds_are_watched_and_told_what_becomes_of_them(edge: Any, upstream: Any) -> None:
    """And a kind that the cluster does not have (here: DevPortal) holds nothing up."""
    server = populated(upstream("web"))
    server.mapping("m", prefix="/a/")
    server.put(listing_path("ConsulResolver"), "far", spec={"address": "consul:8500"})

    async def story() -> None:
        async with running(edge, server) as gateway:
            await until(lambda: len(server.statuses) == 2)
            assert dict(server.statuses)["far"]["state"] == "Inactive"
            (event,) = server.events
            assert (event["involvedObject"]["kind"], event["reason"]) == ("ConsulResolver", "ConsulResolverInactive")
            assert await status(edge, "/a/") == 200
            door = server.put(listing_path("AuthService"), "door", spec={"auth_service": "ftp://door"})
            gateway.event(gateway.others["AuthService"], {"type": "ADDED", "object": door})
            async with asyncio.timeout(15):
                while await status(edge, "/a/") != 404:
                    await asyncio.sleep(0.05)
            await until(lambda: len(server.statuses) == 4)
            assert "AuthService team/door" in dict(server.statuses)["m"]["reason"]

    asyncio.run(story())


def test_a_secret_that_may_not_be_read_is_told_with_the_remedy(edge: Any, upstream: Any) -> None:
    server = populated(upstream("web"))
    server.put(listing_path("TLSContext"), "c", spec={"secret": "pair"})
    server.mapping("m", prefix="/a/", tls="c")

    async def story() -> None:
        async with running(edge, server):
            await until(lambda: len(server.statuses) == 2)
            for name in ("c", "m"):
                status = dict(server.statuses)[name]
                assert status["state"] == "Inactive"
                assert "kubectl -n team create role gateway-pair --verb=get --resource=secrets" in status["reason"]

    asyncio.run(story())


def test_an_outage_of_the_api_server_is_sat_out(edge: Any, upstream: Any) -> None:
    server = populated(upstream("web"))
    server.mapping("m", prefix="/a/")
    server.down = True

    async def story() -> None:
        async with running(edge, server) as gateway:
            await until(lambda: gateway.counters.failures > 0)
            assert not gateway.synced
            server.down = False
            await until(lambda: len(server.statuses) == 1)
            assert await status(edge, "/a/") == 200
            # Down again: what is served goes on; a status that could not be written is written later.
            server.down = True
            gateway.event(gateway.mappings, {"type": "ADDED", "object": server.mapping("n", prefix="/n/")})
            await until(lambda: edge.get("/n/").status == 200)
            server.down = False
            await until(lambda: len(server.statuses) == 2)

    asyncio.run(story())


def test_a_burst_is_one_update(edge: Any, upstream: Any) -> None:
    server = populated(upstream("web"))

    async def story() -> None:
        async with running(edge, server) as gateway:
            await until(lambda: gateway.synced)
            before = gateway.counters.updates
            for number in range(700):
                event = {"type": "ADDED", "object": server.mapping(f"m{number}", prefix=f"/m{number}/")}
                gateway.event(gateway.mappings, event)
            await until(lambda: len(server.statuses) == 700, 60)
            assert gateway.counters.updates - before <= 2
            assert gateway.counters.running == 700
            # More than one page of a listing.
            gateway.event(gateway.services, {"type": None, "object": server.objects[SERVICES_PATH]["web"]})
            await until(lambda: gateway.counters.updates - before >= 2)
            assert len(gateway.mappings.values()) == 700

    asyncio.run(story())


def test_annotations_are_served_and_their_faults_told(edge: Any, upstream: Any) -> None:
    server = populated(upstream("web"))
    text = "apiVersion: ambassador/v1\nkind: Mapping\nname: m\nprefix: /a/\nservice: web\n---\nkind: Module\n"
    server.objects[SERVICES_PATH]["web"]["metadata"]["annotations"] = {"getambassador.io/config": text}

    async def story() -> None:
        async with running(edge, server):
            await until(lambda: server.events)
            assert await status(edge, "/a/") == 200
            (event,) = server.events
            assert (event["involvedObject"]["kind"], event["involvedObject"]["uid"]) == ("Service", "web")
            assert event["message"].startswith("document 2: ")

    asyncio.run(story())


def test_the_admin_port(edge: Any, upstream: Any) -> None:
    server = populated(upstream("web"))
    server.mapping("m", prefix="/a/")
    server.mapping("bad", prefix="a")

    async def story() -> None:
        async with running(edge, server) as gateway:
            page = Web(gateway, edge.admin)
            request: Any = None
            assert (await page.ready(request)).text in (
                "Ambassador is not ready\n",
                "Ambassador is ready and waiting\n",
            )
            await until(lambda: gateway.synced)
            ready = await page.ready(request)
            assert (ready.status, ready.text) == (200, "Ambassador is ready and waiting\n")
            assert (await page.alive(request)).text == "Ambassador is alive and well\n"
            assert (await page.healthz(request)).status == 200
            metrics = str((await page.metrics(request)).text)
            assert 'gateway_mappings{state="Running"} 1\n' in metrics
            assert 'gateway_mappings{state="Inactive"} 1\n' in metrics
            assert "envoy_cluster_manager_cds_update_success" in metrics
            edge.stop()
            assert (await page.alive(request)).status == 503
            assert (await page.ready(request)).text == "Ambassador is not ready\n"
            edge.restart()

    asyncio.run(story())
