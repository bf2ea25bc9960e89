"""Check of real traffic against the spec, that of a program: `with TrafficCheck("report.txt") as check`.

`buildkite-rest conformance traffic` does the same for recorded traffic.
"""

from ._arguments import BodyProblem as BodyProblem
from ._checks import Finding as Finding
from ._traffic_check import TrafficCheck as TrafficCheck

__all__ = ["BodyProblem", "Finding", "TrafficCheck"]
