"""Actions, such as pausing and canceling, with bugs in their effects."""

from tests.conformance.mutants.effect_bugs import (
    AGENT,
    JOB,
    QUEUE,
    QUEUES,
    accepted_again,
    does_nothing,
    edits,
    rebuilt_without,
    same_number,
    spreading,
    without,
)
from tests.conformance.mutants.kinds import (
    BUILD,
    EFFECTS,
    Mutant,
    body,
    on,
    put,
    remembering,
    server,
)

QUEUE_LIFE = ("createClusterQueue", "getClusterQueue", "listClusterQueues", "deleteClusterQueue")
BUILD_LIFE = ("createBuild", "getBuild", "listBuilds")

ACTION_MUTANTS: dict[str, Mutant] = {
    "pause without an effect": server(
        "pauseClusterQueueDispatch",
        "effect_missing",
        EFFECTS,
        does_nothing(
            "POST",
            f"{QUEUE}/pause_dispatch",
            read=1,
            changes={"dispatch_paused": True, "dispatch_paused_note": "The registry is down"},
        ),
        include=QUEUE_LIFE,
    ),
    "note of a pause lost": server(
        "pauseClusterQueueDispatch",
        "effect_missing",
        EFFECTS,
        edits("POST", f"{QUEUE}/pause_dispatch", without("dispatch_paused_note")),
        include=QUEUE_LIFE,
    ),
    "resumed queue keeps the time of its pause": remembering(
        "resumeClusterQueueDispatch",
        "effect_missing",
        EFFECTS,
        lambda: on("POST", f"{QUEUE}/resume_dispatch", body(put("dispatch_paused_at", to="2026-01-01T00:00:00Z"))),
        include=("pauseClusterQueueDispatch",),
    ),
    "paused twice": server(
        "pauseClusterQueueDispatch",
        "repetition_has_effect",
        EFFECTS,
        accepted_again("POST", f"{QUEUE}/pause_dispatch", 200),
        include=QUEUE_LIFE,
    ),
    "pause affects another queue": remembering(
        "getClusterQueue",
        "other_object_changed",
        EFFECTS,
        lambda: spreading("POST", f"{QUEUE}/pause_dispatch", QUEUES, None),
        include=(*QUEUE_LIFE, "pauseClusterQueueDispatch"),
    ),
    "cancel without an effect": server(
        "cancelBuild", "effect_missing", EFFECTS, does_nothing("PUT", f"{BUILD}/cancel", read=1), include=BUILD_LIFE
    ),
    "rebuild has another commit": server(
        "rebuildBuild",
        "effect_missing",
        EFFECTS,
        rebuilt_without("commit", "0" * 40),
        include=("cancelBuild", "createBuild"),
    ),
    "rebuild loses the message": server(
        "rebuildBuild",
        "effect_missing",
        EFFECTS,
        rebuilt_without("message", None),
        include=("cancelBuild", "createBuild"),
    ),
    "rebuild has another base branch": server(
        "rebuildBuild",
        "effect_missing",
        EFFECTS,
        on("PUT", f"{BUILD}/rebuild", body(put("pull_request", "base", to="main"))),
        include=("cancelBuild", "createBuild"),
    ),
    "rebuild has the same number": server(
        "rebuildBuild",
        "effect_missing",
        EFFECTS,
        on("PUT", f"{BUILD}/rebuild", same_number),
        include=("cancelBuild", "createBuild"),
    ),
    "unblocked by nobody": server(
        "unblockJob",
        "effect_missing",
        EFFECTS,
        on("PUT", f"{JOB}/unblock", body(put("unblocked_by", to=None))),
    ),
    "unblock without an effect": server(
        "unblockJob",
        "effect_missing",
        EFFECTS,
        does_nothing("PUT", f"{JOB}/unblock", read=1, changes={"state": "unblocked"}),
    ),
    "retry returns the same job": server(
        "retryJob",
        "effect_missing",
        EFFECTS,
        on("PUT", f"{JOB}/retry", body(lambda value: {**value, "id": value["retry_source"]["job_id"]})),
    ),
    "retried job does not name its retry": server(
        "getJob",
        "effect_missing",
        EFFECTS,
        on("GET", JOB, body(put("retried_in_job_id", to=None))),
        include=("retryJob",),
    ),
    "priority not changed": server(
        "reprioritizeJob",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{JOB}/reprioritize", lambda value: {"priority": 0}),
    ),
    "paused agent without a note": server(
        "getAgent",
        "effect_missing",
        EFFECTS,
        on("GET", AGENT, body(put("paused_note", to=None))),
        include=("pauseAgent",),
    ),
    "time of a pause ignored": server(
        "pauseAgent",
        "effect_missing",
        EFFECTS,
        edits("PUT", f"{AGENT}/pause", without("timeout_in_minutes")),
    ),
    "agent not stopped": server(
        "stopAgent",
        "effect_missing",
        EFFECTS,
        on("GET", AGENT, body(put("connection_state", to="connected"))),
    ),
}
