// Translates objects of Gateway API into Envoy's tables, by the code of Envoy Gateway's own `egctl x translate`.
//
// Reads one JSON object a line, {"objects": [...]}: the objects of one state of a cluster, with the GatewayClass that its Gateways
// name. Writes one a line: {"error", "routes", "tables", "clusters", "endpoints"}. The error is that of the loader, which holds
// every object of Gateway API against its CRD and the CEL in it; routes are those with the status that the translator gave them,
// tables Envoy's route configurations, and endpoints its load assignments: a rule's weights are those of its localities there.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"os"

	egv1a1 "github.com/envoyproxy/gateway/api/v1alpha1"
	"github.com/envoyproxy/gateway/internal/gatewayapi"
	"github.com/envoyproxy/gateway/internal/gatewayapi/resource"
	"github.com/envoyproxy/gateway/internal/logging"
	"github.com/envoyproxy/gateway/internal/xds/translator"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/encoding/protojson"
	gwapiv1 "sigs.k8s.io/gateway-api/apis/v1"
)

type question struct {
	Objects []json.RawMessage `json:"objects"`
}

type route struct {
	Kind      string              `json:"kind"`
	Namespace string              `json:"namespace"`
	Name      string              `json:"name"`
	Status    gwapiv1.RouteStatus `json:"status"`
}

type answer struct {
	Error     string            `json:"error,omitempty"`
	Routes    []route           `json:"routes"`
	Tables    []json.RawMessage `json:"tables"`
	Clusters  []json.RawMessage `json:"clusters"`
	Endpoints []json.RawMessage `json:"endpoints"`
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			log.Fatal(err)
		}
		told, err := translate(asked.Objects)
		if err != nil {
			told = answer{Error: err.Error()}
		}
		if err := out.Encode(told); err != nil {
			log.Fatal(err)
		}
	}
}

func translate(objects []json.RawMessage) (answer, error) {
	var told answer
	documents := make([][]byte, len(objects))
	for at, object := range objects {
		documents[at] = object
	}
	loaded, err := resource.LoadResourcesFromYAMLBytes(bytes.Join(documents, []byte("\n---\n")), true, nil)
	if err != nil {
		return told, err
	}
	silent := logging.DefaultLogger(io.Discard, egv1a1.LogLevelInfo)
	routes := &gatewayapi.Translator{
		GatewayControllerName: string(loaded.GatewayClass.Spec.ControllerName),
		GatewayClassName:      gwapiv1.ObjectName(loaded.GatewayClass.Name),
		// There are no EndpointSlices: a cluster is its Service.
		EndpointRoutingDisabled: true,
		Logger:                  silent,
	}
	// What it cannot translate it says in the status of the route.
	translated, _ := routes.Translate(context.Background(), loaded)
	for _, one := range translated.HTTPRoutes {
		told.Routes = append(told.Routes, route{"HTTPRoute", one.Namespace, one.Name, one.Status.RouteStatus})
	}
	for _, one := range translated.GRPCRoutes {
		told.Routes = append(told.Routes, route{"GRPCRoute", one.Namespace, one.Name, one.Status.RouteStatus})
	}
	for _, tables := range translated.XdsIR {
		envoy, err := (&translator.Translator{Logger: silent}).Translate(context.Background(), tables)
		if err != nil {
			return told, err
		}
		if err := collect(&told, envoy.XdsResources); err != nil {
			return told, err
		}
	}
	return told, nil
}

func collect(told *answer, resources map[resourcev3.Type][]types.Resource) error {
	for kind, into := range map[resourcev3.Type]*[]json.RawMessage{
		resourcev3.RouteType:    &told.Tables,
		resourcev3.ClusterType:  &told.Clusters,
		resourcev3.EndpointType: &told.Endpoints,
	} {
		for _, one := range resources[kind] {
			text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(one)
			if err != nil {
				return err
			}
			*into = append(*into, text)
		}
	}
	return nil
}
