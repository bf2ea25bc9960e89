module decode

go 1.25

require github.com/buildkite/go-buildkite/v5 v5.9.0
