# The commands that CI runs, and others. `make ci` is all but the soak tests, Autobahn and
# the benchmarks.

GO       ?= go
FUZZTIME ?= 60s
FUZZ     ?= .

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

PLATFORMS = linux/386 linux/arm64 darwin/arm64 freebsd/amd64 windows/amd64

# The modules of their own, such as bench, and those whose tests are about concurrency,
# which run with the race detector.
MODULES = $(patsubst ./%/go.mod,%,$(shell find . -mindepth 2 -name go.mod -not -path '*/node_modules/*' -not -path '*/testdata/*' -not -path '*/.venv/*' | sort))
RACED   = $(filter broker/% examples/%,$(MODULES))

.PHONY: test coverage processors allocations simulate mutations soak soak-random lint fmt vet staticcheck vulnerabilities cross typecheck fuzz interop interop-docs interop-tools autobahn bench bench-groups bench-quick screenshots modules-test reproducible ci

# -short, because go test ./... has all repetitions, without the race detector.
test:
	$(GO) test -race -shuffle=on -short ./...

# How many of the library's statements the tests execute, which must be COVERAGE percent,
# and the functions with statements that they do not execute. What only tests import is
# not counted. -short has fewer repetitions, and executes the same statements.
COVERAGE = 95
COVERED  = $(shell $(GO) list ./ws ./group ./internal/... | grep -v -e 'test$$' -e 'bench$$' -e structure)

coverage:
	$(GO) test -short -coverpkg="$$(echo $(COVERED) | tr ' ' ,)" -coverprofile=coverage.out $(COVERED) ./ws_test
	@$(GO) tool cover -func=coverage.out | awk '/^total:/ { total = $$NF } $$NF != "100.0%" { print } \
		END { print "total " total; if (total + 0 < $(COVERAGE)) { print "which is less than $(COVERAGE)%"; exit 1 } }'

# The tests of the library on another processor, such as test-386 and test-arm64: natively
# if the kernel can do that, or with QEMU, which takes minutes.
test-%:
	GO='$(GO)' bash .ci/test-arch $* -short $(COVERED) ./wsjson/... ./ws_test ./ws_test/simulation

# What of this is quick enough for every run: on 386 the library and its limits, and on
# arm64 packages of which QEMU makes seconds.
processors:
	GO='$(GO)' bash .ci/test-arch 386 -short $(COVERED)
	GO='$(GO)' bash .ci/test-arch 386 -short -run 'Conformance|Limit|Aggregate|MaxFrameSize' ./ws_test
	GO='$(GO)' bash .ci/test-arch arm64 -short ./internal/frame ./internal/message ./internal/inflate

# The race detector allocates, so what must not allocate is tested without it;
# and thousands of random conversations, for which it is too slow.
allocations:
	$(GO) test -run 'Alloc|RandomCompressed|Hostile|CostOf' ./...

# SEEDS runs of clients and servers over a simulated network: see ws_test/simulation.
SEEDS ?= 2000

simulate:
	$(GO) test -count=1 -timeout 0 -run Simulate ./ws_test/simulation -seeds $(SEEDS)

# Whether the simulation finds errors: it is run with each of a table of them.
mutations:
	$(GO) run ./ws_test/simulation/mutations

# Sessions with random behaviour for SOAK, after which nothing may be left: see ws_test/soak.
# And what else takes too long for every run: slow peers, in real time and with all
# defaults, for three minutes; ten thousand clients of a server that restarts; longer
# sequences of the model of the send queue; 10,000 connections of hostile peers.
SOAK ?= 10m

soak: soak-random
	HANDSET_SOAK=1 $(GO) test -count=1 -v -timeout 10m -parallel 32 -run 'Soak|RedialAfterRestart' ./ws_test
	HANDSET_SOAK=1 $(GO) test -count=1 -v -timeout 10m -run TestModel ./internal/outbox
	HANDSET_SOAK=1 $(GO) test -count=1 -v -timeout 10m -run 'TestHostile$$' ./ws_test/hostile

soak-random:
	$(GO) test -count=1 -v -timeout 0 -run TestSoak ./ws_test/soak -soak $(SOAK)

lint: fmt vet staticcheck vulnerabilities

fmt:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi

vet:
	$(GO) vet ./... ./.ci/typecheck
	@code=0; for module in $(MODULES); do \
		echo "$(GO) -C $$module vet ./..."; $(GO) -C $$module vet ./... || code=1; \
	done; exit $$code

staticcheck:
	$(GO) run $(STATICCHECK) ./... ./.ci/typecheck
	@code=0; for module in $(MODULES); do \
		echo "$(GO) -C $$module run $(STATICCHECK) ./..."; $(GO) -C $$module run $(STATICCHECK) ./... || code=1; \
	done; exit $$code

