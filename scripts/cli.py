#!/usr/bin/env python3
"""Writes docs/cli.md from what the command says of itself.

    cli.py PATH-TO-clickstream TARGET.md [--check]

With --check nothing is written: exit status 1 if the page is not what would be.
"""
import itertools, json, re, subprocess, sys

EVERYWHERE = {"help", "version"}
OF_SERVICE = {"url", "key", "workspace", "json"}
HEAD = """# The command

<!-- Made by `make docs` from the command itself: change Sources/clickstream, or scripts/cli.py. -->

`clickstream help COMMAND` and `COMMAND --help` say what is here, too. Links can be named by themselves (`go.acme.com/sale`) instead of by
their ids; domains, workspaces, tags, scripts, apps, plans and keys by their names.

Exit status: 0 done, 1 failed (standard error says why and what to do), 64 wrong usage.

Commands that speak to the service take these options; each can be given by the environment, too:

| option | environment | |
|---|---|---|
| `--url URL` | `CLICKSTREAM_URL` | the service's control port; `http://127.0.0.1:8081` by default |
| `--key KEY` | `CLICKSTREAM_KEY` | an API key; `admin.key` in the data folder (`./data`, `CLICKSTREAM_DATA_DIRECTORY`) by default |
| `--workspace WORKSPACE` | `CLICKSTREAM_WORKSPACE` | a workspace, by id or name; the key's own by default |
| `--json` | | JSON on standard output, and nothing else there |

**Completions** for bash, zsh and fish come with `make install`; `clickstream --generate-completion-script bash` prints them, for
`~/.local/share/bash-completion/completions/clickstream`, say.
"""


def parts(discussion):
    """The paragraphs of a discussion, and its examples. What is said of every key of the configuration is on a page of its own."""
    text, _, rest = (discussion or "").partition("Example")
    examples = re.sub(r"\n\nKeys:.*", "", rest, flags=re.S).partition("\n")[2]
    return text.strip(), "\n".join(line[2:] for line in examples.rstrip().splitlines())


def positional(argument):
    name = f"<{argument['valueName']}>" + (" ..." if argument["isRepeating"] else "")
    return f"[{name}]" if argument["isOptional"] else name


def option(argument):
    names = ["-" * (2 if name["kind"] == "long" else 1) + name["name"] for name in argument["names"]]
    value = f" <{argument['valueName']}>" if argument["kind"] == "option" else ""
    return "`" + ", ".join(names) + value + "`" + (", again for each" if argument["isRepeating"] else "")


def described(argument):
    text = argument.get("abstract", "")
    if argument.get("allValues"): text += " One of " + ", ".join(f"`{value}`" for value in argument["allValues"]) + "."
    if argument.get("defaultValue") not in (None, "", "false"): text += f" Default: `{argument['defaultValue']}`."
    return text.replace("|", "\\|")


def section(command, depth):
    name = " ".join(command["superCommands"] + [command["commandName"]])
    arguments = [argument for argument in command.get("arguments", []) if argument["shouldDisplay"]]
    names = {argument["preferredName"]["name"] for argument in arguments if argument["kind"] != "positional"}
    common = EVERYWHERE | (OF_SERVICE if OF_SERVICE <= names else set())
    own = [a for a in arguments if a["kind"] == "positional" or a["preferredName"]["name"] not in common]
    places = [argument for argument in own if argument["kind"] == "positional"]
    inner = command.get("subcommands", [])
    notes, examples = parts(command.get("discussion"))
    lines = ["#" * depth + " " + name, ""]
    lines += [command["abstract"]] + (["", notes] if notes else [])
    rows = [(f"`{positional(a)}`", described(a)) for a in places]
    for text, same in itertools.groupby((a for a in own if a not in places), described):
        rows.append((", ".join(map(option, same)), text))
    if rows and not inner: lines += ["", "| argument | |", "|---|---|"] + [f"| {left} | {right} |" for left, right in rows]
    if examples: lines += ["", "```sh", examples, "```"]
    yield "\n".join(lines)
    for one in inner: yield from section(one, min(depth + 1, 4))


def main():
    binary, target = sys.argv[1:3]
    dump = json.loads(subprocess.run([binary, "--experimental-dump-help"], capture_output=True, check=True).stdout)
    commands = [command for command in dump["command"]["subcommands"] if command["commandName"] != "help"]
    index = "\n".join(f"| [`{c['commandName']}`](#clickstream-{c['commandName']}) | {c['abstract']} |" for c in commands)
    page = "\n\n".join([HEAD + "\n| command | |\n|---|---|\n" + index] + [text for c in commands for text in section(c, 2)]) + "\n"
    if "--check" not in sys.argv: open(target, "w").write(page)
    elif open(target).read() != page: sys.exit(f"{target} is not what the command says: make docs")


main()
