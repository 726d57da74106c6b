// Reads a line of JSON, a text of YAML, for each state of a cluster and prints what `istioctl analyze` says of it, by the analyzers that
// it runs.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"istio.io/istio/pkg/config/analysis/analyzers"
	"istio.io/istio/pkg/config/analysis/local"
	"istio.io/istio/pkg/config/resource"
	"istio.io/istio/pkg/log"
)

type message struct {
	Code    string `json:"code"`
	Level   string `json:"level"`
	Name    string `json:"name"`
	Message string `json:"message"`
}

func main() {
	options := log.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	check(log.Configure(options))
	reader := bufio.NewScanner(os.Stdin)
	reader.Buffer(make([]byte, 1<<20), 1<<28)
	out := bufio.NewWriter(os.Stdout)
	for reader.Scan() {
		state := ""
		check(json.Unmarshal(reader.Bytes(), &state))
		line, err := json.Marshal(analyze(state))
		check(err)
		fmt.Fprintln(out, string(line))
		check(out.Flush())
	}
	check(reader.Err())
}

func analyze(state string) []message {
	analyzer := local.NewIstiodAnalyzer(analyzers.AllCombined(), "", resource.Namespace("istio-system"), nil)
	check(analyzer.AddDefaultResources())
	check(analyzer.AddReaderKubeSource([]local.ReaderSource{{Name: "state", Reader: strings.NewReader(state)}}))
	stop := make(chan struct{})
	defer close(stop)
	result, err := analyzer.Analyze(stop)
	check(err)
	said := []message{}
	for _, one := range result.Messages {
		name := ""
		if one.Resource != nil {
			name = one.Resource.Origin.FriendlyName()
		}
		said = append(said, message{one.Type.Code(), one.Type.Level().String(), name, fmt.Sprintf(one.Type.Template(), one.Parameters...)})
	}
	return said
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
