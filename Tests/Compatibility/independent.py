#!/usr/bin/env python3
"""Clients of Rebrandly's API that others wrote, with nothing changed but the base URL.

    independent.py BASE_URL API_KEY

The libraries are those of requirements.txt: install them into an environment of their own. Does
with each what it can do, as its own tests and readme do it, and prints `ok NAME` or
`FAILED NAME: why`; exits with 1 when anything failed or no library was there.
"""
import asyncio
import contextlib
import importlib.util
import logging
import os
import secrets
import sys
import urllib.parse

OFFICIAL_HOSTS = ("https://api.rebrandly.com", "https://enterprise-api.rebrandly.com")
UNKNOWN_ID = "0" * 32
OPENGRAPH = {"title": "What it is", "description": "", "image": "https://example.com/i.jpg",
             "type": "website", "locale": ""}


def elsewhere(url, base_url):
    """A URL of Rebrandly's API, at the service."""
    for host in OFFICIAL_HOSTS:
        if url.startswith(host + "/"):
            return base_url + url[len(host):]
    raise AssertionError(f"a library asked for {url}")


def raises(kind, call, *arguments, **members):
    """Exactly this kind: libraries tell answers apart by it."""
    try:
        answer = call(*arguments, **members)
    except kind as error:
        assert type(error) is kind, f"raised {error!r}, not {kind.__name__}"
        return
    raise AssertionError(f"answered {answer!r}, raised no {kind.__name__}")


