// A SPIFFE workload made with go-spiffe, led line by line: each line of standard input is a command, each line
// of standard output its answer as JSON. What the commands are stands in ../workload.ts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

const callTimeout = 20 * time.Second

// The certificate and trust of a moment, or those of now.
type generation interface {
	x509svid.Source
	trust
}

type workload struct {
	client      *workloadapi.Client
	generations map[string]generation
	updates     *updates
}

type answer map[string]any

func main() {
	client, err := workloadapi.New(context.Background())
	if err != nil {
		panic(err)
	}
	w := &workload{client: client, generations: map[string]generation{}, updates: &updates{}}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		result, err := w.run(words[0], words[1:])
		if err != nil {
			result = answer{"error": err.Error()}
		}
		text, err := json.Marshal(result)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}

func (w *workload) run(command string, args []string) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	switch command {
	case "keep":
		return w.keep(ctx, args[0])
	case "follow":
		return w.follow(ctx, args[0])
	case "show":
		return describe(w.generations[args[0]])
	case "watch":
		go func() {
			_ = w.client.WatchX509Context(context.Background(), w.updates)
		}()
		return answer{}, nil
	case "updates":
		return answer{"serials": w.updates.seen()}, nil
	case "serve":
		return serve(w.generations[args[0]])
	case "dial":
		return dial(w.generations[args[0]], args[1])
	case "token":
		return w.token(ctx, args[0])
	case "judge":
		return w.judge(ctx, args[0], args[1])
	}
	return nil, errors.New("no such command")
}

// keep fetches certificate and trust once and holds on to them.
func (w *workload) keep(ctx context.Context, name string) (answer, error) {
	x509Context, err := w.client.FetchX509Context(ctx)
	if err != nil {
		return nil, err
	}
	w.generations[name] = &moment{x509Context}
	return describe(w.generations[name])
}

// follow keeps certificate and trust up to date.
func (w *workload) follow(ctx context.Context, name string) (answer, error) {
	source, err := workloadapi.NewX509Source(ctx)
	if err != nil {
		return nil, err
	}
	w.generations[name] = source
	return describe(source)
}

// token fetches a JWT-SVID and has it judged by Sallyport.
func (w *workload) token(ctx context.Context, audience string) (answer, error) {
	svid, err := w.client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: audience})
	if err != nil {
		return nil, err
	}
	judged, err := w.client.ValidateJWTSVID(ctx, svid.Marshal(), audience)
	if err != nil {
		return nil, err
	}
	return answer{"token": svid.Marshal(), "spiffeId": judged.ID.String(), "audience": judged.Audience}, nil
}

// judge verifies somebody's JWT-SVID here, with the keys of the JWT bundle.
func (w *workload) judge(ctx context.Context, audience string, token string) (answer, error) {
	bundles, err := w.client.FetchJWTBundles(ctx)
	if err != nil {
		return nil, err
	}
	svid, err := jwtsvid.ParseAndValidate(token, bundles, []string{audience})
	if err != nil {
		return nil, err
	}
	return answer{"spiffeId": svid.ID.String()}, nil
}
