module github.com/governedsql/governed/internal/pgoracle

go 1.26.0

require (
	github.com/governedsql/governed v0.0.0
	github.com/pganalyze/pg_query_go/v6 v6.2.5
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/sqlc-dev/oliphant v0.2.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/governedsql/governed => ../..
