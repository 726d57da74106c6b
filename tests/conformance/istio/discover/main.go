// Reads a line of JSON for each state of a cluster and prints what istiod tells the proxies there: their routes, clusters and endpoints,
// as Envoy's own messages. Istio's objects are admitted first, as its webhook would.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/gatewayapi"
	"istio.io/istio/pkg/config/schema/gvr"
	"istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/kube/kclient/clienttest"
	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/test"
)

// A state of a cluster, and who asks.
type question struct {
	// Objects of Kubernetes and of Gateway API, as YAML.
	Kubernetes string `json:"kubernetes"`
	// Objects of Istio, as YAML.
	Istio   string  `json:"istio"`
	Proxies []proxy `json:"proxies"`
}

type proxy struct {
	Name string `json:"name"`
	// "router" or "sidecar".
	Type      string            `json:"type"`
	Namespace string            `json:"namespace"`
	Address   string            `json:"address"`
	Labels    map[string]string `json:"labels"`
	// The newest fields are given to newer proxies alone.
	Version string `json:"version"`
}

type answer struct {
	Errors  []string        `json:"errors"`
	Proxies map[string]told `json:"proxies"`
}

type told struct {
	Routes   []json.RawMessage `json:"routes"`
	Clusters []json.RawMessage `json:"clusters"`
	// The addresses of a cluster's healthy endpoints.
	Endpoints map[string][]string `json:"endpoints"`
}

func main() {
	// What istiod logs is no answer.
	options := log.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	options.SetDefaultOutputLevel(log.OverrideScopeName, log.NoneLevel)
	check(log.Configure(options))
	// The CRDs of this server are empty, and so are their versions.
	clear(gatewayapi.MinimumCRDVersions)
	reader := bufio.NewScanner(os.Stdin)
	reader.Buffer(make([]byte, 1<<20), 1<<28)
	out := bufio.NewWriter(os.Stdout)
	for reader.Scan() {
		asked := question{}
		check(json.Unmarshal(reader.Bytes(), &asked))
		line, err := json.Marshal(ask(asked))
		check(err)
		fmt.Fprintln(out, string(line))
		// The one who asks waits for each answer.
		check(out.Flush())
	}
	check(reader.Err())
}

func ask(asked question) answer {
	configs, refused := admitted(asked.Istio)
	got := answer{Errors: refused, Proxies: map[string]told{}}
	if len(refused) > 0 {
		return got
	}
	if err := test.Wrap(func(t test.Failer) {
		server := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
			KubernetesObjectString: asked.Kubernetes,
			Configs:                configs,
			KubeClientModifier:     func(client kube.Client) { clienttest.MakeCRD(t, client, gvr.InferencePool) },
		})
		for _, asking := range asked.Proxies {
			got.Proxies[asking.Name] = tell(t, server, asking)
		}
	}); err != nil {
		got.Errors = append(got.Errors, err.Error())
	}
	return got
}

// admitted reads Istio's objects, and what its webhook says of them.
func admitted(text string) ([]config.Config, []string) {
	said := []string{}
	configs, unknown, err := crd.ParseInputs(text)
	if err != nil {
		return nil, append(said, err.Error())
	}
	for _, kind := range unknown {
		said = append(said, "unknown kind "+kind.Kind)
	}
	for at, config := range configs {
		// Short names of hosts are completed by it.
		configs[at].Domain = "cluster.local"
		schema, known := collections.Pilot.FindByGroupVersionAliasesKind(config.GroupVersionKind)
		if !known {
			said = append(said, "nobody judges "+config.GroupVersionKind.String())
			continue
		}
		if _, err := schema.ValidateConfig(config); err != nil {
			said = append(said, config.GroupVersionKind.Kind+"/"+config.Name+": "+err.Error())
		}
	}
	return configs, said
}

func tell(t test.Failer, server *xds.FakeDiscoveryServer, asking proxy) told {
	kind := model.SidecarProxy
	if asking.Type == "router" {
		kind = model.Router
	}
	node := server.SetupProxy(&model.Proxy{
		Type:            kind,
		ID:              asking.Name + "." + asking.Namespace,
		ConfigNamespace: asking.Namespace,
		IPAddresses:     []string{asking.Address},
		Labels:          asking.Labels,
		Metadata:        &model.NodeMetadata{Namespace: asking.Namespace, Labels: asking.Labels, IstioVersion: asking.Version, ClusterID: "Kubernetes"},
	})
	got := told{Routes: []json.RawMessage{}, Clusters: []json.RawMessage{}, Endpoints: map[string][]string{}}
	for _, routes := range server.Routes(node) {
		got.Routes = append(got.Routes, text(routes))
	}
	for _, cluster := range server.Clusters(node) {
		got.Clusters = append(got.Clusters, text(cluster))
	}
	for _, assignment := range server.Endpoints(node) {
		addresses := []string{}
		for _, locality := range assignment.Endpoints {
			for _, endpoint := range locality.LbEndpoints {
				address := endpoint.GetEndpoint().GetAddress().GetSocketAddress()
				addresses = append(addresses, net.JoinHostPort(address.GetAddress(), fmt.Sprint(address.GetPortValue())))
			}
		}
		got.Endpoints[assignment.ClusterName] = addresses
	}
	return got
}

func text(message proto.Message) json.RawMessage {
	written, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	check(err)
	return written
}

func check(err error) {
	if err != nil {
		panic(strings.TrimSpace(err.Error()))
	}
}
