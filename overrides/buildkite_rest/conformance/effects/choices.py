"""Check of defaults beside each choice: a value of an enum does not change what the other properties are by default."""

from __future__ import annotations

from typing import Final

from ..._base.json_values import is_array
from .bench import Bench, Subject
from .bodies import values_of
from .checks import DEFAULT
from .creation import default_problems, referenced
from .lists import check_listed
from .upserts import key_of_upsert
from .values import BodyRules, choices, properties, request_schema, unique

#: Index of the names in the bodies.
_INDEX: Final = 17


def check_choices(bench: Bench, subject: Subject) -> None:
    """Create an object with each choice of each property, and otherwise only what is required."""
    create = subject.kind.create
    if create is None or not bench.wants(create) or not create.body_examples:
        return
    schema = request_schema(bench.spec, create)
    rules, key = BodyRules.of(schema), key_of_upsert(bench.spec, create)
    required = rules.needed.union(schema.get("required", ()))
    known = properties(bench.spec, schema)
    for name in sorted(known.keys() - required):
        others = rules.defaults.keys() - {name}
        for value in choices(known[name]) if others else ():
            if is_array(value) or value == rules.defaults.get(name):
                continue
            base = bench.bodies.body(create, create.body_examples[-1], _INDEX, subject.values)
            body = {each: base[each] for each in base if each in required} | {name: value}
            if key is not None:
                body[key] = unique(key, str(base.get(key)), known[key])
            if not bench.session.allows(create, values_of(create, subject.values), body=body):
                continue
            response = bench.send(create, subject.values, body)
            made = bench.created_again(subject, response) if response.ok else None
            if made is not None:
                problems = default_problems(body, rules, made.body, lambda value: referenced(bench, subject, value))
                bench.report(DEFAULT, (f"with {name} {value}: {each}" for each in problems), response, response)
                check_listed(bench, made, name, value, response)
                bench.delete(made)
