"""docs/doctor.md, from the table of checks; a test holds it against them."""

from __future__ import annotations

from slipway.doctor.cluster.context import IMAGE
from slipway.doctor.table import checks_of

INTRODUCTION = """# slipway doctor

Looks at a cluster, and at this machine where it is to carry the embedded one, before an installation and at any time.
Nothing is changed; each finding says what was checked, the result, its cause and a remedy.

```
slipway doctor                          # this machine, and the embedded cluster when there is one
slipway doctor --overlay gke            # the cluster of the kubeconfig, against what the overlay would install
slipway doctor --only dns --only nfs    # only these checks
slipway doctor --output json            # [{"check", "scope", "checked", "result", "cause", "remedy"}, …]
```

Results are `ok`, `warn` (works with limits), `fail` and `skip` (nothing to look at, or no way to look; the cause says
why). The exit code is 1 when something failed, 2 for bad input, else 0. A check that cannot ask (a request is refused,
say) failed, and does not keep the others from being run.

Pods run as an ordinary user without any privilege (Pod Security Standard *restricted*), in a namespace
`slipway-doctor-…` that is removed at the end, also after Ctrl-C; one that a killed doctor left is removed by the next
one after 15 minutes. Claims that exist are written to from a pod beside them: one small hidden file, removed at once.
The image is `{IMAGE}` on the embedded cluster and the setting `helper_image` of the component
`storage` elsewhere. Every pod has two minutes. Webhooks are tried with objects that are created in a dry run.

The code is in `installer/slipway/doctor/`: the table `table.CHECKS`, and the checks in `checks/` (the machine's) and
`cluster/` (one file each). A check's `run` gathers, its `judge` is a function of values.

This page is made from the table: `python -m slipway.doctor.page`.
"""


def page() -> str:
    """The whole page, in Markdown."""
    lines = [
        INTRODUCTION.replace("{IMAGE}", IMAGE),
        "## Checks of a cluster",
        "",
        "| check | what is checked | starts pods |",
        "|---|---|---|",
    ]
    for check in checks_of("cluster"):
        lines.append(f"| `{check.name}` | {check.checked} | {'yes' if check.pods else ''} |")
    lines += ["", "## Checks of the machine", "", "For the embedded cluster only; `slipway up` asks them, too.", ""]
    lines += ["| check | what is checked |", "|---|---|"]
    lines += [f"| `{check.name}` | {check.checked} |" for check in checks_of("host")]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
