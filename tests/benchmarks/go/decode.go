// Decode the page of builds on standard input with go-buildkite, and print the milliseconds of the best of several runs.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/buildkite/go-buildkite/v5"
)

func main() {
	content, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	best := time.Hour
	for range count {
		start := time.Now()
		var builds []buildkite.Build
		if err := json.Unmarshal(content, &builds); err != nil {
			panic(err)
		}
		if len(builds) != 100 || len(builds[99].Jobs) == 0 || builds[99].CreatedAt == nil {
			panic("another page was decoded")
		}
		best = min(best, time.Since(start))
	}
	fmt.Println(float64(best) / float64(time.Millisecond))
}
