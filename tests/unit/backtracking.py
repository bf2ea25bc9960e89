"""Finds regular expressions that can take more than linear time.

A pattern becomes an automaton whose states are the characters in it (Glushkov's construction). Matching can take
polynomial or exponential time only where one word leads on two paths: from a state p back to p, from p to a state q,
and from q back to q; or twice from p to p. (Weideman et al., "Analyzing Matching Time Behavior of Backtracking Regular
Expression Matchers by Using Ambiguity of NFA", 2016.) What follows is taken for something that can fail, so a pattern
may be reported that is harmless, and never the other way round, but for what is repeated a bounded number of times.
"""

import re
from collections import deque
from itertools import product
from re import _constants as ops
from re import _parser as parser

_SAMPLES = [*map(chr, range(256)), "\u0130", "\u2028", "\ud800"]
_MOST_COPIES = 8


class Automaton:
    """The states of a pattern, the characters that each of them reads, and which one may follow which."""

    def __init__(self, pattern, flags, mode):
        self._flags = flags | (re.ASCII if isinstance(pattern, bytes) else 0)
        self._bytes = isinstance(pattern, bytes)
        self.reads = []
        self.follows = []
        self.repeated = set()
        self.assertions = set()
        self.to_the_end = mode == "fullmatch"
        start = self._add(frozenset(_SAMPLES)) if mode == "search" else None
        parsed = parser.parse(pattern, flags)
        _, first, last = self._sequence(list(parsed))
        if start is not None:
            self.follows[start] |= {start} | first
        self.accepting = set(last)

    def _add(self, characters):
        self.reads.append(characters)
        self.follows.append(set())
        return len(self.reads) - 1

    def _connect(self, ends, begins):
        """Let each of `begins` follow each of `ends`, and note those that did so already: then there are two ways."""
        for state in ends:
            self.repeated |= {state} if self.follows[state] & begins else set()
            self.follows[state] |= begins

    def _sequence(self, items):
        nullable, first, last = True, set(), set()
        for item in items:
            empty, begins, ends = self._item(item)
            self._connect(last, begins)
            if nullable:
                first |= begins
            last = last | ends if empty else ends
            nullable = nullable and empty
        return nullable, first, last

    def _item(self, item):
        op, value = item
        if op in (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN):
            state = self._add(self._characters(op, value))
            return False, {state}, {state}
        if op is ops.SUBPATTERN:
            return self._sequence(list(value[3]))
        if op is ops.BRANCH:
            parts = [self._sequence(list(branch)) for branch in value[1]]
            return (
                any(part[0] for part in parts),
                set().union(*(p[1] for p in parts)),
                set().union(*(p[2] for p in parts)),
            )
        if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
            return self._repeat(*value)
        if op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT):
            state = self._add(frozenset())
            self.assertions.add(state)
            return True, {state}, {state}
        raise NotImplementedError(f"{op} in a pattern")

    def _repeat(self, least, most, body):
        endless = most > _MOST_COPIES
        copies = max(min(least, 2), 1) if endless else most
        nullable, first, last = True, set(), set()
        for number in range(copies):
            empty, begins, ends = self._sequence(list(body))
            empty = empty or number >= least
            if endless and number == copies - 1:
                self._connect(ends, begins)
            self._connect(last, begins)
            if nullable:
                first |= begins
            last = last | ends if empty else ends
            nullable = nullable and empty
        return nullable or least == 0, first, last

    def _characters(self, op, value):
        tree = parser.SubPattern(parser.State(), [(op, value)])
        tree.state.flags = self._flags
        tree.state.str = b"" if self._bytes else ""
        one = re._compiler.compile(tree, self._flags)
        samples = (each for each in _SAMPLES if not self._bytes or ord(each) < 256)
        return frozenset(each for each in samples if one.match(each.encode("latin-1") if self._bytes else each))

    def steps(self, *states):
        """Yield the states that one character leads to from each of `states`."""
        for following in product(*(self.follows[state] for state in states)):
            if frozenset.intersection(*(self.reads[state] for state in following)):
                yield following

    def reaches(self, start, goal, allowed):
        """Return whether one word leads from each state of `start` to that of `goal`, within its part of `allowed`."""
        seen, queue = set(), deque([start])
        while queue:
            for following in self.steps(*queue.popleft()):
                if following in seen or not all(state in part for state, part in zip(following, allowed, strict=True)):
                    continue
                if following == goal:
                    return True
                seen.add(following)
                queue.append(following)
        return False

    def component(self, state):
        """Return the states on a way from `state` back to it."""
        after = self._closure(state, self.follows)
        before = [
            {index for index, found in enumerate(self.follows) if each in found} for each in range(len(self.reads))
        ]
        return after & self._closure(state, before)

    def _closure(self, state, edges):
        seen, queue = set(), [state]
        while queue:
            for following in edges[queue.pop()] - seen:
                seen.add(following)
                queue.append(following)
        return seen


def superlinear(pattern, flags=0, mode="search"):
    """Return whether matching may take more than linear time. `mode` is `search`, `match` or `fullmatch`."""
    automaton = Automaton(pattern, flags, mode)
    everything = frozenset(range(len(automaton.reads)))
    loops = {state: part for state in everything if state in (part := automaton.component(state))}
    for state, part in loops.items():
        if _harmless(automaton, state):
            continue
        if state in automaton.repeated:
            return True
        pairs = [pair for pair in product(part, part) if pair[0] != pair[1]]
        for pair in pairs:
            there = automaton.reaches((state, state), pair, (part, part))
            if there and automaton.reaches(pair, (state, state), (part, part)):
                return True
    for (one, part), (other, other_part) in product(loops.items(), loops.items()):
        if one == other or other not in automaton._closure(one, automaton.follows) or _harmless(automaton, other):
            continue
        if automaton.reaches((one, one, other), (one, other, other), (part, everything, other_part)):
            return True
    return False


def _harmless(automaton, state):
    """Whether a match has been found where `state` is reached, so that nothing is tried again."""
    fails_later = automaton.to_the_end or automaton.assertions & automaton._closure(state, automaton.follows)
    return state in automaton.accepting and not fails_later
