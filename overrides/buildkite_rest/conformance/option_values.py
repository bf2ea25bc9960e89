"""Phases of a run, and values and defaults of its options."""

from typing import Final

#: Phases that change something.
CHANGING_PHASES: Final = ("statuses", "effects", "refusals", "fuzzing")
#: The phase that uses further tokens.
ACCESS: Final = "access"
#: All phases, in order. The first ones only read, while the server has only its own objects.
PHASES: Final = ("lists", "filters", "agreement", "headers", "errors", *CHANGING_PHASES, ACCESS)
#: Phases that expect another status than 403.
OTHER_ERRORS: Final = frozenset({"errors", "statuses", "effects", "refusals"})
#: The only phase of a sampled run.
SAMPLED_PHASE: Final = "sampled"
#: Values of `--unknown-fields`.
UNKNOWN_FIELDS: Final = ("fail", "report")
#: The default number of generated requests per operation.
MAX_EXAMPLES: Final = 10
#: The default budget of a sampled run.
BUDGET: Final = 200
