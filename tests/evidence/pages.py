"""Pages that document the robots spec without a difference. Tests edit copies of them."""

from textwrap import dedent

INDEX = dedent("""\
    # The robots API

    Method | Endpoint | Description
    ------ | -------- | -----------
    GET | `/health` | [Health](/docs/health)
    GET | `/robots/{robot.id}/tapes` | [Tapes](/docs/tapes)
    GET | `/robots/{robot.id}/tape` | [Tape](/docs/tape)
    GET | `/robots/{robot.id}/tape/download` | [Download](/docs/tape)
    HEAD | `/robots/{robot.id}/tape` | [Size](/docs/tape)
    """)

ROBOTS = dedent("""\
    # Robots

    ## Robot data model

    <table>
      <tr><th><code>kind</code></th><td>One of <code>walker</code> and <code>flyer</code>.</td></tr>
      <tr><th><code>id</code></th><td>Its id.</td></tr>
      <tr>
        <th><code>legs</code></th><td>How many.<br><em>Example:</em> <code>4</code>
      <!-- <tr><th><code>propellers</code></th><td>To come.</td></tr> -->
    </table>

    ## List robots

    Returns a [paginated list](<%= pages_url %>) of robots.

    ```bash
    curl -H "Authorization: Bearer $TOKEN" \\
      -X GET "https://api.buildkite.com/robots?state=built"
    ```

    ```json
    [
      {"kind": "walker", "id": "r2", "legs": 3, "built_at": "2026-03-02T09:15:00Z"},
      {"kind": "flyer", "id": "bb8", "wings": null}
    ]
    ```

    Optional [query string parameters](/docs/api#query):

    <%= render_markdown partial: 'apis/rest_api/robot_filters' %>

    Required scope: `read_robots`

    Success response: `200 OK`

    ## Create a robot

    ```bash
    curl -H "Authorization: Bearer $TOKEN" \\
      -X POST "https://api.buildkite.com/robots" \\
      -d '{
        "name": "Ada",
        "parts": [{"number": 1, "parts": 2}]
      }'
    ```

    ```json
    {"robot_id": "r2", "code": "\\:lock\\:",}
    ```

    Required [request body properties](/docs/api#body):

    <table>
      <tr><th><code>name</code></th><td>Its name.<p><em>Example:</em> <code>"Ada"</code></p></td></tr>
      <tr><th><code>parts</code></th><td>Its parts.</td></tr>
    </table>

    Optional [request body properties](/docs/api#body):

    <table>
      <tr><th><code>state</code></th><td>Must be <code>planned</code> or <code>built</code>.</td></tr>
      <tr><th><code>owner</code></th><td>Its owner.</td></tr>
    </table>

    Required scopes: `read_robots, write_robots`

    Success response: `201 Created`

    Error responses:

    <table>
      <tr><th><code>400 Bad Request</code></th><td><code>{ "message": "No parts" }</code></td></tr>
    </table>

    ## Get a robot

    A command may name an example instead of a parameter, and end with a slash:

    ```bash
    curl "https://api.buildkite.com/robots/r2/"
    ```

    Required scope: `read_robots`

    ## Delete a robot

    ```bash
    curl -X DELETE https://api.buildkite.com/robots/{robot.id}/tape
    ```

    Required scope: `write_robots`

    Success response: `204 No Content`
    """)

FILTERS = dedent("""\
    <table>
      <tr>
        <th><code>state</code></th>
        <td>Only robots in a state. <em>Valid states:</em> <code>planned</code>, <code>built</code>
          <em>Example:</em> <code>?state=planned</code>, <code>?state[]=planned&state[]=built</code></td>
      </tr>
      <tr>
        <th><code>built[]</code></th><td>Only robots of a year.</td>
      </tr>
      <tr>
        <th><code>meta_data</code></th><td>Only robots with this value: <code>?meta_data[color]=red</code>.</td>
      </tr>
    </table>
    """)

SCOPES = dedent("""\
    <% [
      {
        key: "read_robots, write_robots, read_tapes",
      }
    ] %>
    """)

LINKED = {"robots": ("Health", "List", "Create", "Get", "Delete"), "tapes": ("List", "Get", "Download", "Head")}
"""The pages that the spec links to, and their headings."""


def write_pages(folder):
    """Write the pages as a checkout of the documentation."""
    pages = folder / "pages" / "apis"
    (pages / "rest_api").mkdir(parents=True)
    (pages / "rest_api.md").write_text(INDEX, encoding="utf-8")
    (pages / "managing_api_tokens.md").write_text(SCOPES, encoding="utf-8")
    (pages / "rest_api" / "robots.md").write_text(ROBOTS, encoding="utf-8")
    (pages / "rest_api" / "_robot_filters.md").write_text(FILTERS, encoding="utf-8")
    for name, headings in LINKED.items():
        text = "\n\n".join((f"# {name}", *(f"## {heading}" for heading in headings)))
        (folder / "pages" / f"{name}.md").write_text(f"{text}\n", encoding="utf-8")
    return folder
