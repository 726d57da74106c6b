// Argo CD's side of an ApplicationSet, made of Argo CD's own code: its generators and templates make the Applications, and its
// AppProject says whether they may be. `appset.py` builds it inside a copy of Argo CD's module and drives it.
//
// Each line of stdin is a request, and each line of stdout its answer.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	log "github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	dynamic "k8s.io/client-go/dynamic/fake"
	kubernetes "k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/argoproj/argo-cd/v3/applicationset/controllers/template"
	"github.com/argoproj/argo-cd/v3/applicationset/generators"
	"github.com/argoproj/argo-cd/v3/applicationset/utils"
	"github.com/argoproj/argo-cd/v3/common"
	argo "github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/git"
)

type request struct {
	// What makes Applications, if anything does; else the Applications themselves.
	ApplicationSet *argo.ApplicationSet `json:"applicationSet"`
	Applications   []argo.Application   `json:"applications"`
	Project        argo.AppProject      `json:"project"`
	// A checked-out repository, and whether patterns are globs of paths instead of git's pathspecs.
	Repository  string `json:"repository"`
	NewGlobbing bool   `json:"newGlobbing"`
	// The clusters that Argo CD knows, beside its own.
	Clusters []cluster `json:"clusters"`
	// What the Applications bring.
	Kinds []kind `json:"kinds"`
}

type cluster struct {
	Name   string            `json:"name"`
	Server string            `json:"server"`
	Labels map[string]string `json:"labels"`
}

type kind struct {
	Group      string `json:"group"`
	Kind       string `json:"kind"`
	Namespaced bool   `json:"namespaced"`
}

type answer struct {
	Applications []argo.Application `json:"applications"`
	// What the project does not allow.
	Denied []string `json:"denied"`
	Error  string   `json:"error"`
}

func main() {
	log.SetOutput(io.Discard)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var asked request
		check(json.Unmarshal(lines.Bytes(), &asked))
		made, err := generate(asked)
		said := answer{Applications: made}
		if err != nil {
			said.Error = err.Error()
		}
		said.Denied = denied(asked, made)
		text, err := json.Marshal(said)
		check(err)
		fmt.Println(string(text))
	}
	check(lines.Err())
}

// As `generateApplicationSetApps` in server/applicationset/applicationset.go.
func generate(asked request) ([]argo.Application, error) {
	if asked.ApplicationSet == nil {
		return asked.Applications, nil
	}
	scheme := runtime.NewScheme()
	check(argo.AddToScheme(scheme))
	check(corev1.AddToScheme(scheme))
	namespace := asked.ApplicationSet.Namespace
	held := []client.Object{&asked.Project}
	var secrets []runtime.Object
	for _, one := range asked.Clusters {
		secret := one.secret(namespace)
		held = append(held, secret)
		secrets = append(secrets, secret)
	}
	kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(held...).Build()
	all := generators.GetGenerators(context.Background(), kube, kubernetes.NewSimpleClientset(secrets...), namespace, checkout{asked.Repository, asked.NewGlobbing}, dynamic.NewSimpleDynamicClient(scheme), generators.SCMConfig{})
	made, _, err := template.GenerateApplications(log.NewEntry(log.StandardLogger()), *asked.ApplicationSet, all, &utils.Render{}, kube)
	return made, err
}

func (one cluster) secret(namespace string) *corev1.Secret {
	labels := map[string]string{common.LabelKeySecretType: common.LabelValueSecretTypeCluster}
	for name, value := range one.Labels {
		labels[name] = value
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: one.Name, Namespace: namespace, Labels: labels},
		Data:       map[string][]byte{"name": []byte(one.Name), "server": []byte(one.Server), "config": []byte("{}")},
	}
}

// What the repo server answers, as `GetGitFiles` in reposerver/repository/repository.go.
type checkout struct {
	root        string
	newGlobbing bool
}

func (of checkout) GetFiles(_ context.Context, url, _, _, pattern string, _, _ bool) (map[string][]byte, error) {
	files, err := git.NewClientExt(url, of.root, git.NopCreds{}, false, false, "", "")
	if err != nil {
		return nil, err
	}
	names, err := files.LsFiles(pattern, of.newGlobbing)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for _, name := range names {
		if found[name], err = os.ReadFile(filepath.Join(of.root, name)); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (checkout) GetDirectories(context.Context, string, string, string, bool, bool) ([]string, error) {
	return nil, fmt.Errorf("nothing here asks for directories")
}

func denied(asked request, made []argo.Application) []string {
	project, found := asked.Project, []string{}
	for _, one := range made {
		if !project.IsSourcePermitted(one.Spec.GetSource()) {
			found = append(found, fmt.Sprintf("%s: the source %s", one.Name, one.Spec.GetSource().RepoURL))
		}
		server := argo.Cluster{Server: one.Spec.Destination.Server, Name: one.Spec.Destination.Name}
		permitted, err := project.IsDestinationPermitted(&server, one.Spec.Destination.Namespace, func(string) ([]*argo.Cluster, error) { return nil, nil })
		if err != nil || !permitted {
			found = append(found, fmt.Sprintf("%s: the namespace %s on %s%s", one.Name, one.Spec.Destination.Namespace, server.Server, server.Name))
		}
	}
	for _, one := range asked.Kinds {
		if !project.IsGroupKindPermitted(schema.GroupKind{Group: one.Group, Kind: one.Kind}, one.Namespaced) {
			found = append(found, fmt.Sprintf("the kind %s of %q", one.Kind, one.Group))
		}
	}
	return found
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
