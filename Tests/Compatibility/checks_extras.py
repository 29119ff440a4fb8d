"""Tags, scripts, traffic routing, deep links and previews."""
from bench import UNKNOWN_ID, checks, equal, hold, invalid, missing

SCRIPT = "<script>console.log('hello');</script>"
COUNTRY = {"and": [{"property": "req.country", "operator": "in", "values": ["ie"]}]}


def several(place, collection):
    """The collection, and two of its kind in it."""
    things = getattr(place.client, collection)
    member = {"color": "FF9944"} if collection == "tags" else {"value": SCRIPT}
    return things, things.create(name="promo", **member), things.create(name="blog", **member)


def same_color(color):
    """Examples show colours with and without `#`, and both cases."""
    return (color or "").lstrip("#").lower()


@checks.of_each("tags", "scripts")
def create_and_get(bench, collection):
    """Made with a name and a colour, or a script's text; got by its id as it was made."""
    things, made, _ = several(bench.place(), collection)
    equal(made.name, "promo", "name")
    if collection == "tags":
        equal(same_color(made.color), "ff9944", "color")
    else:
        equal(made.value, SCRIPT, "value")
    equal(things.get(made.id), made, "the same by its id")


@checks.of_each("tags", "scripts")
def list_and_count(bench, collection):
    """Sorted by name, descending unless asked otherwise; counted as `{"count": n}`."""
    things, *made = several(bench.place(), collection)
    names = [each.name for each in things.list(orderBy="name", orderDir="asc")]
    equal(names, ["blog", "promo"], "ascending names")
    equal([each.name for each in things.list()], ["promo", "blog"], "names")
    equal(things.count(), len(made), "the count")
    first, = things.list(limit=1)
    rest = things.list(limit=1, last=first.id)
    equal(len({first.id, *(each.id for each in rest)}), 2, "the number on both pages")
    equal(things.list(limit=1, last=rest[-1].id), [], "the page past the end")


@checks.of_each("tags", "scripts")
def update(bench, collection):
    """POST changes name and colour, or text; what has no such id is a 404."""
    things, made, _ = several(bench.place(), collection)
    member = {"color": "FFAA99"} if collection == "tags" else {"value": SCRIPT.upper()}
    changed = things.update(made.id, name="market", **member)
    equal((changed.id, changed.name), (made.id, "market"), "id and name")
    equal(things.get(made.id), changed, "the same by its id")
    missing(things.update, UNKNOWN_ID, name="market", **member)


@checks.of_each("tags", "scripts")
def delete(bench, collection):
    """DELETE answers with what it was, takes it from all links, and is a 404 then."""
    place = bench.place()
    things, made, _ = several(place, collection)
    link = place.link()
    things.attach(link.id, made.id)
    equal(things.delete(made.id), made, "the deleted")
    equal(things.of_link(link.id), [], "what the link has")
    missing(things.get, made.id)
    missing(things.delete, made.id)


@checks.of_each("tags", "scripts")
def attach_and_detach(bench, collection):
    """POST and DELETE of `links/{id}/.../{id}`, without a body; to attach twice changes nothing."""
    place = bench.place()
    things, one, other = several(place, collection)
    link = place.link()
    equal(things.of_link(link.id), [], "at first")
    for id in (one.id, other.id, one.id):
        things.attach(link.id, id)
    attached = sorted(each.id for each in things.of_link(link.id))
    equal(attached, sorted((one.id, other.id)), "attached")
    things.detach(link.id, one.id)
    equal([each.id for each in things.of_link(link.id)], [other.id], "after one was detached")


@checks.of_each("tags", "scripts")
def attach_unknown(bench, collection):
    """404 for a link that isn't there, and for a tag or script that isn't."""
    place = bench.place()
    things, one, _ = several(place, collection)
    for call in (things.attach, things.detach):
        missing(call, UNKNOWN_ID, one.id)
        missing(call, place.link().id, UNKNOWN_ID)


