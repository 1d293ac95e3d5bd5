"""The report as JUnit XML: one test case for each step.

Source: the schema that Jenkins and GitLab read (testsuite with tests, failures, skipped, time in seconds).
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from slipway.smoke.results import SmokeReport

#: Characters that XML 1.0 cannot have: logs may hold them.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: SmokeReport) -> str:
    """The XML document."""
    states = [step.state for step in report.steps]
    suite = ElementTree.Element(
        "testsuite",
        name="slipway smoke",
        tests=str(len(states)),
        failures=str(states.count("failed")),
        skipped=str(states.count("skipped")),
        errors="0",
        time=f"{report.seconds:.3f}",
        timestamp=report.started.removesuffix("Z"),
    )
    for step in report.steps:
        case = ElementTree.SubElement(suite, "testcase", classname="slipway.smoke", name=step.name)
        case.set("time", f"{step.seconds:.3f}")
        if step.state == "failed":
            failure = ElementTree.SubElement(case, "failure", message=_clean(step.error.partition("\n")[0]))
            failure.text = _clean(step.error)
        elif step.state == "skipped":
            ElementTree.SubElement(case, "skipped", message="a step before it failed")
        elif step.summary:
            ElementTree.SubElement(case, "system-out").text = _clean(step.summary)
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return FORBIDDEN.sub("�", text)
