"""`/ambassador/v0/diag/` over HTTP: routes, services and problems, as a page and as JSON."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import web
from slipway_gateway.model import INACTIVE, Source, Verdict
from slipway_gateway.web import Web


async def asked(edge: Any, verdicts: dict[Source, Verdict], query: str, **headers: str) -> tuple[Any, str]:
    gateway: Any = SimpleNamespace(live=edge.rollout.live, verdicts=verdicts)
    runner = web.AppRunner(Web(gateway, edge.admin).application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/ambassador/v0/diag/{query}"
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            return answer, await answer.text()
    finally:
        await runner.cleanup()


def test_a_program_is_told_what_is_served_and_what_not(edge: Any) -> None:
    specs = {
        "good": {"prefix": "/a/", "weight": 30, "add_request_headers": {"authorization": "secret-word"}},
        "more": {"prefix": "/a/", "service": "gone:81"},
        "away": {"prefix": "/r/", "service": "x.org", "host_redirect": True},
        "bad": {"prefix": "a<script>"},
    }
    compiled = edge.serve(**specs)
    for query, headers in (("?json=true", {}), ("", {"Accept": "application/json"})):
        answer, text = asyncio.run(asked(edge, compiled.verdicts, query, **headers))
        assert answer.content_type == "application/json"
        assert "secret-word" not in text
    (_, text) = asyncio.run(asked(edge, compiled.verdicts, "?json=true"))
    found = json.loads(text)
    assert [route["from"] for route in found["routes"]] == [f"Mapping team/{name}" for name in ("away", "good", "more")]
    assert [route.get("up_to_percent") for route in found["routes"]] == [None, 30, None]
    (port,) = [item.ports["http"] for item in edge.slices.values()]
    assert {tuple(item["addresses"]) for item in found["services"]} == {(f"127.0.0.1:{port}",), ("gone.team:81",)}
    assert "does not begin with /" in found["problems"]["Mapping team/bad"]


def test_a_person_reads_a_page_in_which_nothing_runs(edge: Any) -> None:
    compiled = edge.serve(good={"prefix": "/a/"}, bad={"prefix": "<script>alert(1)</script>"})
    extra = {Source("Host", "team", "h"): Verdict(INACTIVE, "<b>no</b>")}
    answer, text = asyncio.run(asked(edge, {**compiled.verdicts, **extra}, ""))
    assert answer.content_type == "text/html"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Problems (2)" in text and "Routes (1)" in text and "Mapping team/good" in text
    assert "<script" not in text and "<b>" not in text


def test_strangers_do_not_reach_it(edge: Any) -> None:
    edge.serve(m={"prefix": "/a/"})
    assert edge.get("/ambassador/v0/diag/").status == 404
