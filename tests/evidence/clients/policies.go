package policies

type Rule struct {
	In   []any `json:"in"`
	Mood any   `json:"mood"`
}

type Statement struct {
	Claims map[string]Rule `json:"claims"`
}

type Policy []Statement

type Create struct {
	Policy Policy `json:"oidc_policy"`
}

func CreateRegistry(ctx context.Context, org string, create Create) {
	u := fmt.Sprintf("v2/packages/organizations/%s/registries", org)
	req, err := client.NewRequest(ctx, "POST", u, create)
}
