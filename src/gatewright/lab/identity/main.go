// The identity provider of a lab: dex's own server over its storage in memory, with people of the lab's and their
// groups behind dex's login form. What it runs arrives as one line of JSON on standard input; it says "ready" and ends
// when its standard input does.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/dexidp/dex/connector"
	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
)

type person struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Password string   `json:"password"`
	Groups   []string `json:"groups"`
}

type options struct {
	Address      string   `json:"address"`
	Client       string   `json:"client"`
	Secret       string   `json:"secret"`
	Redirects    []string `json:"redirects"`
	TokenSeconds int      `json:"token_seconds"`
	People       []person `json:"people"`
}

// people is the connector: whoever signs in with the name and the password of one of them is that one.
type people struct{ known []person }

func (p *people) Open(string, *slog.Logger) (connector.Connector, error) { return p, nil }

func (p *people) Prompt() string { return "" }

func (p *people) Login(_ context.Context, _ connector.Scopes, name, password string) (connector.Identity, bool, error) {
	for _, one := range p.known {
		if one.Name == name && one.Password == password {
			return connector.Identity{
				UserID:            one.ID,
				Username:          one.Name,
				PreferredUsername: one.Name,
				Email:             one.Email,
				EmailVerified:     true,
				Groups:            one.Groups,
			}, true, nil
		}
	}
	return connector.Identity{}, false, nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return err
	}
	var wanted options
	if err := json.Unmarshal(line, &wanted); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", wanted.Address)
	if err != nil {
		return err
	}
	provider, err := provide(wanted, "http://"+listener.Addr().String())
	if err != nil {
		return err
	}
	fmt.Printf("{\"issuer\":%q}\n", "http://"+listener.Addr().String())
	go func() {
		_, _ = input.ReadByte()
		os.Exit(0)
	}()
	return http.Serve(listener, provider)
}

func provide(wanted options, issuer string) (http.Handler, error) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	kept := memory.New(logger)
	client := storage.Client{ID: wanted.Client, Secret: wanted.Secret, RedirectURIs: wanted.Redirects, Name: "Gatewright"}
	if err := kept.CreateClient(context.Background(), client); err != nil {
		return nil, err
	}
	server.ConnectorsConfig["people"] = func() server.ConnectorConfig { return &people{wanted.People} }
	way := storage.Connector{ID: "people", Type: "people", Name: "people"}
	if err := kept.CreateConnector(context.Background(), way); err != nil {
		return nil, err
	}
	return server.NewServer(context.Background(), server.Config{
		Issuer:             issuer,
		Storage:            kept,
		SkipApprovalScreen: true,
		IDTokensValidFor:   time.Duration(wanted.TokenSeconds) * time.Second,
		Logger:             logger,
	})
}
