// Tests of a Go program with the client of OpenAPI Generator, against the mock server.
package crosscheck

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"testing"

	"crosscheck/buildkite"
)

const org, pipeline = "acme", "web"

var next = regexp.MustCompile(`<([^>]+)>; rel="next"`)

func connect(t *testing.T) (*buildkite.APIClient, context.Context) {
	t.Helper()
	configuration := buildkite.NewConfiguration()
	configuration.Servers = buildkite.ServerConfigurations{{URL: os.Getenv("BUILDKITE_URL")}}
	token := os.Getenv("BUILDKITE_API_TOKEN")
	return buildkite.NewAPIClient(configuration), context.WithValue(context.Background(), buildkite.ContextAccessToken, token)
}

func check(t *testing.T, err error) {
	t.Helper()
	var failure *buildkite.GenericOpenAPIError
	if errors.As(err, &failure) {
		t.Fatalf("%v: %.500s", err, failure.Body())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, link string, name string) string {
	t.Helper()
	parsed, err := url.Parse(link)
	check(t, err)
	return parsed.Query().Get(name)
}

func TestAListIsFollowedByItsLinkHeader(t *testing.T) {
	client, ctx := connect(t)
	numbers := map[int32]bool{}
	for page := int32(1); page != 0; {
		builds, response, err := client.BuildsAPI.ListBuilds(ctx, org, pipeline).Page(page).PerPage(50).Execute()
		check(t, err)
		for _, build := range builds {
			numbers[build.Number] = true
		}
		page = 0
		if link := next.FindStringSubmatch(response.Header.Get("Link")); link != nil {
			number, err := strconv.Atoi(query(t, link[1], "page"))
			check(t, err)
			page = int32(number)
		}
	}
	if len(numbers) <= 100 {
		t.Fatalf("%d builds", len(numbers))
	}
}

func TestABuildIsCreatedCanceledAndRebuilt(t *testing.T) {
	client, ctx := connect(t)
	body := buildkite.NewBuildCreate("HEAD", "main")
	body.SetMessage("From Go")
	created, _, err := client.BuildsAPI.CreateBuild(ctx, org, pipeline).BuildCreate(*body).Execute()
	check(t, err)
	found, _, err := client.BuildsAPI.GetBuild(ctx, org, pipeline, created.Number).Execute()
	check(t, err)
	if found.Message.Get() == nil || *found.Message.Get() != "From Go" {
		t.Fatalf("message %v", found.Message.Get())
	}
	canceled, _, err := client.BuildsAPI.CancelBuild(ctx, org, pipeline, created.Number).Execute()
	check(t, err)
	if canceled.State != buildkite.BUILDSTATE_CANCELED && canceled.State != buildkite.BUILDSTATE_CANCELING {
		t.Fatalf("state %v", canceled.State)
	}
	rebuilt, _, err := client.BuildsAPI.RebuildBuild(ctx, org, pipeline, 1).Execute()
	check(t, err)
	if origin := rebuilt.GetRebuiltFrom(); origin.GetNumber() != 1 {
		t.Fatalf("rebuilt from %v", origin)
	}
}

func TestAPipelineIsCreatedUpdatedAndDeleted(t *testing.T) {
	client, ctx := connect(t)
	clusters, _, err := client.ClustersAPI.ListClusters(ctx, org).Execute()
	check(t, err)
	body := buildkite.NewPipelineCreate("Go", clusters[0].Id, "git@github.com:acme/go.git")
	script := buildkite.NewScriptStepInput("script")
	script.SetCommand("make")
	body.SetSteps([]buildkite.StepInput{buildkite.ScriptStepInputAsStepInput(script)})
	created, _, err := client.PipelinesAPI.CreatePipeline(ctx, org).PipelineCreate(*body).Execute()
	check(t, err)
	change := buildkite.NewPipelineUpdate()
	change.SetDescription("From Go")
	updated, _, err := client.PipelinesAPI.UpdatePipeline(ctx, org, created.Slug).PipelineUpdate(*change).Execute()
	check(t, err)
	if updated.GetDescription() != "From Go" || len(updated.Steps) != 1 || updated.Steps[0].ScriptStep == nil {
		t.Fatalf("description %q, steps %v", updated.GetDescription(), updated.Steps)
	}
	_, err = client.PipelinesAPI.DeletePipeline(ctx, org, created.Slug).Execute()
	check(t, err)
	_, response, err := client.PipelinesAPI.GetPipeline(ctx, org, created.Slug).Execute()
	if err == nil || response.StatusCode != http.StatusNotFound {
		t.Fatalf("status %d, %v", response.StatusCode, err)
	}
}

func TestA422NamesTheFields(t *testing.T) {
	client, ctx := connect(t)
	body := buildkite.NewPipelineCreate("", "none", "git@github.com:acme/go.git")
	_, response, err := client.PipelinesAPI.CreatePipeline(ctx, org).PipelineCreate(*body).Execute()
	var failure *buildkite.GenericOpenAPIError
	if !errors.As(err, &failure) || response.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("status %d, %v", response.StatusCode, err)
	}
	invalid, isTyped := failure.Model().(buildkite.ValidationError)
	if !isTyped {
		t.Fatalf("model %T", failure.Model())
	}
	for _, each := range invalid.Errors {
		if each.GetField() == "name" {
			return
		}
	}
	t.Fatalf("errors %v", invalid.Errors)
}

