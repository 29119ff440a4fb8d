"""Keys, the account, workspaces and domains."""
import secrets

from bench import UNKNOWN_ID, checks, equal, hold, invalid, missing, refused
from client import Client


@checks
def account(bench):
    """`GET /account` has identity, subscription, limits with `used` and `max`, and features."""
    bench.client.account()


@checks
def key_as_bearer(bench):
    """A token may come as `Authorization: Bearer`."""
    headers = {"Authorization": f"Bearer {bench.client.key}"}
    hold(bench.client.send("GET", "account", headers=headers)["id"], "no id")


@checks
def key_in_query(bench):
    """A key may come as the parameter `apikey`."""
    keyless = Client(bench.client.base_url, None)
    hold(keyless.send("GET", "account", {"apikey": bench.client.key})["id"], "no id")


@checks
def key_in_body(bench):
    """A key may come as the member `apikey` of a body."""
    place = bench.place()
    keyless = Client(bench.client.base_url, None, place.id)
    keyless.create_link("https://example.com/", apikey=bench.client.key, domain=place.domain)


@checks
def unauthorized(bench):
    """Without a key, and with a wrong one: 401, and clients compare the text `Unauthorized`."""
    for key in (None, "wrong"):
        answer = refused(401, Client(bench.client.base_url, key).send, "GET", "account")
        equal(answer.body, "Unauthorized", "the body of a 401")


@checks
def workspaces_list(bench):
    """`GET /workspaces` and `GET /account/workspaces` are one list; a main one is the default."""
    place = bench.place(domains=0)
    listed = bench.client.workspaces(orderBy="createdAt", orderDir="desc", limit=25)
    hold(place.id in [each.id for each in listed], "a new workspace isn't listed")
    names = {each.id: each.name for each in listed}
    equal(names[place.id], place.name, "its name")
    both = {each.id for each in bench.client.account_workspaces()}
    hold(place.id in both, "it isn't in /account/workspaces")


@checks
def workspaces_default(bench):
    """One workspace has `default: true`, the one that requests without a workspace are about."""
    workspaces, page = [], bench.client.workspaces()
    while page:
        workspaces += page
        page = bench.client.workspaces(last=page[-1].id)
    equal(sum(each.default for each in workspaces), 1, "the number of default workspaces")


@checks
def workspace_create_get_rename(bench):
    """A workspace is made with a name and a type, and renamed by POST; it counts what it has."""
    made = bench.client.create_workspace(f"compatibility {secrets.token_hex(4)}")
    try:
        equal(made.type, "classic", "type")
        equal((made.links, made.domains), (0, 0), "links and domains")
        renamed = bench.client.rename_workspace(made.id, "compatibility renamed")
        equal(renamed.name, "compatibility renamed", "name")
        equal(bench.client.get_workspace(made.id).name, "compatibility renamed", "name")
    finally:
        bench.client.delete_workspace(made.id)


@checks
def workspace_type_invalid(bench):
    """An unknown type is a 403 with `code` and `errors`."""
    invalid(bench.client.create_workspace, "compatibility", type="no such type")


@checks
def workspace_deleted(bench):
    """A deleted workspace is gone: 404 for it, and 404 to delete it again."""
    id = bench.place(domains=0).id
    bench.client.delete_workspace(id)
    missing(bench.client.get_workspace, id)
    missing(bench.client.delete_workspace, id)


@checks
def workspace_unknown(bench):
    """A header `workspace` that names none: 404, `source` is `workspace`."""
    equal(missing(bench.client.within(UNKNOWN_ID).links), "workspace", "source")


@checks
def workspace_in_header_and_query(bench):
    """The header `workspace`, `?workspace=` and `?workspace[id]=` name a workspace alike."""
    place = bench.place()
    link = place.link()
    equal([each.id for each in place.client.links()], [link.id], "links by header")
    for name in ("workspace", "workspace[id]"):
        listed = bench.client.links({name: place.id})
        equal([each.id for each in listed], [link.id], f"links by ?{name}=")


@checks
def workspace_in_body(bench):
    """A member `workspace` with a reference names a workspace, too."""
    place = bench.place()
    reference = {"id": place.id}
    link = bench.client.create_link("https://example.com/", workspace=reference,
                                    domain=place.domain)
    equal(place.client.link(link.id).id, link.id, "the link")


@checks
def workspaces_keep_links_apart(bench):
    """A link is known in its workspace only."""
    here, there = bench.place(), bench.place()
    link = here.link()
    equal(there.client.links(), [], "the other workspace's links")
    equal(missing(there.client.link, link.id), "link", "source")


@checks
def workspace_shares_domain(bench):
    """`POST /workspaces/{id}/domains/{domain}` lets a workspace make links on a domain."""
    owner, guest = bench.place(), bench.place(domains=0)
    bench.client.share_domain(guest.id, owner.domain["id"])
    shared = bench.client.workspace_domains(guest.id)
    equal([each.id for each in shared], [owner.domain["id"]], "the workspace's domains")
    equal(bench.client.get_workspace(guest.id).domains, 1, "the number of its domains")
    link = guest.client.create_link("https://example.com/", domain=owner.domain)
    equal([each.id for each in guest.client.links()], [link.id], "its links")
    equal(owner.client.links(), [], "the owner's links")
    missing(bench.client.share_domain, guest.id, UNKNOWN_ID)


@checks
def domain_members(bench):
    """A domain as it is documented, alike in a list and by its id."""
    place = bench.place()
    domain = place.client.domain(place.domain["id"])
    equal(place.client.domains(), [domain], "the list")
    equal(domain.fullName, place.domain["fullName"], "fullName")
    equal(domain.topLevelDomain, "com", "topLevelDomain")
    equal((domain.type, domain.active), ("user", True), "type and active")
    equal(domain.creationDate, domain.createdAt, "creationDate")


@checks
def domains_filter_and_count(bench):
    """`active` and `type` choose domains, in the list and in the count."""
    client = bench.place(domains=2).client
    for query, number in (({}, 2), ({"active": "true", "type": "user"}, 2),
                          ({"active": "false"}, 0), ({"type": "service"}, 0)):
        equal(client.count_domains(**query), number, f"the count with {query}")
        equal(len(client.domains(**query)), number, f"the list with {query}")


@checks
def domains_sorted_and_paged(bench):
    """Sorted by `fullName`; newest first otherwise; `last` continues, until a page is empty."""
    client = bench.place(domains=3).client
    names = [each.fullName for each in client.domains(orderBy="fullName", orderDir="asc")]
    equal(names, sorted(names), "the names")
    times = [each.createdAt for each in client.domains()]
    equal(times, sorted(times, reverse=True), "createdAt")
    first = client.domains(limit=2)
    second = client.domains(limit=2, last=first[-1].id)
    equal(len({each.id for each in first + second}), 3, "the number of domains on both pages")
    equal(client.domains(limit=2, last=second[-1].id), [], "the page past the end")


@checks
def domain_unknown(bench):
    """404, `source` is `domain`."""
    equal(missing(bench.place().client.domain, UNKNOWN_ID), "domain", "source")
