"""Phases of a run, and values and defaults of its options."""

from typing import Final

#: The phases of schemathesis.
GENERATED_PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
#: Phases that only read. They come first, while the server has only its own objects. A second process reads meanwhile.
READING_PHASES: Final = ("lists", "filters", "agreement")
#: Phases that only read, and compare what a request has used of the rate limit.
EXCLUSIVE_PHASES: Final = ("headers", "errors")
#: Phases that change something, and come before others have changed what they need, such as connected agents.
EARLY_PHASES: Final = ("statuses", "effects")
#: The phase that uses further tokens.
ACCESS: Final = "access"
#: Phases that change something.
CHANGING_PHASES: Final = ("lifecycle", "refusals", ACCESS)
#: All phases, in order.
PHASES: Final = (*READING_PHASES, *EXCLUSIVE_PHASES, *EARLY_PHASES, *GENERATED_PHASES, *CHANGING_PHASES)
#: Phases that expect another status than 403.
OTHER_ERRORS: Final = frozenset({"errors", "statuses", "lifecycle", "effects", "refusals"})
#: The only phase of a sampled run.
SAMPLED_PHASE: Final = "sampled"
#: Values of `--unknown-fields`.
UNKNOWN_FIELDS: Final = ("fail", "report")
#: The default number of generated requests per operation.
MAX_EXAMPLES: Final = 10
#: The default budget of a sampled run.
BUDGET: Final = 200