@checks.of_each("tags", "scripts")
def name_taken_or_missing(bench, collection):
    """Names are unique, and required: 403 for `name`."""
    things, made, _ = several(bench.place(), collection)
    member = {} if collection == "tags" else {"value": SCRIPT}
    problem = invalid(things.create, name=made.name, **member)
    equal((problem.property, problem.code), ("name", "AlreadyExists"), "a taken name's problem")
    equal(invalid(things.create, **member).property, "name", "a missing name's problem")


@checks
def rules_crud(bench):
    """Rules of `links/{id}/rules`: listed, made, changed by POST, and deleted."""
    place = bench.place()
    client, link = place.client, place.link().id
    equal(client.rules(link), [], "at first")
    rule = {"destination": "https://example.com/ie", "condition": COUNTRY}
    made = client.create_rule(link, rule)
    equal((made.destination, made.condition), (rule["destination"], COUNTRY), "the rule")
    equal(client.rules(link), [made], "the list")
    changed = client.update_rule(link, made.id, {**rule, "destination": "https://example.com/2"})
    equal((changed.id, changed.destination), (made.id, "https://example.com/2"), "changed")
    client.delete_rule(link, made.id)
    equal(client.rules(link), [], "at last")


@checks
def rules_ordered(bench):
    """The first rule that matches is taken, so a list keeps the order they were made in."""
    place = bench.place()
    client, link = place.client, place.link().id
    made = [client.create_rule(link, {"destination": f"https://example.com/{country}",
                                      "condition": {"and": [{**COUNTRY["and"][0],
                                                             "values": [country]}]}}).id
            for country in ("ie", "gb", "au")]
    equal([rule.id for rule in client.rules(link)], made, "the order")


@checks
def rules_wrong(bench):
    """403 for a destination that isn't a URL; 404 without the link, or without the rule."""
    place = bench.place()
    client, link = place.client, place.link().id
    rule = {"destination": "https://example.com/", "condition": COUNTRY}
    problem = invalid(client.create_rule, link, {**rule, "destination": "nowhere"})
    equal(problem.property, "destination", "property")
    missing(client.create_rule, UNKNOWN_ID, rule)
    missing(client.update_rule, link, UNKNOWN_ID, rule)
    missing(client.delete_rule, link, UNKNOWN_ID)


@checks
def apps_and_deep_links(bench):
    """Apps are listed; a link opens one at a path, until that is deleted.

    They are added in a dashboard: without one there is only what isn't there to see.
    """
    place = bench.place()
    client, link = place.client, place.link().id
    equal(client.deep_links(link), [], "at first")
    missing(client.create_deep_link, link, UNKNOWN_ID, "/watch")
    for app in client.apps()[:1]:
        client.create_deep_link(link, app.id, "/watch?v=1")
        made, = client.deep_links(link)
        equal((made.id, made.active, made.path), (app.id, True, "/watch?v=1"), "the deep link")
        client.delete_deep_link(link, app.id)
        equal(client.deep_links(link), [], "at last")


@checks
def opengraph_crud(bench):
    """`{}` until it's set; set as a whole, with empty strings for what wasn't given."""
    place = bench.place()
    client, link = place.client, place.link().id
    hold(client.opengraph(link) is None, "a new link has metadata")
    image = "https://example.com/image.jpg"
    client.set_opengraph(link, title="A title", image=image, type="website")
    found = client.opengraph(link)
    equal((found.title, found.image, found.type), ("A title", image, "website"), "what is set")
    equal((found.description, found.locale), ("", ""), "what isn't")
    again = client.set_opengraph(link, title="Another", description="", image="", type="",
                                 locale="en_US")
    equal((again.title, again.image, again.locale), ("Another", "", "en_US"), "set again")
    hold(not client.delete_opengraph(link), "DELETE doesn't answer with an empty object")
    hold(client.opengraph(link) is None, "it's there after it was deleted")


@checks
def opengraph_wrong(bench):
    """The title is required and not empty: 403; without the link: 404."""
    place = bench.place()
    link = place.link().id
    for members in ({}, {"title": ""}):
        equal(invalid(place.client.set_opengraph, link, **members).property, "title", "property")
    missing(place.client.opengraph, UNKNOWN_ID)
