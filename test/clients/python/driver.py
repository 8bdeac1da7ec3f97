"""Runs checks of one Python client: a JSON line in says which, a JSON line out how it went.

Usage: python driver.py openai|anthropic
"""

import importlib
import json
import sys
import traceback


def main(library):
    checks = importlib.import_module(f"{library}_checks")
    version = importlib.import_module(library).__version__
    python = ".".join(map(str, sys.version_info[:3]))
    say({"version": f"{library} {version}, Python {python}"})
    for line in sys.stdin:
        request = json.loads(line)
        say({"failure": failure_of(checks, request["check"], request["target"])})


def failure_of(checks, name, target):
    try:
        checks.CHECKS[name](target)
        return None
    except KeyError as error:
        return "this client has no such check" if name not in checks.CHECKS else repr(error)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)
        line = next(frame for frame in reversed(place) if "_checks.py" in frame.filename)
        return f"{error!r} at {line.name}:{line.lineno}: {line.line}"


def say(reply):
    print(json.dumps(reply), flush=True)


main(sys.argv[1])
