"""Makes the tables that clicks are enriched by, from packages that others keep.

    tables.py FOLDER-WITH-geoip-AND-geoip6 FOLDER-FOR-TABLES

user-agents.json        uap-core's patterns (Apache-2.0), from ua-parser-builtins
crawlers.json           crawler-user-agents' patterns and tags (MIT)
public_suffix_list.dat  the public suffix list (MPL-2.0), from publicsuffixlist
country.mmdb            IPFire Location's networks (CC BY-SA 4.0), from tor-geoipdb, as an MMDB
"""
import importlib.metadata
import importlib.resources
import ipaddress
import json
import os
import sys

import netaddr
from mmdb_writer import MMDBWriter


def write(path, data):
    """Whole or not at all."""
    with open(path + ".new", "wb") as f:
        f.write(data)
    os.replace(path + ".new", path)


def user_agents():
    from ua_parser_builtins.matchers import MATCHERS
    agents, systems, devices = MATCHERS
    return {
        "agents": [describe(m, ("family", "major", "minor", "patch", "patch_minor")) for m in agents],
        "systems": [describe(m, ("family", "major", "minor", "patch", "patch_minor")) for m in systems],
        "devices": [describe(m, ("family", "brand", "model")) for m in devices],
    }


def describe(matcher, names):
    """A pattern with the templates that its values are made by; a group of its own where there is none."""
    values = [getattr(matcher, name) for name in names]
    if "major" in names:
        values = [value or f"${group}" for group, value in enumerate(values, 1)]
    return {"regex": matcher.regex, "ignoresCase": getattr(matcher, "regex_flag", "") == "i", "values": values}


def crawlers():
    text = importlib.resources.files("crawleruseragents").joinpath("crawler-user-agents.json").read_text()
    return [{"regex": c["pattern"], "tags": c.get("tags", [])} for c in json.loads(text)]


def country(folder):
    """IPFire's ranges as an MMDB; neighbours of one country are merged."""
    writer = MMDBWriter(6, "clickstream-country", languages=["en"], ipv4_compatible=True,
                        description="IPFire Location database, CC BY-SA 4.0, https://location.ipfire.org, converted")
    for name, parse in (("geoip", lambda t: ipaddress.IPv4Address(int(t))), ("geoip6", ipaddress.IPv6Address)):
        networks = {}
        for first, last, code in merged(os.path.join(folder, name), parse):
            cidrs = networks.setdefault(code, [])
            cidrs.extend(ipaddress.summarize_address_range(first, last))
        for code, cidrs in sorted(networks.items()):
            writer.insert_network(netaddr.IPSet([str(c) for c in cidrs]), {"country": {"iso_code": code}})
    return writer


def merged(path, parse):
    current = None
    with open(path, encoding="ascii") as f:
        for line in f:
            if line.startswith("#") or line.count(",") != 2:
                continue
            first, last, code = line.strip().split(",")
            if code == "??":
                continue
            first, last = parse(first), parse(last)
            if current and current[2] == code and int(current[1]) + 1 == int(first):
                current = (current[0], last, code)
                continue
            if current:
                yield current
            current = (first, last, code)
    if current:
        yield current


def main():
    source, target = sys.argv[1:]
    write(os.path.join(target, "user-agents.json"), json.dumps(user_agents()).encode())
    write(os.path.join(target, "crawlers.json"), json.dumps(crawlers()).encode())
    suffixes = importlib.resources.files("publicsuffixlist").joinpath("public_suffix_list.dat").read_bytes()
    write(os.path.join(target, "public_suffix_list.dat"), suffixes)
    path = os.path.join(target, "country.mmdb")
    country(source).to_db_file(path + ".new")
    os.replace(path + ".new", path)
    write(os.path.join(target, "NOTICE"), notice().encode())


def notice():
    """Whose data the tables are, and which version of it."""
    version = importlib.metadata.version
    return (
        "country.mmdb: IP to country data: IPFire Location database, CC BY-SA 4.0, https://location.ipfire.org, converted\n"
        f"user-agents.json: uap-core, Apache-2.0, https://github.com/ua-parser/uap-core (ua-parser-builtins {version('ua-parser-builtins')})\n"
        "crawlers.json: crawler-user-agents, MIT, https://github.com/monperrus/crawler-user-agents"
        f" ({version('crawler-user-agents')})\n"
        "public_suffix_list.dat: Mozilla's public suffix list, MPL-2.0, https://publicsuffix.org"
        f" (publicsuffixlist {version('publicsuffixlist')})\n")


if __name__ == "__main__":
    main()
