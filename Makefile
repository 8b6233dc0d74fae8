# Everything that CI does, by the same commands. `make ci` is all of it.

GO       ?= go
FUZZTIME ?= 60s

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

PLATFORMS = linux/386 linux/arm64 darwin/arm64 freebsd/amd64 windows/amd64

.PHONY: test allocations soak lint fmt vet staticcheck vulnerabilities cross fuzz interop interop-tools autobahn bench bench-quick bench-test metrics-test middleware-test ci

test:
	$(GO) test -race -shuffle=on ./...

# The race detector allocates, so what must not allocate is tested without it;
# and thousands of random conversations, for which it is too slow.
allocations:
	$(GO) test -run 'Alloc|RandomCompressed' ./...

# Slow peers, in real time and with all defaults: three minutes.
soak:
	HANDSET_SOAK=1 $(GO) test -count=1 -v -timeout 10m -parallel 32 -run Soak ./ws_test

lint: fmt vet staticcheck vulnerabilities

fmt:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi

vet:
	$(GO) vet ./...
	$(GO) -C bench vet ./...
	$(GO) -C metrics/prometheus vet ./...
	$(GO) -C ws_test/middleware vet ./...

staticcheck:
	$(GO) run $(STATICCHECK) ./...

# Vulnerabilities are known by a database on the net, which not every machine
# can reach.
vulnerabilities:
	@echo '$(GO) run $(GOVULNCHECK) ./...'
	@output=$$($(GO) run $(GOVULNCHECK) ./... 2>&1); code=$$?; echo "$$output"; \
	case "$$output" in \
	*'fetching vulnerabilities'*) echo '*** SKIPPED: govulncheck cannot reach its database ***' ;; \
	*) exit $$code ;; \
	esac

# The systems that the tests do not run on must at least build, tests included.
cross: $(PLATFORMS)

.PHONY: $(PLATFORMS)
$(PLATFORMS):
	GOOS=$(@D) GOARCH=$(@F) $(GO) build ./...
	GOOS=$(@D) GOARCH=$(@F) $(GO) vet ./...

# Every fuzz target for FUZZTIME.
fuzz:
	GO='$(GO)' FUZZTIME='$(FUZZTIME)' bash .ci/fuzz

# Foreign programs that the library is tested against. Without them their tests
# are skipped by `make test`; here they must be there.
interop-tools:
	bash .ci/interop-tools

interop:
	HANDSET_INTEROP=1 $(GO) test -count=1 -v -run Interop ./ws_test
	HANDSET_INTEROP=1 $(GO) -C bench test -count=1 -v -run Interop ./interop

# The public test suite for WebSocket, against a server and a client: all of its
# cases, in a quarter of an hour or more, or those of a pattern, such as '[1-7].*' in
# half a minute. It is skipped, with a message, without CPython 2.7.
AUTOBAHN_CASES ?= *

autobahn:
	GO='$(GO)' HANDSET_AUTOBAHN_CASES='$(AUTOBAHN_CASES)' bash .ci/autobahn

# Beside its peers, on this machine: bench/RESULTS.md and its charts, in a quarter of an
# hour, and the quick one, which only prints.
bench:
	$(GO) -C bench run ./cmd/bench -rounds 3 -seconds 0.3 -out .

bench-quick:
	$(GO) -C bench run ./cmd/bench -rounds 3 -seconds 0.4 -workloads echo,burst,large,broadcast,push,accept \
		-servers 'handset-recv,handset-all,handset-whole,raw,gws,gorilla,coder'

# The bench is a module of its own, with tests of its own.
bench-test:
	$(GO) -C bench test ./...

# So are the metrics.
metrics-test:
	$(GO) -C metrics/prometheus test ./...

# So are the middlewares that sessions are tested behind.
middleware-test:
	$(GO) -C ws_test/middleware test -race -shuffle=on ./...

ci: lint cross test allocations bench-test metrics-test middleware-test interop-tools interop fuzz
