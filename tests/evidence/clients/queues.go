package queues

type Affinity string

const (
	Warmest   Affinity = "prefer-warmest"
	Different Affinity = "prefer-different"
)

type Creator struct {
	ID   string `json:"id"` // its UUID
	Name *string `json:"name,omitempty"`
}

// Base has what all objects have.
type Base struct {
	ID string `json:"id"`
}

type Queue struct {
	Base

	Key       string     `json:"key"`
	Affinity  Affinity   `json:"retry_agent_affinity,omitempty"`
	Paused    bool       `json:"dispatch_paused"`
	CreatedBy *Creator   `json:"created_by"`
	CreatedAt *Timestamp `json:"created_at"`
	client    *Client
	Ignored   string `json:"-"`
}

type QueueUpdate struct {
	Description Optional[string] `json:"description,omitzero"`
}

type Page struct {
	Page int `url:"page,omitempty"`
}

type ListOptions struct{ Page }

func (s *Service) List(ctx context.Context, org, cluster string, opt *ListOptions) ([]Queue, error) {
	u := fmt.Sprintf("v2/organizations/%s/clusters/%s/queues", org, cluster)
	u, err := addOptions(u, opt)
	if err != nil {
		return nil, err
	}
	req, err := s.client.NewRequest(ctx, "GET", u, nil)
	var queues []Queue
	resp, err := s.client.Do(req, &queues)
	return queues, err
}

func (s *Service) Update(ctx context.Context, org, cluster, id string, update QueueUpdate) error {
	u := fmt.Sprintf("v2/organizations/%s/clusters/%s/queues/%s", org, cluster, id)
	req, err := s.client.NewRequest(ctx, http.MethodPatch, u, update)
	return err
}

func (s *Service) Pause(ctx context.Context, path string, note string) error {
	path := fmt.Sprintf("/v2/organizations/%s/clusters/%s/queues/%s/pause_dispatch", s.org, cluster, id)
	payload := map[string]any{
		"dispatch_paused_note": value.ValueString(),
	}
	var queue Queue
	return s.makeRequest(ctx, http.MethodPost, path, payload, &queue)
}

var events = map[string]string{
	"build.finished": "BuildEvent",
}
