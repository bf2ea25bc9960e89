"""Time of an import."""

from __future__ import annotations

import json
import sys
from functools import partial

from ..lab import Lab, run
from ..measure import Samples, number, take_turns
from ..report import Bar, Result, Table

NOTHING = "python, nothing imported"
HTTPX = "import httpx"
HTTPX_CLIENT = "httpx, and a client"
OURS = "import buildkite_rest"
OURS_CLIENT = "buildkite_rest, and a client"
SCRIPTS = {
    NOTHING: "pass",
    HTTPX: "import httpx",
    OURS: "import buildkite_rest",
    HTTPX_CLIENT: "import httpx; httpx.Client()",
    OURS_CLIENT: "from buildkite_rest import Buildkite; Buildkite('t')",
}
YARDSTICK = (HTTPX, NOTHING)
"""What bars are compared with, because milliseconds depend on the machine: the processor time of `import httpx`."""
MOST_TO_IMPORT = 0.21
MOST_TO_CREATE = 0.43
"""12 and 25 ms where `import httpx` takes 58 ms."""
_MODELS = "; import sys, json; print(json.dumps([m for m in sys.modules if m.startswith('_buildkite_rest.models.')]))"


def models_loaded(name: str) -> list[str]:
    """Return the modules of models that a script loads."""
    loaded: list[str] = json.loads(run(sys.executable, "-c", SCRIPTS[name] + _MODELS).output)
    return loaded


def clocks(name: str) -> tuple[float, float]:
    """Return the ms of processor and wall time of a process that runs a script."""
    finished = run(sys.executable, "-c", SCRIPTS[name])
    return 1e3 * finished.cpu, 1e3 * finished.wall


def measure(lab: Lab) -> Result:
    for name in SCRIPTS:
        clocks(name)  # writes bytecode
    cpu, wall = take_turns({name: partial(clocks, name) for name in SCRIPTS}, lab.rounds(6, 10))
    alone, over_client = cpu.difference(OURS, NOTHING), cpu.difference(OURS_CLIENT, HTTPX_CLIENT)
    loaded = sum(len(models_loaded(name)) for name in (OURS, OURS_CLIENT))
    rows = [
        [
            f"`{SCRIPTS[name]}`" if name in (HTTPX, OURS) else name,
            str(cpu.ratio(name, HTTPX)),
            str(cpu.difference(name, NOTHING)),
            number(wall.median(name)),
        ]
        for name in SCRIPTS
    ]
    return Result(
        question="How long does an import take?",
        summary=f"A program that creates a client starts {over_client.middle:.1f} ms later than one that creates an"
        f" `httpx.Client`, and loads {loaded} modules of models before its first call. `import buildkite_rest` alone"
        f" takes {alone.middle:.1f} ms, because httpx is imported when a client is created.",
        tables=[
            Table(["process", "ratio to `import httpx`", "processor ms over an empty Python", "wall ms, whole"], rows)
        ],
        bars=[
            _bar("`import buildkite_rest` ÷ `import httpx`", cpu, (OURS, NOTHING), MOST_TO_IMPORT),
            _bar(
                "creating a client, over an `httpx.Client`, ÷ `import httpx`",
                cpu,
                (OURS_CLIENT, HTTPX_CLIENT),
                MOST_TO_CREATE,
            ),
            Bar("modules of models loaded before the first call", loaded, 0, timed=False),
        ],
    )


def _bar(what: str, cpu: Samples, contenders: tuple[str, str], most: float) -> Bar:
    return Bar(what, cpu.ratio_of_differences(contenders, YARDSTICK), most, tolerance=0.1)
