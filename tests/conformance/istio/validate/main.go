// Reads a stream of YAML documents and prints a line of JSON for each: what Istio says of it. The schemas and CEL rules are those of
// its CRDs, whose file is the only argument, run by the API server's own code; the rest is the validation of its webhook.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"
	networking "istio.io/api/networking/v1alpha3"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/validation"
	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/util/protomarshal"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// The API server's side of one version of one CRD.
type crd struct {
	schema     crdvalidation.SchemaCreateValidator
	structural *structuralschema.Structural
	cel        *cel.Validator
}

func main() {
	// What Istio logs is no verdict.
	options := log.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	check(log.Configure(options))
	crds := read(os.Args[1])
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
		object := &unstructured.Unstructured{}
		errors := []string{}
		if err := yaml.Unmarshal(document, &object.Object); err != nil {
			errors = append(errors, err.Error())
		} else {
			errors = append(errors, applied(crds, object.DeepCopy())...)
			errors = append(errors, admitted(object)...)
		}
		line, err := json.Marshal(map[string]any{"errors": errors})
		check(err)
		fmt.Fprintln(out, string(line))
	}
}

// read takes the networking CRDs out of a file of many.
func read(file string) map[schema.GroupVersionKind]crd {
	data, err := os.Open(file)
	check(err)
	defer data.Close()
	crds := map[schema.GroupVersionKind]crd{}
	decoder := utilyaml.NewYAMLOrJSONDecoder(data, 512*1024)
	for {
		given := &unstructured.Unstructured{}
		err := decoder.Decode(given)
		if err == io.EOF {
			return crds
		}
		check(err)
		if given.GetKind() != "CustomResourceDefinition" || !strings.HasSuffix(given.GetName(), ".networking.istio.io") {
			continue
		}
		external, internal := apiextensionsv1.CustomResourceDefinition{}, apiextensions.CustomResourceDefinition{}
		check(runtime.DefaultUnstructuredConverter.FromUnstructured(given.Object, &external))
		check(apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&external, &internal, nil))
		for _, version := range internal.Spec.Versions {
			given := version.Schema
			if given == nil {
				given = internal.Spec.Validation
			}
			validator, _, err := crdvalidation.NewSchemaValidator(given.OpenAPIV3Schema)
			check(err)
			structural, err := structuralschema.NewStructural(given.OpenAPIV3Schema)
			check(err)
			kind := schema.GroupVersionKind{Group: internal.Spec.Group, Version: version.Name, Kind: internal.Spec.Names.Kind}
			crds[kind] = crd{validator, structural, cel.NewValidator(structural, true, celconfig.PerCallLimit)}
		}
	}
}

// applied is what the API server says of an object: its schema, fields that it does not know, and rules in CEL.
func applied(crds map[schema.GroupVersionKind]crd, object *unstructured.Unstructured) []string {
	crd, known := crds[object.GroupVersionKind()]
	if !known {
		return []string{"there is no CRD for " + object.GroupVersionKind().String()}
	}
	defaulting.Default(object.Object, crd.structural)
	said := []string{}
	for _, fault := range crdvalidation.ValidateCustomResource(nil, object.Object, crd.schema) {
		said = append(said, fault.Error())
	}
	options := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(object.DeepCopy().Object, crd.structural, false, options) {
		if !strings.HasPrefix(path, "metadata.") {
			said = append(said, "unknown field "+path)
		}
	}
	if len(said) == 0 && crd.cel != nil {
		faults, _ := crd.cel.Validate(context.Background(), nil, crd.structural, object.Object, nil, celconfig.RuntimeCELCostBudget)
		for _, fault := range faults {
			said = append(said, fault.Error())
		}
	}
	return said
}

// admitted is what Istio's webhook says of an object.
func admitted(object *unstructured.Unstructured) []string {
	var spec proto.Message
	var validate validation.ValidateFunc
	switch kind := object.GetKind(); kind {
	case "VirtualService":
		spec, validate = &networking.VirtualService{}, validation.ValidateVirtualService
	case "DestinationRule":
		spec, validate = &networking.DestinationRule{}, validation.ValidateDestinationRule
	case "Gateway":
		spec, validate = &networking.Gateway{}, validation.ValidateGateway
	default:
		return []string{"nobody judges " + kind}
	}
	text, err := json.Marshal(object.Object["spec"])
	check(err)
	if err := protomarshal.UnmarshalString(string(text), spec); err != nil {
		return []string{err.Error()}
	}
	meta := config.Meta{Name: object.GetName(), Namespace: object.GetNamespace(), Labels: object.GetLabels(), Annotations: object.GetAnnotations()}
	if _, err := validate(config.Config{Meta: meta, Spec: spec}); err != nil {
		return []string{err.Error()}
	}
	return []string{}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