func TestBuildsAreFilteredByAnArrayOfStates(t *testing.T) {
	client, ctx := connect(t)
	wanted := []buildkite.BuildStateFilter{buildkite.BUILDSTATEFILTER_FAILED, buildkite.BUILDSTATEFILTER_CANCELED}
	builds, _, err := client.BuildsAPI.ListBuilds(ctx, org, pipeline).State2(wanted).PerPage(100).Execute()
	check(t, err)
	found := map[buildkite.BuildState]bool{}
	for _, build := range builds {
		found[build.State] = true
	}
	if len(found) != 2 || !found[buildkite.BUILDSTATE_FAILED] || !found[buildkite.BUILDSTATE_CANCELED] {
		t.Fatalf("states %v", found)
	}
}

func TestACursorListIsReadPageByPage(t *testing.T) {
	client, ctx := connect(t)
	builds, _, err := client.BuildsAPI.ListBuilds(ctx, org, pipeline).Execute()
	check(t, err)
	number := builds[len(builds)-1].Number
	everything, _, err := client.JobsAPI.ListJobs(ctx, org, pipeline, number).Execute()
	check(t, err)
	read, after := 0, ""
	for {
		request := client.JobsAPI.ListJobs(ctx, org, pipeline, number).PerPage(2)
		if after != "" {
			request = request.After(after)
		}
		page, _, err := request.Execute()
		check(t, err)
		read += len(page.Items)
		if !page.Links.HasNext() {
			break
		}
		after = query(t, page.Links.GetNext(), "after")
	}
	if read != len(everything.Items) || read <= 2 {
		t.Fatalf("%d of %d jobs", read, len(everything.Items))
	}
}

func TestAJobIsNarrowedByItsType(t *testing.T) {
	client, ctx := connect(t)
	builds, _, err := client.BuildsAPI.ListOrganizationBuilds(ctx, org).PerPage(100).Execute()
	check(t, err)
	scripts, waiters := 0, 0
	for _, build := range builds {
		for _, job := range build.Jobs {
			switch {
			case job.ScriptJob != nil && job.ScriptJob.Type == "script":
				scripts++
			case job.WaiterJob != nil && job.WaiterJob.Type == "waiter":
				waiters++
			}
			if job.GetActualInstance() == nil {
				t.Fatalf("a job of %s has no type", build.Url)
			}
		}
	}
	if scripts == 0 || waiters == 0 {
		t.Fatalf("%d script jobs, %d waiter jobs", scripts, waiters)
	}
}

func TestObjectsWithNullsAreRead(t *testing.T) {
	client, ctx := connect(t)
	agents, _, err := client.AgentsAPI.ListAgents(ctx, org).Execute()
	check(t, err)
	pipelines, _, err := client.PipelinesAPI.ListPipelines(ctx, org).Execute()
	check(t, err)
	teams, _, err := client.TeamsAPI.ListTeams(ctx, org).Execute()
	check(t, err)
	if len(agents) == 0 || len(pipelines) == 0 || len(teams) == 0 {
		t.Fatalf("%d agents, %d pipelines, %d teams", len(agents), len(pipelines), len(teams))
	}
}

// raw returns the JSON of a build with another value.
func raw(t *testing.T, key string, value any) []byte {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, os.Getenv("BUILDKITE_URL")+"/v2/organizations/acme/pipelines/web/builds/1", nil)
	check(t, err)
	request.Header.Set("Authorization", "Bearer "+os.Getenv("BUILDKITE_API_TOKEN"))
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	check(t, err)
	values := map[string]any{}
	check(t, json.Unmarshal(content, &values))
	values[key] = value
	changed, err := json.Marshal(values)
	check(t, err)
	return changed
}

func TestAnUnknownStateIsNoError(t *testing.T) {
	var build buildkite.Build
	check(t, json.Unmarshal(raw(t, "state", "invented"), &build))
	if build.State != buildkite.BUILDSTATE_UNKNOWN_DEFAULT_OPEN_API {
		t.Fatalf("state %v", build.State)
	}
}

func TestAnUnknownTypeOfAJobIsEmpty(t *testing.T) {
	var build buildkite.Build
	check(t, json.Unmarshal(raw(t, "jobs", []map[string]string{{"type": "invented"}}), &build))
	if len(build.Jobs) != 1 || build.Jobs[0].GetActualInstance() != nil {
		t.Fatalf("jobs %v", build.Jobs)
	}
}

func TestAnUnknownPropertyIsKept(t *testing.T) {
	var build buildkite.Build
	check(t, json.Unmarshal(raw(t, "invented", "kept"), &build))
	if build.AdditionalProperties["invented"] != "kept" {
		t.Fatalf("properties %v", build.AdditionalProperties)
	}
}
