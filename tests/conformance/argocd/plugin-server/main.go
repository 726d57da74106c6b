// Argo CD's side of a config-management plugin, made of Argo CD's own code: the server of the sidecar and the client of the
// repo server, joined by a socket as in the cluster. `server.py` builds it inside a copy of Argo CD's module and drives it.
//
// Usage: argocd CONFIG-DIR. Each line of stdin is a request, and each line of stdout its answer.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/argoproj/argo-cd/v3/cmpserver"
	"github.com/argoproj/argo-cd/v3/cmpserver/apiclient"
	"github.com/argoproj/argo-cd/v3/cmpserver/plugin"
	"github.com/argoproj/argo-cd/v3/util/cmp"
)

type request struct {
	// "generate" or "parameters".
	Ask string `json:"ask"`
	// The checked-out repository, and the application's folder in it.
	Repository  string `json:"repository"`
	Application string `json:"application"`
	// `NAME=VALUE`, as the repo server sets them.
	Environment []string `json:"environment"`
	// What `--plugin-tar-exclude` leaves out.
	Excluded []string `json:"excluded"`
	// In milliseconds.
	Deadline int64 `json:"deadline"`
}

type answer struct {
	Manifests  []string `json:"manifests"`
	Parameters any      `json:"parameters"`
	Error      string   `json:"error"`
}

func main() {
	config, err := plugin.ReadPluginConfig(os.Args[1])
	check(err)
	server, err := cmpserver.NewServer(plugin.CMPServerInitConstants{PluginConfig: *config})
	check(err)
	go server.Run()
	for range 100 {
		if _, err := os.Stat(config.Address()); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	closer, client, err := apiclient.NewConfigManagementPluginClientSet(config.Address()).NewConfigManagementPluginClient()
	check(err)
	defer closer.Close()

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked request
		check(json.Unmarshal(lines.Bytes(), &asked))
		text, err := json.Marshal(serve(client, asked))
		check(err)
		fmt.Println(string(text))
	}
	check(lines.Err())
}

// As `generateManifestsCMP` and `getPluginParameterAnnouncement` in reposerver/repository/repository.go.
func serve(client apiclient.ConfigManagementPluginServiceClient, asked request) answer {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(asked.Deadline)*time.Millisecond)
	defer cancel()
	send := func(stream cmp.StreamSender) error {
		return cmp.SendRepoStream(ctx, asked.Application, asked.Repository, stream, asked.Environment, asked.Excluded)
	}
	if asked.Ask == "parameters" {
		stream, err := client.GetParametersAnnouncement(ctx)
		if err == nil {
			err = send(stream)
		}
		if err != nil {
			return answer{Error: err.Error()}
		}
		found, err := stream.CloseAndRecv()
		if err != nil {
			return answer{Error: err.Error()}
		}
		return answer{Parameters: found.ParameterAnnouncements}
	}
	stream, err := client.GenerateManifest(ctx)
	if err == nil {
		err = send(stream)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	made, err := stream.CloseAndRecv()
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Manifests: made.Manifests}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
