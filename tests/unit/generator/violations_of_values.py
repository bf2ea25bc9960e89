"""Violations of the rules about values and names that have no effect."""

from tests.unit.generator.violations import part

_TEXT = "description: How many legs."


VIOLATIONS = [
    part("keyword-type", "type: integer, minLength: 1", "minLength has no effect on integer"),
    *(
        part("keyword-type", schema, message)
        for schema, message in {
            "type: integer, format: date-time": "format date-time has no effect on integer",
            "type: string, format: int64": "format int64 has no effect on string",
        }.items()
    ),
    part("all-of-objects", "allOf: [{type: string}, {maxLength: 2}]", "allOf is for objects"),
    part(
        "all-of-objects",
        "allOf: [{type: object, properties: {a: {description: A., type: string}}}, "
        "{type: object, properties: {a: {description: A., type: integer}}}]",
        "two schemas of allOf have a property 'a'",
    ),
    *(
        part("property-name", f"type: integer}}\n        {name}: {{{_TEXT}, type: string", message)
        for name, message in {
            "number-": "'number' and 'number-'",
            "_": "'_' has no letter from A to Z",
            "''": "'' has no letter from A to Z",
            "'a\"b'": "would end or break a string",
            "'a\\b'": "would end or break a string",
            '"a\\nb"': "would end or break a string",
        }.items()
    ),
]
