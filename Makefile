# make help lists what can be made.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

BINARY := .build/release/clickstream
# What the binary is made of: it is built again only when one of these is newer.
SOURCES := Package.swift $(shell find Sources -name '*.swift' -o -name '*.cpp' -o -name '*.h' -o -name module.modulemap -o -name '*.txt')
# The folder with the checks and fixtures that are not part of this repository; may be absent.
CONFORMANCE ?= ../shared
export CONFORMANCE := $(abspath $(CONFORMANCE))
PREFIX ?= /usr/local
FORMATTED := Package.swift Sources Tests examples

.PHONY: help run build test unit system api contract check format lint docs bench accuracy bench-plot soak soak-kills soak-order soak-power soak-api soak-fuzz soak-steady install clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: $(BINARY) ## Set up, build, and start everything on this machine with a demo link
	@scripts/setup
	@exec $(BINARY) serve --demo

build: $(BINARY) ## Build for release: .build/release/clickstream

$(BINARY): $(SOURCES)
	@scripts/setup
	swift build -c release --product clickstream
	@touch $(BINARY)

test: unit system api contract ## Every test

unit: ## Unit tests, on a debug build, one after the other: what waits for a clock is not starved
	@scripts/setup --tests
	swift test --no-parallel --skip '^SystemTests\.'

system: $(BINARY) ## System tests, which drive the release binary
	@scripts/setup --tests
	CLICKSTREAM_BINARY=$(abspath $(BINARY)) swift test --no-parallel --filter '^SystemTests\.'

api: $(BINARY) ## The API against its description, its events against their schema, and clients of Rebrandly's API against it
	@scripts/setup --tests
	.data/venv/bin/python Tests/Description/check.py $(BINARY)
	/usr/bin/python3 scripts/api.py $(BINARY) docs/api-reference.md --check
	.data/venv/bin/python Tests/Compatibility/run.py $(BINARY)
	.data/venv/bin/python Tests/Schemas/check.py $(BINARY)
	/usr/bin/python3 Tests/Schemas/walk.py $(BINARY)

contract: $(BINARY) ## The contract's checks, where $(CONFORMANCE) has them
	@if [ -f $(CONFORMANCE)/checks/contract.py ]; then \
	    /usr/bin/python3 $(CONFORMANCE)/checks/contract.py $(BINARY); \
	else \
	    echo "skipped: no checks in $(CONFORMANCE) (set CONFORMANCE to the folder that has them)"; \
	fi

check: lint test ## Format, lint, tests: what has to be green

format: ## Lay the sources out
	swift format --in-place --parallel --recursive $(FORMATTED)

lint: ## Complain about layout and style
	swift format lint --strict --parallel --recursive $(FORMATTED)

docs: $(BINARY) ## Write docs/cli.md from the command itself, docs/api-reference.md from the API's description
	/usr/bin/python3 scripts/cli.py $(BINARY) docs/cli.md
	/usr/bin/python3 scripts/api.py $(BINARY) docs/api-reference.md

bench: $(BINARY) ## Measure against the peers (BENCH='--only NAME ...', '--long'); prints tables, keeps .data/bench.json
	@scripts/setup --bench
	@swift build -c release --product enrichment-benchmark
	@swift build -c release --product log-benchmark
	@swift build -c release --product bench-load
	/usr/bin/python3 Benchmarks/bench.py $(BINARY) --json .data/bench.json $(BENCH)

bench-plot: ## Draw docs/performance.svg from .data/bench.json
	@scripts/setup --bench
	.data/venv/bin/python Benchmarks/plot.py .data/bench.json docs/performance.svg

accuracy: ## How often enrichment is right, on the data in $(CONFORMANCE); writes docs/accuracy.md
	@scripts/setup --tests
	@mkdir -p .data && rm -f .data/accuracy.jsonl
	@ACCURACY=$(abspath .data/accuracy.jsonl) swift test \
	    --filter 'Accuracy|every row|absolute http URLs' >.data/accuracy.log 2>&1 || { cat .data/accuracy.log; exit 1; }
	@/usr/bin/python3 scripts/accuracy.py .data/accuracy.jsonl docs/accuracy.md

# What is done leaves a file here, so that what was broken off goes on where it was: parts of `make soak`, rounds of the longer parts.
# Of one build: what another one did says nothing of this.
SOAKED = .data/soak/$(shell sha256sum $(BINARY) 2>/dev/null | cut -c1-12)
PARTS := soak-kills soak-order soak-power soak-api soak-fuzz

