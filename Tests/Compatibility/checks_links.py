"""Links: made, found, listed, changed and deleted."""
import datetime
import re
import secrets

from bench import UNKNOWN_ID, checks, equal, hold, missing, refused


def ids(links):
    return [link.id for link in links]


def day(timestamp, plus=0):
    """The date of a timestamp, or of days after it."""
    date = datetime.date.fromisoformat(timestamp[:10]) + datetime.timedelta(days=plus)
    return date.isoformat()


@checks
def link_created_with_slashtag(bench):
    """The link has what was asked for; `shortUrl` is domain and slashtag, without a scheme."""
    place = bench.place()
    link = place.link("https://example.com/a?b=c", slashtag="News_2-x", title="A title")
    equal((link.destination, link.slashtag, link.title),
          ("https://example.com/a?b=c", "News_2-x", "A title"), "the link")
    equal(link.shortUrl, f"{place.domain['fullName']}/News_2-x", "shortUrl")
    equal(link.domain.id, place.domain["id"], "domain.id")
    equal(link.domain.ref, f"/domains/{link.domain.id}", "domain.ref")
    equal(link.domain.fullName, place.domain["fullName"], "domain.fullName")
    equal(link.updatedAt, link.createdAt, "updatedAt of a new link")
    equal((link.status, link.clicks, link.favourite), ("active", 0, False), "a new link's state")
    hold(link.lastClickAt is None, "a new link has a last click")


@checks
def link_created_without_slashtag(bench):
    """A slashtag of 3 to 8 letters and digits is made; a domain is found without being named."""
    place = bench.place()
    link = place.client.create_link("https://example.com/")
    hold(re.fullmatch(r"[A-Za-z0-9]{3,8}", link.slashtag), f"the slashtag is {link.slashtag!r}")
    equal(link.domain.id, place.domain["id"], "domain.id")


@checks
def link_created_with_empty_strings(bench):
    """Empty strings are absent: the official client sends all members always."""
    place = bench.place()
    link = place.client.create_link("https://example.com/", slashtag="", title="",
                                    domain={"id": "", "fullName": ""})
    hold(len(link.slashtag) >= 3, f"the slashtag is {link.slashtag!r}")


@checks
def link_created_on_named_domain(bench):
    """A domain is named by its id or by its name."""
    place = bench.place(domains=2)
    for domain in place.domains:
        for name in ("id", "fullName"):
            link = place.link(domain={name: domain[name]})
            equal(link.domain.id, domain["id"], f"domain.id, by {name}")


@checks
def link_created_by_query(bench):
    """`GET /links/new` makes a link of its parameters; a domain is `domain[id]` there."""
    place = bench.place(domains=2)
    domain = place.domains[1]
    for name in ("id", "fullName"):
        slashtag = f"q{secrets.token_hex(4)}"
        query = {"destination": "https://example.com/?a=b&c=d", "slashtag": slashtag,
                 "title": "By query", f"domain[{name}]": domain[name]}
        link = place.client.create_link_by_query(query)
        equal((link.destination, link.slashtag, link.title, link.domain.id),
              (query["destination"], slashtag, "By query", domain["id"]), "the link")
        equal(place.client.link(link.id), link, "the same link by its id")


@checks
def link_without_domain(bench):
    """In a workspace without a domain: 404, `source` is `domain`."""
    source = missing(bench.place(domains=0).client.create_link, "https://example.com/")
    equal(source, "domain", "source")


@checks
def link_got(bench):
    """`GET /links/{id}` is the link as it was made."""
    place = bench.place()
    link = place.link(title="A title")
    equal(place.client.link(link.id), link, "the link")


@checks
def links_paged(bench):
    """Every link once, newest first, 25 to a page unless fewer are asked for; then `[]`."""
    place = bench.place()
    made = ids(place.links(53))
    page = place.client.links()
    equal(len(page), 25, "the length of a page")
    for query in ({}, {"limit": 10}):
        links = place.client.every_link(query)
        equal(sorted(ids(links)), sorted(made), f"the links with {query}")
        times = [link.createdAt for link in links]
        equal(times, sorted(times, reverse=True), "createdAt")
    equal(place.client.links({"last": links[-1].id}), [], "the page past the end")


@checks
def links_limit(bench):
    """`limit` is the length of a page; documented examples ask for 100, and get 25."""
    place = bench.place()
    place.links(27)
    equal(len(place.client.links({"limit": 2})), 2, "with limit=2")
    equal(len(place.client.links({"limit": 100})), 25, "with limit=100")


