// Program with openapi-typescript and openapi-fetch, as in their documentation, for Node's test runner.
import assert from "node:assert/strict";
import { test } from "node:test";
import createClient from "openapi-fetch";
import type { components, paths } from "./buildkite.js";

type Build = components["schemas"]["Build"];

const url = process.env.BUILDKITE_URL ?? assert.fail("BUILDKITE_URL is not set");
const token = process.env.BUILDKITE_API_TOKEN ?? assert.fail("BUILDKITE_API_TOKEN is not set");
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });
const web = { org: "acme", pipeline: "web" };

function next(response: Response): number | undefined {
  const link = response.headers.get("Link")?.match(/<([^>]+)>; rel="next"/)?.[1];
  return link === undefined ? undefined : Number(new URL(link).searchParams.get("page"));
}

async function newestBuild(filter: (build: Build) => boolean = () => true): Promise<Build> {
  const { data } = await client.GET("/v2/organizations/{org}/builds", {
    params: { path: { org: "acme" }, query: { per_page: 100 } },
  });
  return data?.find(filter) ?? assert.fail("no such build");
}

test("a list is followed by its Link header", async () => {
  const numbers: number[] = [];
  let page: number | undefined = 1;
  while (page !== undefined) {
    const { data, response }: { data?: Build[]; response: Response } = await client.GET(
      "/v2/organizations/{org}/pipelines/{pipeline}/builds",
      { params: { path: web, query: { page, per_page: 50 } } },
    );
    numbers.push(...(data ?? []).map((build) => build.number));
    page = next(response);
  }
  assert.ok(numbers.length > 100);
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => b - a));
});

test("a build is created, read, canceled and rebuilt", async () => {
  const { data: created } = await client.POST("/v2/organizations/{org}/pipelines/{pipeline}/builds", {
    params: { path: web },
    body: { commit: "HEAD", branch: "main", message: "From TypeScript", meta_data: { release: "1.8.0" } },
  });
  assert.ok(created);
  const path = { ...web, number: created.number };
  const { data: found } = await client.GET("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}", {
    params: { path },
  });
  assert.deepEqual([found?.message, found?.meta_data], ["From TypeScript", { release: "1.8.0" }]);
  const { data: canceled } = await client.PUT(
    "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/cancel",
    { params: { path } },
  );
  assert.match(canceled?.state ?? "", /^cancel(ed|ing)$/);
  const { data: rebuilt } = await client.PUT(
    "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/rebuild",
    { params: { path: { ...web, number: 1 } } },
  );
  assert.equal(rebuilt?.rebuilt_from?.number, 1);
});

test("a pipeline is created, updated and deleted", async () => {
  const { data: clusters } = await client.GET("/v2/organizations/{org}/clusters", { params: { path: { org: "acme" } } });
  const cluster_id = clusters?.[0]?.id ?? assert.fail("no cluster");
  const { data: created, response } = await client.POST("/v2/organizations/{org}/pipelines", {
    params: { path: { org: "acme" } },
    body: { name: "Peers", repository: "git@github.com:acme/peers.git", cluster_id, configuration: "steps:\n  - wait\n" },
  });
  assert.equal(response.status, 201);
  const path = { org: "acme", pipeline: created?.slug ?? assert.fail("no slug") };
  const { data: updated } = await client.PATCH("/v2/organizations/{org}/pipelines/{pipeline}", {
    params: { path },
    body: { description: "From TypeScript" },
  });
  assert.equal(updated?.description, "From TypeScript");
  const deleted = await client.DELETE("/v2/organizations/{org}/pipelines/{pipeline}", { params: { path } });
  assert.deepEqual([deleted.response.status, deleted.error], [204, undefined]);
  const gone = await client.GET("/v2/organizations/{org}/pipelines/{pipeline}", { params: { path } });
  assert.deepEqual([gone.response.status, gone.data], [404, undefined]);
  assert.equal(typeof gone.error?.message, "string");
});