soak: ## The long tests, each of which runs alone, too; broken off, they go on where they were
	@mkdir -p $(SOAKED)
	@for part in $(PARTS); do \
	    test -e $(SOAKED)/$$part && continue; \
	    $(MAKE) $$part && touch $(SOAKED)/$$part || exit 1; \
	done
	@rm -f $(SOAKED)/soak-*

SOAK := CLICKSTREAM_BINARY=$(abspath $(BINARY)) swift test --no-parallel --filter
ROUNDS := 1 2 3 4 5 6 7 8 9 10

soak-kills: $(BINARY) ## kill -9 a thousand times under load, SIGTERM two hundred times
	@scripts/setup --tests
	@mkdir -p $(SOAKED)
	@for round in $(ROUNDS); do \
	    test -e $(SOAKED)/kills-$$round && continue; \
	    echo "kills, round $$round of 10"; \
	    KILLS=100 TERMS=20 $(SOAK) '^SystemTests\.CrashTests' || exit 1; \
	    touch $(SOAKED)/kills-$$round; \
	done
	@rm -f $(SOAKED)/kills-*

soak-order: ## Ten million events, ten thousand lost answers: each once and in order
	@scripts/setup --tests
	FAULT_EVENTS=10000000 FAULT_LOST=10000 swift test --filter '^DeliveryTests\.FaultTests'

soak-power: $(BINARY) ## Five thousand losses of power at random points: what was synced is there, and opens
	@scripts/setup --tests
	@mkdir -p $(SOAKED)
	@for round in $(ROUNDS); do \
	    test -e $(SOAKED)/power-$$round && continue; \
	    echo "losses of power, round $$round of 10"; \
	    POWER_CUTS=500 POWER_SECONDS=4 $(SOAK) '^SystemTests\.PowerLossTests' || exit 1; \
	    touch $(SOAKED)/power-$$round; \
	done
	@rm -f $(SOAKED)/power-*

# Inputs for each parser; `make soak-fuzz FUZZ_RUNS=... FUZZ_TARGETS=head` for fewer.
FUZZ_RUNS ?= 2000000
FUZZ_TARGETS ?= head click line url body block places batch

soak-api: $(BINARY) ## 20,000 calls of the API, right ones and wrong ones, each answer held against the description
	@scripts/setup --tests
	.data/venv/bin/python Tests/Description/check.py $(BINARY) --calls 20000

soak-fuzz: ## Inputs made by libFuzzer for every parser of bytes from outside
	@scripts/setup
	FUZZING=1 swift build -c release --scratch-path .build/fuzz --sanitize fuzzer --product fuzz -Xswiftc -enable-testing
	.data/venv/bin/python Tests/Fuzz/seeds.py .data/fuzz
	@for target in $(FUZZ_TARGETS); do \
	    echo "fuzzing $$target"; \
	    FUZZ=$$target .build/fuzz/release/fuzz -runs=$(FUZZ_RUNS) -max_len=4096 -timeout=10 -rss_limit_mb=4096 \
	        -print_final_stats=1 -artifact_prefix=.data/fuzz/$$target- .data/fuzz/$$target 2>&1 | tail -n 12 || exit 1; \
	done

# `make soak-steady STEADY=600` for ten minutes.
STEADY ?= 3600

soak-steady: $(BINARY) ## An hour at half the peak: memory and descriptors level, nothing lost; keeps .data/soak-steady.json
	@scripts/setup --bench
	@swift build -c release --product bench-load
	/usr/bin/python3 Benchmarks/soak.py $(BINARY) --seconds $(STEADY) --json .data/soak-steady.json

COMPLETIONS := bash:share/bash-completion/completions/clickstream zsh:share/zsh/site-functions/_clickstream \
    fish:share/fish/vendor_completions.d/clickstream.fish

install: $(BINARY) ## Install into $(PREFIX), with completions for shells
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/clickstream
	install -d $(DESTDIR)$(PREFIX)/share/clickstream
	install -m 644 .data/tables/* $(DESTDIR)$(PREFIX)/share/clickstream/
	@for place in $(COMPLETIONS); do \
	    path=$(DESTDIR)$(PREFIX)/$${place#*:}; \
	    install -d $$(dirname $$path) && $(BINARY) --generate-completion-script $${place%%:*} >$$path || exit 1; \
	done

clean: ## Remove what was built; tables and data stay
	rm -rf .build
