package settings

type Settings interface {
	isSettings()
}

type GitHub struct {
	Tags bool `json:"build_tags"`
	Mood bool `json:"mood"`
}

func (s *GitHub) isSettings() {}

type Update struct {
	Settings Settings `json:"provider_settings"`
}

func Change(ctx context.Context, org, slug string, update Update) {
	u := fmt.Sprintf("v2/organizations/%s/pipelines/%s", org, slug)
	req, err := client.NewRequest(ctx, "PATCH", u, update)
}
