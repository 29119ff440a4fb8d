"""A client of Rebrandly's public API: a method for each documented request."""
import json
import urllib.error
import urllib.parse
import urllib.request

import models
from models import (Account, App, Count, DeepLink, Domain, ExpiringLink, Invalid, Link, NotFound,
                    OpenGraph, Rule, Script, Tag, Workspace)

TIMEOUT_SECONDS = 30


class Refused(Exception):
    """The service answered with something other than 200."""

    def __init__(self, request, status, headers, body):
        super().__init__(f"{request} was answered with {status} {body[:300]!r}")
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise models.Mismatch(f"{self}, which isn't JSON") from None

    def invalid(self):
        return models.read(Invalid, self.json(), "403")

    def not_found(self):
        return models.read(NotFound, self.json(), "404")


class Client:
    """Speaks for one key, and for one workspace when it is given."""

    def __init__(self, base_url, key, workspace=None):
        self.base_url, self.key, self.workspace = base_url.rstrip("/"), key, workspace
        self.tags = Collection(self, "tags", Tag)
        self.scripts = Collection(self, "scripts", Script)

    def within(self, workspace):
        """This client with a header `workspace` in each request."""
        return Client(self.base_url, self.key, workspace)

    def headers(self):
        headers = {"Accept": "application/json"}
        if self.key is not None:
            headers["apikey"] = self.key
        if self.workspace is not None:
            headers["workspace"] = self.workspace
        return headers

    def send(self, method, path, query=None, body=None, headers=None, raw=None):
        """The JSON of a 200; everything else is thrown as `Refused`."""
        url = f"{self.base_url}/v1/{path}"
        if query:
            url += "?" + urllib.parse.urlencode(query)
        data = raw if body is None else json.dumps(body).encode()
        headers = self.headers() if headers is None else headers
        if data is not None:
            headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(url, data, headers, method=method)
        status, answered, text = self.exchange(request)
        if status != 200:
            raise Refused(f"{method} /v1/{path}", status, answered, text)
        try:
            return json.loads(text) if text else {}
        except ValueError:
            raise models.Mismatch(f"{method} /v1/{path}: 200 isn't JSON: {text[:99]!r}") from None

    @staticmethod
    def exchange(request):
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode(errors="replace")

    def ask(self, kind, method, path, query=None, body=None):
        answer = self.send(method, path, query, body)
        return models.read(kind, answer, f"{method} /v1/{path}")

    # Account and workspaces

    def account(self):
        return self.ask(Account, "GET", "account")

    def workspaces(self, **query):
        return self.ask(list[Workspace], "GET", "workspaces", query)

    def account_workspaces(self):
        return self.ask(list[Workspace], "GET", "account/workspaces")

    def get_workspace(self, id):
        return self.ask(Workspace, "GET", f"workspaces/{id}")

    def create_workspace(self, name, type="classic"):
        return self.ask(Workspace, "POST", "workspaces", body={"name": name, "type": type})

    def rename_workspace(self, id, name):
        return self.ask(Workspace, "POST", f"workspaces/{id}", body={"name": name})

    def delete_workspace(self, id):
        return self.send("DELETE", f"workspaces/{id}")

    def workspace_domains(self, id):
        return self.ask(list[Domain], "GET", f"workspaces/{id}/domains")

    def share_domain(self, workspace, domain):
        return self.send("POST", f"workspaces/{workspace}/domains/{domain}")

    # Domains

    def domains(self, **query):
        return self.ask(list[Domain], "GET", "domains", query)

    def count_domains(self, **query):
        return self.ask(Count, "GET", "domains/count", query).count

    def domain(self, id):
        return self.ask(Domain, "GET", f"domains/{id}")

    def create_domain(self, name):
        """Not Rebrandly's: domains are bought or added in its dashboard."""
        return self.ask(Domain, "POST", "domains", body={"fullName": name})

    def delete_domain(self, id):
        """Not Rebrandly's either."""
        return self.send("DELETE", f"domains/{id}")

    # Links

    def links(self, query=None):
        return self.ask(list[Link], "GET", "links", query)

    def count_links(self, query=None):
        return self.ask(Count, "GET", "links/count", query).count

    def link(self, id):
        return self.ask(Link, "GET", f"links/{id}")

    def create_link(self, destination, **members):
        return self.ask(Link, "POST", "links", body={"destination": destination, **members})

    def create_link_by_query(self, query):
        return self.ask(Link, "GET", "links/new", query)

    def update_link(self, id, /, **members):
        return self.ask(Link, "POST", f"links/{id}", body=members)

    def set_favourite(self, id, favourite):
        return self.send("POST", f"links/{id}/favourite", body={"favourite": favourite})

    def delete_link(self, id):
        return self.ask(Link, "DELETE", f"links/{id}")

    def create_links(self, links):
        return self.ask(list[ExpiringLink], "PUT", "links", body=links)

    def delete_links(self, ids):
        return self.ask(Count, "DELETE", "links", body={"links": ids}).count

    def every_link(self, query=None):
        """All links page by page, each page after the `last` of the one before."""
        links, page = [], self.links(query)
        while page:
            links += page
            page = self.links({**(query or {}), "last": page[-1].id})
        return links

    # What a link can do besides

    def rules(self, link):
        return self.ask(list[Rule], "GET", f"links/{link}/rules")

    def create_rule(self, link, rule):
        return self.ask(Rule, "POST", f"links/{link}/rules", body=rule)

    def update_rule(self, link, id, rule):
        return self.ask(Rule, "POST", f"links/{link}/rules/{id}", body=rule)

    def delete_rule(self, link, id):
        return self.send("DELETE", f"links/{link}/rules/{id}")

    def apps(self):
        return self.ask(list[App], "GET", "apps")

    def deep_links(self, link):
        return self.ask(list[DeepLink], "GET", f"links/{link}/apps")

    def create_deep_link(self, link, app, path):
        return self.send("POST", f"links/{link}/apps/{app}", body={"path": path})

    def delete_deep_link(self, link, app):
        return self.send("DELETE", f"links/{link}/apps/{app}")

    def opengraph(self, link):
        """Nothing when it isn't set."""
        answer = self.send("GET", f"links/{link}/opengraph")
        return models.read(OpenGraph, answer, "opengraph") if answer else None

    def set_opengraph(self, link, **members):
        return self.ask(OpenGraph, "POST", f"links/{link}/opengraph", body=members)

    def delete_opengraph(self, link):
        return self.send("DELETE", f"links/{link}/opengraph")


class Collection:
    """The workspace's tags, or its scripts: their requests differ in the name only."""

    def __init__(self, client, name, kind):
        self.client, self.name, self.kind = client, name, kind

    def list(self, **query):
        return self.client.ask(list[self.kind], "GET", self.name, query)

    def count(self):
        return self.client.ask(Count, "GET", f"{self.name}/count").count

    def get(self, id):
        return self.client.ask(self.kind, "GET", f"{self.name}/{id}")

    def create(self, **members):
        return self.client.ask(self.kind, "POST", self.name, body=members)

    def update(self, id, /, **members):
        return self.client.ask(self.kind, "POST", f"{self.name}/{id}", body=members)

    def delete(self, id):
        return self.client.ask(self.kind, "DELETE", f"{self.name}/{id}")

    def of_link(self, link):
        return self.client.ask(list[self.kind], "GET", f"links/{link}/{self.name}")

    def attach(self, link, id):
        return self.client.send("POST", f"links/{link}/{self.name}/{id}")

    def detach(self, link, id):
        return self.client.send("DELETE", f"links/{link}/{self.name}/{id}")
