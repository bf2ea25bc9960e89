package provider

type serviceResponse struct {
	ID       string          `json:"id"`
	Settings json.RawMessage `json:"settings"`
}

type eventBridgeSettings struct {
	EventSourceName *string `json:"event_source_name"`
	MetaData        *string `json:"include_build_meta_data"`
}

type portalResponse struct {
	UUID      string `json:"uuid"`
	CreatedBy *struct {
		UUID string `json:"uuid"`
	} `json:"created_by"`
}

type agentResponse struct {
	ClusterURL string `json:"cluster_url"`
}

func apply(raw json.RawMessage) {
	var settings eventBridgeSettings
	err := json.Unmarshal(raw, &settings)
}

func (c *Client) service(ctx context.Context, id string) {
	path := fmt.Sprintf("/v2/organizations/%s/services/%s", c.organization, id)
	var result serviceResponse
	err := c.makeRequest(ctx, http.MethodGet, path, nil, &result)
}

func (c *Client) portal(ctx context.Context, slug string) {
	path := fmt.Sprintf("/v2/organizations/%s/portals/%s", c.organization, slug)
	var result portalResponse
	err := c.makeRequest(ctx, http.MethodGet, path, nil, &result)
}

func (c *Client) agents(ctx context.Context) {
	path := fmt.Sprintf("/v2/organizations/%s/agents",
		c.organization,
	)
	var result []agentResponse
	err := c.makeRequest(ctx, http.MethodGet, path, nil, &result)
}
