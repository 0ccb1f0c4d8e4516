// Prints the types of the Kubernetes API that the embedded cluster serves, as assets/api/schema.txt holds them: what
// upstream's Go types say (fields, pointers, what is left out where it is empty, patch keys) and what its OpenAPI
// definitions add (list and map types, defaults, enumerations, what is required).
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/controlplane"
	generated "k8s.io/kubernetes/pkg/generated/openapi"
)

// The kinds to begin with; the types that they hold follow.
var kinds = []string{
	"v1 Binding ConfigMap DeleteOptions Event Namespace Node PersistentVolume PersistentVolumeClaim Pod ReplicationController Secret Service ServiceAccount",
	"apps/v1 ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
	"authentication.k8s.io/v1 SelfSubjectReview",
	"authorization.k8s.io/v1 LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
	"autoscaling/v1 Scale",
	"batch/v1 Job",
	"coordination.k8s.io/v1 Lease",
	"events.k8s.io/v1 Event",
	"policy/v1 Eviction PodDisruptionBudget",
	"resource.k8s.io/v1 DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice",
	"scheduling.k8s.io/v1 PriorityClass",
	"storage.k8s.io/v1 CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment",
}

// Types that are written as one word: they read and write themselves.
var words = map[string]string{
	"io.k8s.apimachinery.pkg.api.resource.Quantity":   "quantity",
	"io.k8s.apimachinery.pkg.apis.meta.v1.Time":       "time",
	"io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime":  "microtime",
	"io.k8s.apimachinery.pkg.apis.meta.v1.Duration":   "duration",
	"io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1":   "any",
	"io.k8s.apimachinery.pkg.runtime.RawExtension":    "any",
	"io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
}

type printer struct {
	definitions map[string]common.OpenAPIDefinition
	waiting     []reflect.Type
	seen        map[reflect.Type]bool
	blocks      map[string]string
}

func main() {
	p := printer{
		definitions: generated.GetOpenAPIDefinitions(func(path string) spec.Ref { return spec.MustCreateRef("#/" + path) }),
		seen:        map[reflect.Type]bool{},
		blocks:      map[string]string{},
	}
	named := map[string][]string{}
	for _, line := range kinds {
		words := strings.Fields(line)
		version, err := schema.ParseGroupVersion(words[0])
		check(err)
		for _, kind := range words[1:] {
			object, err := legacyscheme.Scheme.New(version.WithKind(kind))
			check(err)
			of := reflect.TypeOf(object).Elem()
			p.visit(of)
			named[name(of)] = append(named[name(of)], words[0]+" "+kind)
		}
	}
	for len(p.waiting) > 0 {
		next := p.waiting[0]
		p.waiting = p.waiting[1:]
		p.block(next)
	}
	names := make([]string, 0, len(p.blocks))
	for name := range p.blocks {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Println("# The types of the Kubernetes API, " + os.Getenv("VERSION") + ". Made by `just schema`; src/demo/schema.rs reads it and says what the words mean.")
	for _, name := range names {
		sort.Strings(named[name])
		fmt.Println("\ntype " + name)
		for _, kind := range named[name] {
			fmt.Println("kind " + kind)
		}
		fmt.Print(p.blocks[name])
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

// The name of a type in OpenAPI, such as io.k8s.api.core.v1.Pod.
func name(of reflect.Type) string {
	if named, ok := reflect.New(of).Interface().(interface{ OpenAPIModelName() string }); ok {
		return named.OpenAPIModelName()
	}
	path := strings.Split(of.PkgPath(), "/")
	domain := strings.Split(path[0], ".")
	for i, j := 0, len(domain)-1; i < j; i, j = i+1, j-1 {
		domain[i], domain[j] = domain[j], domain[i]
	}
	return strings.Join(append(domain, append(path[1:], of.Name())...), ".")
}

func (p *printer) visit(of reflect.Type) {
	if !p.seen[of] {
		p.seen[of] = true
		p.waiting = append(p.waiting, of)
	}
}

func (p *printer) definition(of reflect.Type) spec.Schema {
	definition, ok := p.definitions[name(of)]
	if !ok {
		check(fmt.Errorf("there is no OpenAPI definition of %s", name(of)))
	}
	return definition.Schema
}

func (p *printer) block(of reflect.Type) {
	definition := p.definition(of)
	var out strings.Builder
	if kind, ok := definition.Extensions.GetString("x-kubernetes-map-type"); ok && kind == "atomic" {
		fmt.Fprintln(&out, "  atomic")
	}
	p.fields(of, definition, "", &out)
	p.blocks[name(of)] = out.String()
}

// Prints the fields; within is where a message that is written inline stands in protobuf ("-" for nowhere).
func (p *printer) fields(of reflect.Type, definition spec.Schema, within string, out *strings.Builder) {
	for i := 0; i < of.NumField(); i++ {
		field := of.Field(i)
		tag := strings.Split(field.Tag.Get("json"), ",")
		if tag[0] == "-" || !field.IsExported() {
			continue
		}
		number := "-"
		if words := strings.Split(field.Tag.Get("protobuf"), ","); len(words) > 1 && within != "-" {
			number = within + words[1]
		}
		if tag[0] == "" {
			if number != "-" {
				number += "."
			}
			p.fields(field.Type, definition, number, out)
			continue
		}
		property, ok := definition.Properties[tag[0]]
		if !ok {
			check(fmt.Errorf("%s has no %s in OpenAPI", name(of), tag[0]))
		}
		words := []string{tag[0], p.kind(field.Type)}
		if number != "-" {
			words = append(words, "#"+number)
		}
		for _, option := range tag[1:] {
			if option == "omitempty" || option == "omitzero" {
				words = append(words, option)
			}
		}
		for _, required := range definition.Required {
			if required == tag[0] {
				words = append(words, "required")
			}
		}
		if kind, ok := property.Extensions.GetString("x-kubernetes-list-type"); ok {
			if keys, ok := property.Extensions.GetStringSlice("x-kubernetes-list-map-keys"); ok {
				kind += "(" + strings.Join(keys, ",") + ")"
			}
			words = append(words, "list="+kind)
		}
		if kind, ok := property.Extensions.GetString("x-kubernetes-map-type"); ok {
			words = append(words, "map="+kind)
		}
		if strategy := field.Tag.Get("patchStrategy"); strategy != "" {
			if key := field.Tag.Get("patchMergeKey"); key != "" {
				strategy += "(" + key + ")"
			}
			words = append(words, "patch="+strategy)
		}
		if len(property.Enum) > 0 {
			values := []string{}
			for _, value := range property.Enum {
				values = append(values, fmt.Sprint(value))
			}
			sort.Strings(values)
			words = append(words, "enum="+strings.Join(values, "|"))
		}
		if property.Default != nil {
			text, err := json.Marshal(property.Default)
			check(err)
			words = append(words, "default="+string(text))
		}
		fmt.Fprintln(out, "  "+strings.Join(words, " "))
	}
}

func (p *printer) kind(of reflect.Type) string {
	if of.Kind() == reflect.Pointer {
		return "*" + p.kind(of.Elem())
	}
	if of.PkgPath() != "" && of.Kind() == reflect.Struct {
		if word, ok := words[name(of)]; ok {
			return word
		}
		p.visit(of)
		return name(of)
	}
	switch of.Kind() {
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + p.kind(of.Elem())
	case reflect.Map:
		return "map:" + p.kind(of.Elem())
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		return of.Kind().String()
	case reflect.Int:
		return "int64"
	}
	check(fmt.Errorf("%s is of a kind that this program does not know", of))
	return ""
}
