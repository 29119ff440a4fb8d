"""The objects of Rebrandly's public API, read strictly.

A member without a default has to be there and to have its type; one that may be left out is an
optional with a default. Members that nobody documented are ignored, as any client does.
"""
import dataclasses
import re
import types
import typing

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Mismatch(Exception):
    """An answer isn't what is documented; the text says where and how."""


class Timestamp(str):
    """Documented as a string of the form `YYYY-MM-ddTHH:mm:ss.mmmZ`."""


def read(kind, value, path="answer"):
    """`value` as `kind`, or a `Mismatch` that names the first member that is wrong."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else read(typing.get_args(kind)[0], value, path)
    if origin is list:
        items = expect(list, value, path)
        element = typing.get_args(kind)[0]
        return [read(element, item, f"{path}[{index}]") for index, item in enumerate(items)]
    if dataclasses.is_dataclass(kind):
        return read_object(kind, expect(dict, value, path), path)
    if kind is Timestamp:
        if not TIMESTAMP.fullmatch(expect(str, value, path)):
            raise Mismatch(f"{path} isn't a timestamp: {value!r}")
        return Timestamp(value)
    return expect(kind, value, path)


def expect(kind, value, path):
    """`value`, when JSON gave it the type; true and false are no numbers."""
    if kind is typing.Any:
        return value
    if type(value) is not kind:
        raise Mismatch(f"{path} isn't {kind.__name__}: {value!r}"[:300])
    return value


def read_object(kind, members, path):
    kinds, values = typing.get_type_hints(kind), {}
    for field in dataclasses.fields(kind):
        if field.name in members:
            name = f"{path}.{field.name}"
            values[field.name] = read(kinds[field.name], members[field.name], name)
        elif field.default is dataclasses.MISSING:
            raise Mismatch(f"{path}.{field.name} is missing")
    return kind(**values)


@dataclasses.dataclass(frozen=True)
class Limit:
    """How many there are, and how many there may be."""
    used: int
    max: int


@dataclasses.dataclass(frozen=True)
class Limits:
    links: Limit
    domains: Limit
    workspaces: Limit
    teammates: Limit
    tags: Limit
    scripts: Limit


@dataclasses.dataclass(frozen=True)
class LinkFeatures:
    scripts: bool
    tags: bool


@dataclasses.dataclass(frozen=True)
class Features:
    links: LinkFeatures


@dataclasses.dataclass(frozen=True)
class Subscription:
    """Only a plan that isn't free expires."""
    createdAt: Timestamp
    limits: Limits
    features: Features
    expiredAt: Timestamp | None = None


@dataclasses.dataclass(frozen=True)
class Account:
    id: str
    username: str
    email: str
    fullName: str
    avatarUrl: str
    createdAt: Timestamp
    subscription: Subscription


@dataclasses.dataclass(frozen=True)
class Workspace:
    """No page lists its members: these are what public clients read from it."""
    id: str
    name: str
    avatarUrl: str
    role: str
    type: str
    default: bool
    links: int
    domains: int
    teammates: int
    createdAt: Timestamp
    updatedAt: Timestamp


@dataclasses.dataclass(frozen=True)
class Domain:
    """`creationDate` is deprecated, and documented as rendered nevertheless."""
    id: str
    fullName: str
    topLevelDomain: str
    createdAt: Timestamp
    updatedAt: Timestamp
    creationDate: Timestamp
    type: str
    active: bool


@dataclasses.dataclass(frozen=True)
class DomainReference:
    """Examples show `ref` with one link and `fullName` in lists: clients meet both."""
    id: str
    ref: str
    fullName: str


@dataclasses.dataclass(frozen=True)
class Link:
    """A link that nobody clicked on has no last click."""
    id: str
    title: str
    slashtag: str
    destination: str
    shortUrl: str
    domain: DomainReference
    createdAt: Timestamp
    updatedAt: Timestamp
    status: str
    clicks: int
    favourite: bool
    forwardParameters: bool
    lastClickAt: Timestamp | None = None
    description: str | None = None


@dataclasses.dataclass(frozen=True)
class ExpiringLink(Link):
    """What the batch request of links with a time to live answers with."""
    expiresAt: Timestamp | None = None


@dataclasses.dataclass(frozen=True)
class Tag:
    """The colour is optional."""
    id: str
    name: str
    color: str | None = None


@dataclasses.dataclass(frozen=True)
class Script:
    id: str
    name: str
    value: str


@dataclasses.dataclass(frozen=True)
class Rule:
    id: str
    destination: str
    condition: dict


@dataclasses.dataclass(frozen=True)
class App:
    id: str


@dataclasses.dataclass(frozen=True)
class DeepLink:
    """An app that a link opens; its id is the app's."""
    id: str
    active: bool
    path: str


@dataclasses.dataclass(frozen=True)
class OpenGraph:
    """What wasn't set is an empty string."""
    title: str
    description: str
    image: str
    type: str
    locale: str


@dataclasses.dataclass(frozen=True)
class Count:
    count: int


@dataclasses.dataclass(frozen=True)
class Problem:
    """One of the `errors` of a 403."""
    property: str
    code: str


@dataclasses.dataclass(frozen=True)
class Invalid:
    """The body of a 403 for what can't be; its `code` is one that is documented."""
    code: str
    message: str
    errors: list[Problem]


@dataclasses.dataclass(frozen=True)
class NotFound:
    """The body of a 404."""
    code: str
    message: str
    source: str
