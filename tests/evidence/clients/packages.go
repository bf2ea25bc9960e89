package packages

type Registry struct {
	ID    string `json:"id"`
	Emoji string `json:"emoji"`
	Mood  string `json:"mood"`
}

type Package struct {
	Registry *Registry `json:"registry"`
}

type Options struct {
	PerPage int `url:"per_page"`
}

func Get(ctx context.Context, org, registry string) {
	u := fmt.Sprintf("v2/packages/organizations/%s/registries/%s", org, registry)
	req, err := client.NewRequest(ctx, "GET", u, nil)
	var found Registry
	resp, err := client.Do(req, &found)
}

func GetPackage(ctx context.Context, org, registry, id string, opt *Options) {
	u := fmt.Sprintf("v2/packages/organizations/%s/registries/%s/packages/%s", org, registry, id)
	u, err := addOptions(u, opt)
	req, err := client.NewRequest(ctx, "GET", u, nil)
	var found Package
	resp, err := client.Do(req, &found)
}

func ListPackages(ctx context.Context, org, registry string, opt *Options) {
	u := fmt.Sprintf("v2/packages/organizations/%s/registries/%s/packages", org, registry)
	u, err := addOptions(u, opt)
	req, err := client.NewRequest(ctx, "GET", u, nil)
}
