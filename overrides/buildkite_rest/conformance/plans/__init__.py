"""Plans: what a run sends, by family. Rules judge what comes back.

A plan is a function of an executor and the operations to check. It yields each operation before its requests are sent.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from ..api import Operation
from ..executor import Executor

Plan: TypeAlias = Callable[[Executor, Sequence[Operation]], Iterator[Operation]]