def equal(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


class Official:
    """`rebrandly-official`, Rebrandly's own library; it has no setting for the base URL."""

    def __init__(self, base_url, key):
        from src.rebrandly_client import RebrandlyClient
        self.base_url = base_url
        self.client = RebrandlyClient(key)
        self.session = self.client.session
        self.links, self.workspaces = self.client.links, self.client.workspaces
        send = self.session.request
        self.session.request = lambda method, url, **rest: send(
            method, url if url.startswith(base_url + "/") else elsewhere(url, base_url), **rest)

    @contextlib.contextmanager
    def workspace(self):
        """The ids of a workspace and of the one domain that is shared with it."""
        domain = self.made_domain()
        workspace = self.workspaces.create("independent client", "classic", [domain])["id"]
        try:
            yield workspace, domain
        finally:
            self.clear(workspace, domain)

    def made_domain(self):
        """Rebrandly's API makes no domains, so neither does its library."""
        name = f"go-{secrets.token_hex(4)}.example.com"
        answer = self.session.post(f"{self.base_url}/v1/domains", json={"fullName": name})
        answer.raise_for_status()
        return answer.json()["id"]

    def clear(self, workspace, domain):
        with contextlib.suppress(Exception):
            page = self.links.list(workspace_id=workspace)
            while page.current_items_count:
                self.links.bulk_delete([link["id"] for link in page], workspace_id=workspace)
                page = self.links.list(workspace_id=workspace)
        with contextlib.suppress(Exception):
            self.workspaces.delete(workspace)
        with contextlib.suppress(Exception):
            self.session.delete(f"{self.base_url}/v1/domains/{domain}")

    def checks(self):
        return [self.link_life, self.link_life_by_header, self.links_listed, self.links_counted,
                self.links_in_bulk, self.links_in_bulk_refused, self.rules, self.opengraph,
                self.deep_links, self.workspace_life, self.workspace_domains, self.domains,
                self.key_refused]

    def link_life(self):
        with self.workspace() as (workspace, domain):
            self.live_a_link(domain, workspace_id=workspace)

    def link_life_by_header(self):
        with self.workspace() as (workspace, domain):
            self.client.update_workspace(workspace)
            try:
                self.live_a_link(domain)
            finally:
                self.session.headers.pop("workspace")

    def live_a_link(self, domain, **where):
        from requests.exceptions import HTTPError
        made = self.links.create("https://example.com/a", title="Before", domain_id=domain, **where)
        id = made["id"]
        equal(self.links.get(id, **where)["id"], id)
        changed = self.links.update(id, "https://example.com/b", "After", True, **where)
        equal((changed["destination"], changed["title"], changed["favourite"]),
              ("https://example.com/b", "After", True))
        equal(changed["slashtag"], made["slashtag"])
        # Without a favourite the library sends an empty string for it.
        equal(self.links.update(id, "https://example.com/c", "Again", **where)["title"], "Again")
        raises(ValueError, self.links.update, id, "no-url", "After", False, **where)
        raises(ValueError, self.links.create, "no-url", domain_id=domain, **where)
        assert self.links.delete(id, **where)
        raises(HTTPError, self.links.delete, id, **where)

    def links_listed(self):
        with self.workspace() as (workspace, domain):
            equal(self.links.list(workspace_id=workspace).current_items_count, 0)
            made = [self.links.create(f"https://example.com/{index}", domain_id=domain,
                                      workspace_id=workspace)["id"] for index in range(27)]
            for limit, lengths in (("", [25, 2]), (10, [10, 10, 7])):
                page = self.links.list(workspace_id=workspace, limit=limit)
                found, found_lengths = [], []
                while page.current_items_count:
                    found += [link["id"] for link in page]
                    found_lengths.append(page.current_items_count)
                    page.next()
                equal(found_lengths, lengths)
                equal(sorted(found), sorted(made))

    def links_counted(self):
        with self.workspace() as (workspace, domain):
            made = [self.links.create("https://example.com/", domain_id=domain,
                                      workspace_id=workspace)["id"] for _ in range(5)]
            self.links.favourite(made[0], True, workspace_id=workspace)
            for favourite, wanted in ((None, 5), (True, 1), (False, 4)):
                equal(self.links.count(favourite, domain_id=domain, workspace_id=workspace), wanted)

    def links_in_bulk(self):
        with self.workspace() as (workspace, domain):
            links = [{"destination": "https://example.com/1", "slashtag": "one", "tags": [],
                      "scripts": [], "title": "One", "ttl": 3600, "domainId": domain},
                     {"destination": "https://example.com/2", "ttl": 3600,
                      "domain": {"id": domain}}]
            made = self.links.bulk_create(workspace, links)
            equal([link["destination"] for link in made], [link["destination"] for link in links])
            ids = [link["id"] for link in made]
            equal(self.links.bulk_delete(ids, workspace_id=workspace), 2)

    def links_in_bulk_refused(self):
        from requests.exceptions import HTTPError
        with self.workspace() as (workspace, _):
            for kind, domain in ((ValueError, UNKNOWN_ID), (HTTPError, "no-such-id")):
                for place in ({"domainId": domain}, {"domain": {"id": domain}}):
                    links = [{"destination": "https://example.com/", "ttl": 3600, **place}]
                    raises(kind, self.links.bulk_create, workspace, links)

    def rules(self):
        with self.workspace() as (workspace, domain):
            where = {"workspace_id": workspace}
            id = self.links.create("https://example.com/", domain_id=domain, **where)["id"]
            equal(self.links.list_routes(id, **where), [])
            condition = {"property": "req.country", "operator": "in", "values": ["ie"]}
            route = {"destination": "https://example.com/1", "condition": {"and": [condition]}}
            made = self.links.create_route(id, route, **where)
            equal(made["destination"], route["destination"])
            route["destination"] = "https://example.com/2"
            changed = self.links.update_route(id, made["id"], route, **where)
            equal(changed["destination"], "https://example.com/2")
            equal(len(self.links.list_routes(id, **where)), 1)
            assert self.links.delete_route(id, made["id"], **where)
            equal(self.links.list_routes(id, **where), [])

    def opengraph(self):
        with self.workspace() as (workspace, domain):
            where = {"workspace_id": workspace}
            id = self.links.create("https://example.com/", domain_id=domain, **where)["id"]
            equal(self.links.get_opengraph(id, **where), {})
            assert self.links.set_opengraph(id, OPENGRAPH["title"], image_url=OPENGRAPH["image"],
                                            object_type=OPENGRAPH["type"], **where)
            equal(self.links.get_opengraph(id, **where), OPENGRAPH)
            equal(self.links.set_opengraph(id, "Another", **where)["title"], "Another")
            equal(self.links.delete_opengraph(id, **where), id)
            equal(self.links.get_opengraph(id, **where), {})

    def deep_links(self):
        """Apps are added in a dashboard; without one there are no deep links to make."""
        with self.workspace() as (workspace, domain):
            where = {"workspace_id": workspace}
            id = self.links.create("https://example.com/", domain_id=domain, **where)["id"]
            equal(self.links.list_deep_links(id, **where), [])
            for app in self.links.get_apps(**where)[:1]:
                path = {"path": "/watch?apex=&ios_scheme=&v=1"}
                assert self.links.create_deep_link(id, app["id"], path, **where)
                made, = self.links.list_deep_links(id, **where)
                equal((made["active"], made["path"]), (True, path["path"]))
                equal(self.links.delete_deep_links(id, **where), 1)
            equal(self.links.list_deep_links(id, **where), [])

    def workspace_life(self):
        raises(ValueError, self.workspaces.create, "a workspace", "no such type")
        id = self.workspaces.create("a workspace", "classic")["id"]
        equal(self.workspaces.get(id)["name"], "a workspace")
        equal(self.workspaces.update(id, "another name")["name"], "another name")
        assert self.workspaces.list().current_items_count >= 1
        assert self.workspaces.delete(id)
        raises(ValueError, self.workspaces.get, id)

    def workspace_domains(self):
        with self.workspace() as (workspace, domain):
            found = self.workspaces.get_domains(workspace)
            equal([each["id"] for each in found], [domain])
        domainless = self.workspaces.create("a workspace", "classic")["id"]
        try:
            raises(ValueError, self.links.create, "https://example.com/", workspace_id=domainless)
        finally:
            self.workspaces.delete(domainless)

    def domains(self):
        with self.workspace() as (workspace, domain):
            self.client.update_workspace(workspace)
            try:
                assert domain in [each["id"] for each in self.client.domains.list()]
                active = self.session.get("https://api.rebrandly.com/v1/domains?active=true").json()
                assert domain in [each["id"] for each in active]
            finally:
                self.session.headers.pop("workspace")

    def key_refused(self):
        from requests.exceptions import HTTPError
        key = self.session.headers["apikey"]
        self.client.update_api_key("wrong")
        try:
            raises(HTTPError, self.workspaces.list)
            raises(HTTPError, self.links.count)
        finally:
            self.client.update_api_key(key)


class Tools:
    """`rebrandly-mcp`: three tools that answer with checked models; its URL is a literal."""

    def __init__(self, base_url, key):
        import httpx
        os.environ["REBRANDLY_API_KEY"] = key
        from loguru import logger
        from rebrandly_mcp import models, tools
        logger.disable("rebrandly_mcp")
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self.models, self.tools = models, tools
        send = httpx.AsyncClient.send

        async def send_elsewhere(client, request, **rest):
            request.url = httpx.URL(elsewhere(str(request.url), base_url))
            request.headers["host"] = urllib.parse.urlsplit(base_url).netloc
            return await send(client, request, **rest)

        httpx.AsyncClient.send = send_elsewhere
        self.add_domain = lambda name: httpx.post(
            f"{base_url}/v1/domains", headers={"apikey": key}, json={"fullName": name})
        self.remove_domain = lambda id: httpx.delete(
            f"{base_url}/v1/domains/{id}", headers={"apikey": key})

    def checks(self):
        return [self.made_listed_deleted, self.refusals]

    def make(self, **members):
        request = self.models.CreateShortUrlRequest(destination="https://example.com/", **members)
        return asyncio.run(self.tools.generate_short_url(request))

    def delete(self, id):
        request = self.models.DeleteShortUrlRequest(id=id)
        return asyncio.run(self.tools.delete_short_url(request))

    def made_listed_deleted(self):
        name = f"go-{secrets.token_hex(4)}.example.com"
        domain = self.add_domain(name).json()["id"]
        try:
            slashtag = f"t{secrets.token_hex(4)}"
            made = self.make(slashtag=slashtag, title="By a tool", domain={"id": domain})
            equal((made.title, made.shortUrl), ("By a tool", f"{name}/{slashtag}"))
            listed = asyncio.run(self.tools.get_or_list_short_url())
            assert made.id in [url.id for url in listed.urls]
            equal(self.delete(made.id).id, made.id)
        finally:
            self.remove_domain(domain)

    def refusals(self):
        equal(self.delete(UNKNOWN_ID).http_code, 404)
        equal(self.make(domain={"id": UNKNOWN_ID}).http_code, 404)


def run(library, check):
    """Whether the check held."""
    name = f"{library}-{check.__name__.replace('_', '-')}"
    try:
        check()
    except Exception as error:
        print(f"FAILED {name}: {type(error).__name__}: {error}"[:400], flush=True)
        return False
    print(f"ok {name}", flush=True)
    return True


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    base_url, key = sys.argv[1].rstrip("/"), sys.argv[2]
    results = []
    for library, module, kind in (("official", "src.rebrandly_client", Official),
                                  ("tools", "rebrandly_mcp", Tools)):
        if importlib.util.find_spec(module.split(".")[0]) is None:
            print(f"left out {library}: it isn't installed")
            continue
        results += [run(library, check) for check in kind(base_url, key).checks()]
    print(f"{results.count(True)} of {len(results)} checks held")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