@checks
def links_paged_while_others_come(bench):
    """A page starts after `last`, so a new link neither repeats nor hides one."""
    place = bench.place()
    made = ids(place.links(6))
    first = place.client.links({"limit": 3})
    place.link()
    rest = place.client.links({"last": first[-1].id})
    equal(sorted(ids(first + rest)), sorted(made), "the links on both pages")


@checks
def links_sorted(bench):
    """`orderBy` and `orderDir`: `createdAt` by today's pages, `title` and `slashtag` by older."""
    place = bench.place()
    for name in ("bb", "aa", "cc"):
        place.link(slashtag=name * 2, title=name * 3)
    for order in ("createdAt", "title", "slashtag"):
        for direction in ("asc", "desc"):
            query = {"orderBy": order, "orderDir": direction}
            found = [getattr(link, order) for link in place.client.links(query)]
            equal(found, sorted(found, reverse=direction == "desc"), str(query))


@checks
def links_sorted_and_paged(bench):
    """Pages keep to the order that was asked for."""
    place = bench.place()
    for name in ("dd", "bb", "ee", "aa", "cc"):
        place.link(title=name * 2)
    links = place.client.every_link({"orderBy": "title", "orderDir": "asc", "limit": 2})
    equal([link.title for link in links], ["aaaa", "bbbb", "cccc", "dddd", "eeee"], "titles")


def agree(client, query, wanted):
    """The list with a filter, and the count with the same one."""
    equal(sorted(ids(client.every_link(query))), sorted(wanted), f"the links with {query}")
    equal(client.count_links(query), len(wanted), f"the count with {query}")


@checks
def links_with_empty_parameters(bench):
    """Empty parameters are absent, and `favourite=none` is all: the official client sends so."""
    place = bench.place()
    made = ids(place.links(2))
    empty = dict.fromkeys(("workspace", "orderBy", "orderDir", "limit", "favourite", "domain.id",
                           "domain.fullName", "creator.id", "slashtag", "dateFrom", "dateTo"), "")
    equal(sorted(ids(place.client.links(empty))), sorted(made), "the links")
    equal(place.client.count_links({"favourite": "none", "domain.id": "", "domain.fullName": "",
                                    "workspace": ""}), 2, "the count")


@checks
def links_by_favourite(bench):
    """`favourite` parts the links in two."""
    place = bench.place()
    loved, other = place.links(2)
    place.client.set_favourite(loved.id, True)
    agree(place.client, {"favourite": "true"}, [loved.id])
    agree(place.client, {"favourite": "false"}, [other.id])


@checks
def links_by_domain(bench):
    """`domain.id`, several of them with commas between, and `domain.fullName`."""
    place = bench.place(domains=3)
    made = [place.link(domain=domain).id for domain in place.domains]
    for domain, id in zip(place.domains, made):
        agree(place.client, {"domain.id": domain["id"]}, [id])
        agree(place.client, {"domain.fullName": domain["fullName"]}, [id])
    two = ",".join(domain["id"] for domain in place.domains[:2])
    agree(place.client, {"domain.id": two}, made[:2])


@checks
def links_by_creator(bench):
    """`creator.id`, or several with commas between; nobody has made what nobody made."""
    place = bench.place()
    made, account = ids(place.links(2)), bench.client.send("GET", "account")["id"]
    agree(place.client, {"creator.id": account}, made)
    agree(place.client, {"creator.id": f"{UNKNOWN_ID},{account}"}, made)
    agree(place.client, {"creator.id": UNKNOWN_ID}, [])


@checks
def links_by_slashtag(bench):
    """A slashtag is looked for on a domain; alone it's a 403."""
    place = bench.place(domains=2)
    wanted, _ = (place.link(domain=domain, slashtag="same") for domain in place.domains)
    place.link(slashtag="other")
    for name in ("id", "fullName"):
        query = {"slashtag": "same", f"domain.{name}": place.domain[name]}
        agree(place.client, query, [wanted.id])
    refused(403, place.client.links, {"slashtag": "same"})


@checks
def links_by_date(bench):
    """Links made before `dateFrom` or after `dateTo` are left out; the days themselves aren't."""
    place = bench.place()
    link = place.link()
    today, next_day = day(link.createdAt), day(link.createdAt, plus=1)
    agree(place.client, {"dateFrom": today}, [link.id])
    agree(place.client, {"dateTo": today}, [link.id])
    agree(place.client, {"dateFrom": today, "dateTo": next_day}, [link.id])
    agree(place.client, {"dateFrom": next_day}, [])
    agree(place.client, {"dateTo": day(link.createdAt, plus=-1)}, [])


