# The words of this project. Each but the last only calls go.
#
#	make test                                     everything, on a real PostgreSQL
#	make lint                                     format, vet, staticcheck
#	make race                                     the same tests, looking for data races
#	make bench                                    governed beside plain pgx and otelsql: ratios
#	make fuzz  PKG=./lineage FUZZ=FuzzAnalyze     look for input that breaks it
#	make update PKG=./lineage                     rewrite golden files, then read the diff
#	make oracle                                   score the analyser on the shared corpora, where they are

# Pinned here and nowhere else: .ci/run reads these lines too.
GOFUMPT = mvdan.cc/gofumpt@v0.12.0
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

PKG ?= ./lineage
FUZZ ?= Fuzz
FUZZTIME ?= 1m
GOVERNED_SHARED ?= ../shared

.PHONY: test lint race bench fuzz update oracle

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

# The corpora come with python programs that take the answers out and that compare; what is between is ours.
STATEMENTS = $(addsuffix .jsonl.gz,regress_truth columns_truth apps_truth apps_columns_truth)
QUESTION = id sql schema types views search_path ddl

oracle:
	@if [ ! -f '$(GOVERNED_SHARED)/oracle/strip.py' ]; then \
		echo 'oracle: no corpora in $(GOVERNED_SHARED); set GOVERNED_SHARED to where they are'; exit 0; fi; \
	set -e; out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; \
	go build -o "$$out/predict" ./internal/oracle/predict; \
	cd '$(GOVERNED_SHARED)/oracle'; \
	python3 strip.py $(STATEMENTS) >"$$out/inputs"; \
	"$$out/predict" -catalog catalog_defs.jsonl.gz <"$$out/inputs" >"$$out/predictions"; \
	python3 score.py "$$out/predictions" $(STATEMENTS); \
	cd ../lineage; \
	python3 -c 'import gzip, json, sys; [print(json.dumps({k: c[k] for k in sys.argv[1:] if k in c})) for c in map(json.loads, gzip.open("cases.jsonl.gz", "rt"))]' \
		$(QUESTION) >"$$out/inputs"; \
	"$$out/predict" -format cases <"$$out/inputs" >"$$out/predictions"; \
	python3 score.py cases.jsonl.gz "$$out/predictions" --by feature
