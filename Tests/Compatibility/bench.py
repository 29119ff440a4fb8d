"""What checks stand on: their list, what they hold, and workspaces made for them."""
import contextlib
import functools
import secrets

from client import Client, Refused

UNKNOWN_ID = "0" * 32


class Failed(Exception):
    """What a check holds isn't so."""


class Checks:
    """All checks by name, in the order they are written."""

    def __init__(self):
        self.by_name = {}

    def __call__(self, check):
        """Registers a function under its name, with hyphens."""
        self.by_name[check.__name__.replace("_", "-")] = check
        return check

    def of_each(self, *collections):
        """Registers a function once for each collection, which it gets by name."""
        def register(check):
            for name in collections:
                full = f"{name}-{check.__name__.replace('_', '-')}"
                self.by_name[full] = functools.partial(check, collection=name)
                self.by_name[full].__doc__ = check.__doc__
            return check
        return register


checks = Checks()


def hold(condition, why):
    if not condition:
        raise Failed(why)


def equal(found, wanted, what):
    hold(found == wanted, f"{what} is {found!r}, not {wanted!r}"[:300])


def refused(status, call, *arguments, **members):
    """The answer of a call that has to be answered with this status."""
    try:
        answer = call(*arguments, **members)
    except Refused as refusal:
        hold(refusal.status == status, f"{refusal}, not with {status}")
        return refusal
    asked = ", ".join([*map(repr, arguments), *(f"{k}={v!r}" for k, v in members.items())])
    raise Failed(f"{call.__name__}({asked[:99]}) got 200, not {status}: {answer!r}"[:300])


def invalid(call, *arguments, **members):
    """The first problem of a call that has to be answered with a 403."""
    problems = refused(403, call, *arguments, **members).invalid().errors
    hold(problems, "a 403 has no errors")
    return problems[0]


def missing(call, *arguments, **members):
    """The `source` of a call that has to be answered with a 404."""
    answer = refused(404, call, *arguments, **members).not_found()
    equal(answer.code, "NotFound", "the code of a 404")
    return answer.source


class Place:
    """A workspace of a check's own, with one domain unless it asks for none."""

    def __init__(self, client, domains=1):
        name = f"compatibility {secrets.token_hex(4)}"
        made = client.send("POST", "workspaces", body={"name": name, "type": "classic"})
        self.id, self.name = made["id"], name
        self.client = client.within(self.id)
        self.domains = [self.add_domain() for _ in range(domains)]

    @property
    def domain(self):
        return self.domains[0]

    def add_domain(self):
        """Its `id` and `fullName`."""
        name = f"go-{secrets.token_hex(4)}.example.com"
        made = self.client.send("POST", "domains", body={"fullName": name})
        return {"id": made["id"], "fullName": name}

    def links(self, number):
        """New links, in the order of their creation."""
        return [self.link(f"https://example.com/{index}") for index in range(number)]

    def link(self, destination="https://example.com/page", **members):
        return self.client.create_link(destination, **{"domain": self.domain, **members})

    def remove(self):
        """As far as it goes: the next check mustn't pay for what this one broke."""
        client = self.client
        with contextlib.suppress(Exception):
            while page := client.send("GET", "links"):
                for link in page:
                    client.send("DELETE", f"links/{link['id']}")
        for domain in self.domains:
            with contextlib.suppress(Exception):
                client.send("DELETE", f"domains/{domain['id']}")
        with contextlib.suppress(Exception):
            client.send("DELETE", f"workspaces/{self.id}")


class Bench:
    """The service under test, and the places made in it."""

    def __init__(self, base_url, key):
        self.client = Client(base_url, key)
        self.places = []

    def place(self, domains=1):
        self.places.append(Place(self.client, domains))
        return self.places[-1]

    def clear(self):
        while self.places:
            self.places.pop().remove()