@checks
def links_counted_on_unknown_domain(bench):
    """`GET /links/count` with a `domain.id` of no domain: 404."""
    missing(bench.place().client.count_links, {"domain.id": UNKNOWN_ID})


@checks
def link_updated(bench):
    """POST changes destination, title and favourite; the short URL stays."""
    place = bench.place()
    link = place.link(title="Before")
    changed = place.client.update_link(link.id, destination="https://example.com/after",
                                       title="After", favourite=True)
    equal((changed.destination, changed.title, changed.favourite),
          ("https://example.com/after", "After", True), "the changed link")
    equal((changed.id, changed.shortUrl, changed.createdAt),
          (link.id, link.shortUrl, link.createdAt), "what stays")
    hold(changed.updatedAt >= link.updatedAt, "updatedAt went back")
    equal(place.client.link(link.id), changed, "the link afterwards")


@checks
def link_updated_as_in_the_example(bench):
    """The documented example sends `id` and `shortUrl` back, and no `favourite`."""
    place = bench.place()
    link = place.link(title="Before")
    place.client.set_favourite(link.id, True)
    changed = place.client.update_link(link.id, id=link.id, title="After",
                                       destination=link.destination, shortUrl=link.shortUrl)
    equal((changed.title, changed.favourite), ("After", True), "title and favourite")


@checks
def link_updated_by_destination(bench):
    """A destination alone is enough, as many clients send it; the title stays."""
    place = bench.place()
    link = place.link(title="A title")
    changed = place.client.update_link(link.id, destination="https://example.com/after")
    equal((changed.destination, changed.title), ("https://example.com/after", "A title"), "it")


@checks
def link_favourite(bench):
    """`POST /links/{id}/favourite`; an empty string is no error: the official client sends it."""
    place = bench.place()
    link = place.link()
    for favourite in (True, False):
        place.client.set_favourite(link.id, favourite)
        equal(place.client.link(link.id).favourite, favourite, "favourite")
    place.client.set_favourite(link.id, "")


@checks
def link_deleted(bench):
    """DELETE answers with the link as it was; it's gone then, and a second DELETE is a 404."""
    place = bench.place()
    link = place.link()
    equal(place.client.delete_link(link.id), link, "the deleted link")
    equal(missing(place.client.link, link.id), "link", "source")
    equal(missing(place.client.delete_link, link.id), "link", "source, deleted again")
    equal(place.client.count_links(), 0, "the count")


@checks
def links_created_in_bulk(bench):
    """`PUT /links` makes up to 25 links, each on `domainId` or `domain.id`, and keeps order."""
    place = bench.place()
    domain = place.domain["id"]
    links = [{"destination": f"https://example.com/{index}", "domainId": domain}
             for index in range(24)]
    links.append({"destination": "https://example.com/24", "domain": {"id": domain},
                  "slashtag": "bulk", "title": "In bulk", "tags": [], "scripts": []})
    made = place.client.create_links(links)
    equal([link.destination for link in made], [link["destination"] for link in links], "order")
    equal((made[-1].slashtag, made[-1].title), ("bulk", "In bulk"), "the last link")
    equal(place.client.link(made[0].id).destination, "https://example.com/0", "the first link")


@checks
def links_created_in_bulk_expire(bench):
    """A `ttl` of seconds is answered with `expiresAt`."""
    place = bench.place()
    made, = place.client.create_links([{"destination": "https://example.com/", "ttl": 3600,
                                        "domainId": place.domain["id"]}])
    hold(made.expiresAt is not None, "expiresAt is missing")
    lives = (datetime.datetime.fromisoformat(made.expiresAt)
             - datetime.datetime.fromisoformat(made.createdAt)).total_seconds()
    hold(3590 <= lives <= 3610, f"it expires {lives} s after it was made")


@checks
def links_created_in_bulk_wrongly(bench):
    """More than 25 links are too many; a domain that isn't there is a 404 for `domain`."""
    client = bench.place().client
    unknown = [{"destination": "https://example.com/", "domainId": UNKNOWN_ID}]
    equal(missing(client.create_links, unknown), "domain", "source")
    refused(403, client.create_links, [{"destination": "https://example.com/"}] * 26)
    equal(client.count_links(), 0, "the count")


@checks
def links_deleted_in_bulk(bench):
    """`DELETE /links` with `{"links": [ids]}` counts those it deleted."""
    place = bench.place()
    made = ids(place.links(3))
    equal(place.client.delete_links(made[:2]), 2, "the count")
    equal(ids(place.client.links()), made[2:], "the rest")
    equal(place.client.delete_links(made[:2]), 0, "the count, deleted again")
