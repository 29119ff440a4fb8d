"""What is answered to requests that can't be."""
from bench import UNKNOWN_ID, checks, equal, hold, invalid, missing
from client import Refused

# The codes of a validation error that the documentation lists.
CODES = {"InvalidFormat", "RequiredField", "InvalidLength", "InvalidMinLength", "InvalidMaxLength",
         "InvalidEmailAddress", "OutOfRange", "PatternMismatch", "PrefixMismatch",
         "InvalidCharacter", "MustBeLowerCase", "MustBeUpperCase"}


def rejects(place, property, **members):
    """A link with such members is a 403 about the property, with a documented code."""
    members = {"destination": "https://example.com/", "domain": place.domain, **members}
    problem = invalid(place.client.create_link, **members)
    equal(problem.property, property, "property")
    hold(problem.code in CODES, f"the code {problem.code!r} isn't documented")
    return problem.code


@checks
def destination_invalid(bench):
    """`InvalidFormat` for `destination`: the official client looks for just that."""
    place = bench.place()
    equal(rejects(place, "destination", destination="nowhere"), "InvalidFormat", "code")
    link = place.link()
    problem = invalid(place.client.update_link, link.id, destination="nowhere", title="A title")
    equal((problem.property, problem.code), ("destination", "InvalidFormat"), "when updated")


@checks
def destination_missing_or_long(bench):
    """It's required, and has at most 2048 characters."""
    place = bench.place()
    rejects(place, "destination", destination="")
    rejects(place, "destination", destination="https://example.com/" + "a" * 2048)
    place.link("https://example.com/".ljust(2048, "a"))


@checks
def slashtag_invalid(bench):
    """Of letters, digits, `_` and `-`, at most 40; emoji are for some plans, these for none."""
    place = bench.place()
    for slashtag in ("a b", "a/b", "a?b", "a#b", "a" * 41):
        rejects(place, "slashtag", slashtag=slashtag)
    place.link(slashtag="a" * 40)


@checks
def slashtag_taken(bench):
    """`AlreadyExists` for `slashtag`; another domain has its own."""
    place = bench.place(domains=2)
    place.link(slashtag="taken")
    problem = invalid(place.link, slashtag="taken")
    equal((problem.property, problem.code), ("slashtag", "AlreadyExists"), "the problem")
    place.link(slashtag="taken", domain=place.domains[1])


@checks
def title_long(bench):
    """255 characters at most, or 300 when it's changed: 301 are too many."""
    place = bench.place()
    rejects(place, "title", title="a" * 301)
    place.link(title="a" * 255)


@checks
def body_broken(bench):
    """JSON that isn't: 400 on one page, 403 on another; a `message` on both."""
    client = bench.place().client
    try:
        client.send("POST", "links", raw=b'{"destination": ')
    except Refused as refusal:
        hold(refusal.status in (400, 403), str(refusal))
        hold(type(refusal.json().get("message")) is str, f"no message in {refusal.body!r}")
    else:
        hold(False, "answered with 200")


@checks
def parameters_invalid(bench):
    """403 that names the parameter."""
    client = bench.place().client
    for name, value in (("limit", "0"), ("limit", "many"), ("orderBy", "colour"),
                        ("orderDir", "sideways"), ("favourite", "perhaps"),
                        ("dateFrom", "yesterday"), ("dateTo", "2026-13-01")):
        equal(invalid(client.links, {name: value}).property, name, f"property, {name}={value}")


@checks
def link_unknown(bench):
    """404 with `code` and `source`, whatever is asked of the link."""
    client = bench.place().client
    calls = {
        "get": client.link,
        "delete": client.delete_link,
        "tags": client.tags.of_link,
        "scripts": client.scripts.of_link,
        "rules": client.rules,
        "apps": client.deep_links,
    }
    for name, call in calls.items():
        equal(missing(call, UNKNOWN_ID), "link", f"source, {name}")
    source = missing(client.update_link, UNKNOWN_ID, destination="https://example.com/")
    equal(source, "link", "source, update")
    equal(missing(client.set_favourite, UNKNOWN_ID, True), "link", "source, favourite")


@checks
def route_unknown(bench):
    """404 with a `code`."""
    try:
        bench.client.send("GET", "no-such-thing")
    except Refused as refusal:
        equal((refusal.status, refusal.json().get("code")), (404, "NotFound"), "the answer")
    else:
        hold(False, "answered with 200")