# Vulnerabilities are known by a database on the net, which not every machine
# can reach. Those of the standard library are only reported: a newer Go is what mends them.
vulnerabilities:
	@echo '$(GO) run $(GOVULNCHECK) ./...'
	@output=$$($(GO) run $(GOVULNCHECK) ./... 2>&1); code=$$?; echo "$$output"; \
	case "$$output" in \
	*'fetching vulnerabilities'*) echo '*** SKIPPED: govulncheck cannot reach its database ***' ;; \
	*'  Module: '*) exit $$code ;; \
	*'  Standard library'*) echo '*** The standard library of this Go has vulnerabilities, and the modules have none ***' ;; \
	*) exit $$code ;; \
	esac

# The systems that the tests do not run on must at least build, tests included.
cross: $(PLATFORMS)

.PHONY: $(PLATFORMS)
$(PLATFORMS):
	GOOS=$(@D) GOARCH=$(@F) $(GO) build ./...
	GOOS=$(@D) GOARCH=$(@F) $(GO) vet ./...

# The same without compiling anything, which takes a twentieth of the time.
typecheck:
	$(GO) run ./.ci/typecheck $(PLATFORMS)

# The fuzz targets that match FUZZ, each for FUZZTIME.
fuzz:
	GO='$(GO)' FUZZTIME='$(FUZZTIME)' bash .ci/fuzz '$(FUZZ)'

# Foreign programs that the library is tested against. Without them their tests
# are skipped by `make test`; here they must be there.
interop-tools:
	bash .ci/interop-tools

interop:
	HANDSET_INTEROP=1 $(GO) test -count=1 -run Interop ./ws_test ./examples/...
	HANDSET_INTEROP=1 $(GO) -C examples/chat test -count=1 -run Interop ./...
	HANDSET_INTEROP=1 $(GO) -C bench test -count=1 -run Interop ./interop/...
	HANDSET_INTEROP=1 $(GO) -C broker/redis test -race -shuffle=on -count=1 ./...

# docs/interop.md from the results of these tests.
interop-docs:
	results=$$(mktemp) && export HANDSET_INTEROP_RESULTS=$$results && $(MAKE) interop && \
	$(GO) -C ws_test/middleware test -count=1 -run Routers . && \
	$(GO) test -count=1 ./ws_test -run InteropDocs -update-docs; code=$$?; rm -f $$results; exit $$code

# The public test suite for WebSocket, against a server and a client: all of its
# cases, in a quarter of an hour or more, or those of a pattern, such as '[1-7].*' in
# half a minute. It is skipped, with a message, without CPython 2.7.
AUTOBAHN_CASES ?= *

autobahn:
	GO='$(GO)' HANDSET_AUTOBAHN_CASES='$(AUTOBAHN_CASES)' bash .ci/autobahn

# The pictures in the READMEs of the examples, in the font Inter if it is installed.
screenshots:
	$(GO) test -count=1 -run Screenshots -screenshots ./examples/progress ./examples/ticker
	$(GO) -C examples/chat test -count=1 -run Screenshots -screenshots .

# Beside its peers, on this machine: bench/RESULTS.md and its charts, in three
# quarters of an hour, and the quick one, which only prints.
bench:
	$(GO) -C bench run ./cmd/bench -rounds 3 -seconds 0.3 -out .

bench-groups: # into bench/groups; five minutes
	$(GO) -C bench run ./cmd/bench -rounds 3 -seconds 0.3 -out groups -workloads group,group-dead,group-idle \
		-servers 'handset-group,handset-group-drop,handset-loop,handset-sessions,raw,gws,gorilla,melody,centrifuge'

bench-quick:
	$(GO) -C bench run ./cmd/bench -rounds 3 -seconds 0.4 -workloads echo,burst,large,broadcast,push,accept \
		-servers 'handset-recv,handset-all,handset-whole,raw,gws,gorilla,coder'

# A clone needs nothing but Go, and two builds are the same.
reproducible:
	GO='$(GO)' bash .ci/reproducible

# Every module of its own.
modules-test:
	@code=0; for module in $(MODULES); do \
		case ' $(RACED) ' in *" $$module "*) flags='-race -shuffle=on' ;; *) flags= ;; esac; \
		echo "$(GO) -C $$module test $$flags ./..."; $(GO) -C $$module test $$flags ./... || code=1; \
	done; exit $$code

ci: lint typecheck cross test coverage processors allocations modules-test interop-tools interop fuzz simulate mutations reproducible