test("a 422 names the fields", async () => {
  const { data, error, response } = await client.POST("/v2/organizations/{org}/pipelines", {
    params: { path: { org: "acme" } },
    body: { name: "", repository: "git@github.com:acme/peers.git", cluster_id: "none" },
  });
  assert.deepEqual([response.status, data], [422, undefined]);
  assert.ok(error !== undefined && "errors" in error);
  assert.ok(error.errors?.some((each) => each.field === "name"));
});

test("a cursor list is followed by its links", async () => {
  const build = await newestBuild((each) => (each.jobs?.length ?? 0) > 5);
  const path = { org: "acme", pipeline: build.pipeline?.slug ?? "", number: build.number };
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const { data } = await client.GET("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/jobs", {
      params: { path, query: after === undefined ? { per_page: 3 } : { per_page: 3, after } },
    });
    ids.push(...(data?.items ?? []).map((job) => job.id));
    const link: string | undefined = data?.links.next;
    after = link === undefined ? undefined : (new URL(link).searchParams.get("after") ?? undefined);
  } while (after !== undefined);
  assert.ok(ids.length > 5);
  assert.equal(new Set(ids).size, ids.length);
});

test("a map in the query filters by meta-data", async () => {
  const { meta_data } = await newestBuild((each) => Object.keys(each.meta_data ?? {}).length > 0);
  const { data } = await client.GET("/v2/organizations/{org}/builds", {
    params: { path: { org: "acme" }, query: { meta_data: meta_data ?? {}, per_page: 100 } },
  });
  assert.ok(data && data.length > 0);
  for (const build of data) assert.deepEqual(build.meta_data, meta_data);
});

test("an array in the query filters by states", async () => {
  const { data } = await client.GET("/v2/organizations/{org}/builds", {
    params: { path: { org: "acme" }, query: { "state[]": ["failed", "canceled"], per_page: 100 } },
  });
  assert.deepEqual(new Set(data?.map((build) => build.state)), new Set(["failed", "canceled"]));
});

test("a job is narrowed by its type", async () => {
  const build = await newestBuild((each) => each.jobs?.some((job) => job.type === "waiter") ?? false);
  for (const job of build.jobs ?? []) {
    if (job.type === "script") assert.equal(typeof job.command, "string");
    else assert.ok(!("command" in job));
  }
});

test("a log is read as text", async () => {
  const build = await newestBuild((each) => each.state === "passed");
  const job = build.jobs?.find((each) => each.type === "script") ?? assert.fail("no job");
  const { data } = await client.GET("/v2/organizations/{org}/jobs/{job_id}/log", {
    params: { path: { org: "acme", job_id: job.id } },
    headers: { Accept: "text/plain" },
    parseAs: "text",
  });
  assert.match(String(data), /~~~ Preparing working directory/);
});

test("an artifact is downloaded from storage", async () => {
  const { data: artifacts } = await client.GET(
    "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/artifacts",
    { params: { path: { ...web, number: 1 } } },
  );
  const artifact = artifacts?.[0] ?? assert.fail("no artifact");
  const { data, response } = await client.GET("/v2/organizations/{org}/jobs/{job_id}/artifacts/{artifact_id}/download", {
    params: { path: { org: "acme", job_id: artifact.job_id ?? "", artifact_id: artifact.id } },
    parseAs: "arrayBuffer",
  });
  const digest = await crypto.subtle.digest("SHA-1", data as unknown as ArrayBuffer);
  assert.equal(Buffer.from(digest).toString("hex"), artifact.sha1sum);
  assert.deepEqual([response.redirected, new URL(response.url).origin === url], [true, false]);
});

test("rate limits are in the headers", async () => {
  const { response } = await client.GET("/v2/user");
  for (const name of ["Limit", "Remaining", "Reset", "User-Limit", "User-Remaining", "User-Reset"])
    assert.match(response.headers.get(`RateLimit-${name}`) ?? "", /^\d+$/);
  assert.equal(response.headers.get("RateLimit-Scope"), "rest");
});
