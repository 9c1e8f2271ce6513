# The words of this project. Each only calls go.
#
#	make test                                     everything, on a real PostgreSQL
#	make lint                                     format, vet, staticcheck
#	make race                                     the same tests, looking for data races
#	make bench                                    governed beside plain pgx and otelsql: ratios
#	make fuzz  PKG=./lineage FUZZ=FuzzAnalyze     look for input that breaks it
#	make update PKG=./lineage                     rewrite golden files, then read the diff

# Pinned here and nowhere else: .ci/run reads these lines too.
GOFUMPT = mvdan.cc/gofumpt@v0.12.0
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

PKG ?= ./lineage
FUZZ ?= Fuzz
FUZZTIME ?= 1m

.PHONY: test lint race bench fuzz update

test:
	go test ./...

lint:
	@unformatted=$$(go run $(GOFUMPT) -l .) && if [ -n "$$unformatted" ]; then \
		echo "not formatted with gofumpt:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

race:
	go test -race ./...

bench:
	cd internal/peers && go run ./bench

fuzz:
	go test -run '^$$' -fuzz '$(FUZZ)' -fuzztime $(FUZZTIME) $(PKG)

update:
	go test $(PKG) -update
