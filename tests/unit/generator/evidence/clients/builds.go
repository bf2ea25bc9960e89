type Options struct {
	Creator string `url:"creator"`
	Mood    string `url:"mood"`
}

func List(ctx context.Context, org string, opt *Options) {
	u := fmt.Sprintf("v2/organizations/%s/builds", org)
	u, err := addOptions(u, opt)
	req, err := client.NewRequest(ctx, "GET", u, nil)
}

func Get(ctx context.Context, org, pipeline, number string, opt *Options) {
	u := fmt.Sprintf("v2/organizations/%s/pipelines/%s/builds/%s", org, pipeline, number)
	u, err := addOptions(u, opt)
	req, err := client.NewRequest(ctx, "GET", u, nil)
}
