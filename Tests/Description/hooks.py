"""What schemathesis needs to know of the service: ids of things that are there, so that calls reach them."""
import json
import os
import random

import schemathesis

# Its own: hypothesis seeds the common one anew for each example.
DICE = random.Random(os.environ["CLICKSTREAM_SEED"])
KNOWN = json.loads(os.environ["CLICKSTREAM_IDS"])
# By the last word before a parameter, and by the parameter's own name.
KINDS = {"mark": ("tags", "scripts"), "rule": ("rules",), "app": ("apps",), "domain": ("domains",), "event": ("parked",)}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Puts a real id where there is one, two times of three; what removes gets one seldom."""
    if not path_parameters:
        return path_parameters
    path = context.operation.path
    chance = 0.02 if context.operation.method.lower() == "delete" else 0.67
    for name in path_parameters:
        if name == "id":
            kinds = (path.split("/")[2],)
        else:
            kinds = tuple(kind for kind in KINDS.get(name, ()) if name != "mark" or f"/{kind}/" in path)
        ids = [one for kind in kinds for one in KNOWN.get(kind, ())]
        if ids and DICE.random() < chance:
            path_parameters[name] = DICE.choice(ids)
    return path_parameters
