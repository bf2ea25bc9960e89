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

type QueuePause struct {
	Note string `json:"dispatch_paused_note,omitempty"`
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

func (s *Service) Pause(ctx context.Context, org, cluster, id string, pause QueuePause) error {
	u := fmt.Sprintf("v2/organizations/%s/clusters/%s/queues/%s/pause_dispatch", org, cluster, id)
	req, err := s.client.NewRequest(ctx, "POST", u, pause)
	var queue Queue
	resp, err := s.client.Do(req, &queue)
	return err
}

var events = map[string]string{
	"build.finished": "BuildEvent",
}
