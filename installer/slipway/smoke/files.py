"""The three reports on disk."""

from __future__ import annotations

import json
from pathlib import Path

from slipway.report import html
from slipway.smoke import junit
from slipway.smoke.results import SmokeReport

HTML, JSON, JUNIT = "report.html", "report.json", "junit.xml"


def write(report: SmokeReport, directory: Path) -> None:
    """Write report.html, report.json and junit.xml; their paths are noted in the report."""
    directory.mkdir(parents=True, exist_ok=True)
    report.files = [str(directory / name) for name in (HTML, JSON, JUNIT)]
    (directory / HTML).write_text(html.render(report), encoding="utf-8")
    (directory / JSON).write_text(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (directory / JUNIT).write_text(junit.render(report), encoding="utf-8")
