#!/usr/bin/env python3
"""A client written from Rebrandly's public documentation, used against a service.

    rebrandly_client.py BASE_URL API_KEY [CHECK ...]
    rebrandly_client.py --list

BASE_URL is what stands before `/v1`; the key has to be one that may make workspaces. Each check
makes workspaces, domains and links of its own and takes them away again. Prints `ok CHECK` or
`FAILED CHECK: why` for each, and exits with 1 when one failed.
"""
import sys

import checks_account  # noqa: F401  each of these adds to `checks`
import checks_errors  # noqa: F401
import checks_extras  # noqa: F401
import checks_links  # noqa: F401
from bench import Bench, Failed, checks
from client import Refused
from models import Mismatch


def run(name, bench):
    """Whether the check held."""
    try:
        checks.by_name[name](bench)
    except (Failed, Mismatch, Refused) as error:
        print(f"FAILED {name}: {error}", flush=True)
        return False
    except Exception as error:
        # An answer so odd, or none at all, that the check itself stumbled.
        print(f"FAILED {name}: {type(error).__name__}: {error}", flush=True)
        return False
    finally:
        bench.clear()
    print(f"ok {name}", flush=True)
    return True


def main():
    arguments = sys.argv[1:]
    if arguments == ["--list"]:
        for name, check in checks.by_name.items():
            print(f"{name}: {' '.join(check.__doc__.split())}")
        return 0
    if len(arguments) < 2:
        sys.exit(__doc__)
    base_url, key, *names = arguments
    unknown = [name for name in names if name not in checks.by_name]
    if unknown:
        sys.exit(f"there is no check {unknown[0]}; --list names them")
    results = [run(name, Bench(base_url, key)) for name in names or checks.by_name]
    print(f"{results.count(True)} of {len(results)} checks held")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
