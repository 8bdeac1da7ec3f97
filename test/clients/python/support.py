"""What the checks of both libraries share."""

import uuid

# Enumerations keep the arguments short whatever a model is worth.
WEATHER_SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "enum": ["Oslo", "Rome"]},
        "days": {"type": "integer", "enum": [1, 2, 3]},
    },
    "required": ["city", "days"],
    "additionalProperties": False,
}
WEATHER_PARAMETERS = ["city", "days"]


class Checks(dict):
    """Functions by the name of the check that they are for."""

    def check(self, name):
        def keep(function):
            self[name] = function
            return function

        return keep


def fresh_prompt():
    """A text that no cache knows yet, long enough to fill several KV blocks."""
    filler = "Two machines share the work: one reads the prompt, the other writes the answer. "
    return f"{uuid.uuid4()} {filler * 6}Tell a story about it."


def error_of(kind, call):
    """Returns the error of a call that must fail with that kind."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")
