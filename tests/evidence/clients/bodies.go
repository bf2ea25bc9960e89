package bodies

func Create(ctx context.Context, org string) {
	url := fmt.Sprintf("%s/v2/packages/organizations/%s/registries", host, org)
	reqBody := map[string]interface{}{
		"name": name,
	}
	reqBody["mood"] = "good"
	jsonBody, err := json.Marshal(reqBody)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewBuffer(jsonBody))
}

func Publish(ctx context.Context, org, registry string) {
	s := multipart.NewStreamer()
	err := s.WriteField("mood", "good")
	url := fmt.Sprintf("v2/packages/organizations/%s/registries/%s/packages", org, registry)
	req, err := client.NewRequest(ctx, "POST", url, s.Reader())
}

func SetRole(ctx context.Context, org, team, user, role string) {
	u := fmt.Sprintf("v2/organizations/%s/teams/%s/members/%s", org, team, user)
	req, err := client.NewRequest(ctx, "PATCH", u, map[string]string{"mood": role})
}

func Copy(ctx context.Context, org, registry, id, target string) {
	u := fmt.Sprintf("v2/packages/organizations/%s/registries/%s/packages/%s/copy?into=%s", org, registry, id, target)
	req, err := client.NewRequest(ctx, "POST", u, nil)
}
