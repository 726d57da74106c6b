// Reads a stream of YAML documents and prints a line of JSON for each: what the API server of this version of Kubernetes says of
// it. Strict decoding, defaults, the registry's strategies and the validation are the server's own; so is the typed reading of
// server-side apply, which refuses two items of one key.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/managedfields"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/applyconfigurations"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	podsecurity "k8s.io/pod-security-admission/api"
)

var strategies = map[string]rest.RESTCreateStrategy{
	"ConfigMap":               configmap.Strategy,
	"Deployment":              deployment.Strategy,
	"HorizontalPodAutoscaler": horizontalpodautoscaler.Strategy,
	"Namespace":               namespace.Strategy,
	"PodDisruptionBudget":     poddisruptionbudget.Strategy,
	"ServiceAccount":          serviceaccount.Strategy,
}

func main() {
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	decoder := codecs.UniversalDecoder(apps.SchemeGroupVersion, autoscaling.SchemeGroupVersion, core.SchemeGroupVersion, policy.SchemeGroupVersion)
	converter := applyconfigurations.NewTypeConverter(clientscheme.Scheme)
	reader := utilyaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		document, err := reader.Read()
		if err != nil {
			return
		}
		if strings.TrimSpace(string(document)) == "" {
			continue
		}
		errors := append(applied(converter, document), created(decoder, document)...)
		line, err := json.Marshal(map[string]any{"errors": errors})
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(out, string(line))
	}
}

// applied is what server-side apply says of a document.
func applied(converter managedfields.TypeConverter, document []byte) []string {
	json, err := utilyaml.ToJSON(document)
	if err != nil {
		return []string{err.Error()}
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(json); err != nil {
		return []string{err.Error()}
	}
	if _, err := converter.ObjectToTyped(object); err != nil {
		return []string{err.Error()}
	}
	return []string{}
}

// created is what the server says of a document that is to be created.
func created(decoder runtime.Decoder, document []byte) []string {
	object, kind, err := decoder.Decode(document, nil, nil)
	if err != nil {
		return []string{err.Error()}
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return []string{err.Error()}
	}
	said := []string{}
	switch object := object.(type) {
	case *core.Service:
		// The strategy asks for allocators of addresses; the validation alone needs none.
		for _, fault := range validation.ValidateServiceCreate(object) {
			said = append(said, fault.Error())
		}
		return said
	case *core.Namespace:
		// The admission of pods is a plugin that every server has.
		_, faults := podsecurity.PolicyToEvaluate(object.Labels, podsecurity.Policy{})
		for _, fault := range faults {
			said = append(said, fault.Error())
		}
	}
	strategy, known := strategies[kind.Kind]
	if !known {
		return []string{"nobody judges " + kind.Kind}
	}
	context := request.WithNamespace(request.NewContext(), accessor.GetNamespace())
	rest.FillObjectMetaSystemFields(accessor)
	if err := rest.BeforeCreate(strategy, context, object); err != nil {
		said = append(said, err.Error())
	}
	return said
}
