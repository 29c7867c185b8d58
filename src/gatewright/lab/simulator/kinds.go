// What a cluster serves: the built-in kinds, those of its CRDs, and the discovery documents that say so.
package main

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

type object = map[string]any

// kind is one served version of a resource. table names the place of its objects, which all versions share.
type kind struct {
	group, version, plural, singular, name, listName string
	namespaced, hasStatus, counted, custom           bool
	shortNames                                       []string
	table                                            string
	// The opening of an encoded object: everything before its metadata.
	opening []byte
}

func (k *kind) apiVersion() string {
	if k.group == "" {
		return k.version
	}
	return k.group + "/" + k.version
}

// qualified is the resource as errors name it: "httproutes.gateway.networking.k8s.io".
func (k *kind) qualified() string {
	if k.group == "" {
		return k.plural
	}
	return k.plural + "." + k.group
}

func (k *kind) complete() *kind {
	k.table = k.plural + "." + k.group
	if k.singular == "" {
		k.singular = strings.ToLower(k.name)
	}
	if k.listName == "" {
		k.listName = k.name + "List"
	}
	k.opening = []byte(fmt.Sprintf(`{"apiVersion":%q,"kind":%q,`, k.apiVersion(), k.name))
	return k
}

const (
	crdTable = "customresourcedefinitions.apiextensions.k8s.io"
	nsTable  = "namespaces."
)

// Each line: group version plural Kind, then flags: n namespaced, s status subresource, g generation.
const builtIn = `
- v1 namespaces Namespace s
- v1 nodes Node s
- v1 services Service ns
- v1 endpoints Endpoints n
- v1 secrets Secret n
- v1 configmaps ConfigMap n
- v1 serviceaccounts ServiceAccount n
- v1 pods Pod ns
- v1 events Event n
apps v1 deployments Deployment nsg
apps v1 daemonsets DaemonSet nsg
apps v1 statefulsets StatefulSet nsg
apps v1 replicasets ReplicaSet nsg
batch v1 jobs Job nsg
networking.k8s.io v1 ingresses Ingress nsg
networking.k8s.io v1 ingressclasses IngressClass g
discovery.k8s.io v1 endpointslices EndpointSlice ng
coordination.k8s.io v1 leases Lease n
rbac.authorization.k8s.io v1 clusterroles ClusterRole -
rbac.authorization.k8s.io v1 clusterrolebindings ClusterRoleBinding -
rbac.authorization.k8s.io v1 roles Role n
rbac.authorization.k8s.io v1 rolebindings RoleBinding n
admissionregistration.k8s.io v1 validatingadmissionpolicies ValidatingAdmissionPolicy sg
admissionregistration.k8s.io v1 validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding g
apiextensions.k8s.io v1 customresourcedefinitions CustomResourceDefinition sg
`

const (
	accessReviews = "selfsubjectaccessreviews"
	userReviews   = "selfsubjectreviews"
)

func builtInKinds() []*kind {
	var found []*kind
	for _, line := range strings.Split(strings.TrimSpace(builtIn), "\n") {
		f := strings.Fields(line)
		has := func(flag string) bool { return strings.Contains(f[4], flag) }
		k := &kind{group: strings.Trim(f[0], "-"), version: f[1], plural: f[2], name: f[3],
			namespaced: has("n"), hasStatus: has("s"), counted: has("g")}
		found = append(found, k.complete())
	}
	return found
}

var builtInGroups = func() map[string]bool {
	groups := map[string]bool{}
	for _, k := range builtInKinds() {
		groups[k.group] = true
	}
	return groups
}()

// kindsOfCRD are the served versions that a CustomResourceDefinition declares.
func kindsOfCRD(crd object) []*kind {
	spec := sub(crd, "spec")
	names := sub(spec, "names")
	var found []*kind
	for _, v := range list(spec, "versions") {
		version, _ := v.(object)
		if version["served"] != true {
			continue
		}
		_, hasStatus := sub(version, "subresources")["status"]
		k := &kind{group: text(spec, "group"), version: text(version, "name"), plural: text(names, "plural"),
			singular: text(names, "singular"), name: text(names, "kind"), listName: text(names, "listKind"),
			namespaced: text(spec, "scope") == "Namespaced", hasStatus: hasStatus, counted: true, custom: true}
		for _, short := range list(names, "shortNames") {
			k.shortNames = append(k.shortNames, fmt.Sprint(short))
		}
		found = append(found, k.complete())
	}
	return found
}

// kindSet is everything one cluster serves; it never changes, and clusters with the same CRDs share it.
type kindSet struct {
	all       []*kind
	byPath    map[[3]string]*kind
	documents map[string][]byte
}

func newKindSet(kinds []*kind) *kindSet {
	set := &kindSet{all: kinds, byPath: map[[3]string]*kind{}, documents: map[string][]byte{}}
	for _, k := range kinds {
		set.byPath[[3]string{k.group, k.version, k.plural}] = k
	}
	set.describe()
	return set
}

// storage is some version of the kind whose objects lie in a table.
func (s *kindSet) storage(table string) *kind {
	for _, k := range s.all {
		if k.table == table {
			return k
		}
	}
	return nil
}

var (
	plainVerbs  = []string{"create", "delete", "get", "list", "patch", "update", "watch"}
	statusVerbs = []string{"get", "patch", "update"}
)

// describe makes the discovery documents: keys are paths, "agg " + path for the aggregated form.
func (s *kindSet) describe() {
	versions := map[string][]string{}
	resources := map[string][]any{}
	aggregated := map[string][]any{}
	for _, k := range s.all {
		gv := k.apiVersion()
		if _, ok := resources[gv]; !ok {
			versions[k.group] = append(versions[k.group], k.version)
		}
		resources[gv] = append(resources[gv], plainEntries(k)...)
		aggregated[gv] = append(aggregated[gv], aggregatedEntry(k))
	}
	for gv, review := range map[string][2]string{
		"authorization.k8s.io/v1":  {accessReviews, "SelfSubjectAccessReview"},
		"authentication.k8s.io/v1": {userReviews, "SelfSubjectReview"},
	} {
		group, version, _ := strings.Cut(gv, "/")
		versions[group] = append(versions[group], version)
		verbs := []string{"create"}
		resources[gv] = []any{object{"name": review[0], "singularName": strings.ToLower(review[1]), "namespaced": false,
			"kind": review[1], "verbs": verbs}}
		aggregated[gv] = []any{object{"resource": review[0], "scope": "Cluster", "verbs": verbs,
			"singularResource": strings.ToLower(review[1]), "responseKind": object{"group": group, "version": version, "kind": review[1]}}}
	}
	s.writeDocuments(versions, resources, aggregated)
}

func (s *kindSet) writeDocuments(versions map[string][]string, resources, aggregated map[string][]any) {
	var plain, core, named []any
	groups := make([]string, 0, len(versions))
	for group := range versions {
		groups = append(groups, group)
	}
	sort.Strings(groups)
	for _, group := range groups {
		sort.Slice(versions[group], func(i, j int) bool { return preferred(versions[group][i], versions[group][j]) })
		var entries []any
		var served []any
		for _, version := range versions[group] {
			k := kind{group: group, version: version}
			gv := k.apiVersion()
			entries = append(entries, object{"version": version, "freshness": "Current", "resources": aggregated[gv]})
			served = append(served, object{"groupVersion": gv, "version": version})
			path := "/apis/" + gv
			if group == "" {
				path = "/api/" + version
			}
			s.documents[path] = encode(object{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": gv, "resources": resources[gv]})
		}
		if group == "" {
			core = append(core, object{"metadata": object{"creationTimestamp": nil}, "versions": entries})
			continue
		}
		named = append(named, object{"metadata": object{"name": group, "creationTimestamp": nil}, "versions": entries})
		item := object{"name": group, "versions": served, "preferredVersion": served[0]}
		plain = append(plain, item)
		s.documents["/apis/"+group] = encode(object{"kind": "APIGroup", "apiVersion": "v1", "name": group,
			"versions": served, "preferredVersion": served[0]})
	}
	groupList := func(items []any) []byte {
		return encode(object{"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": object{}, "items": items})
	}
	s.documents["agg /api"], s.documents["agg /apis"] = groupList(core), groupList(named)
	s.documents["/api"] = encode(object{"kind": "APIVersions", "versions": []string{"v1"}, "serverAddressByClientCIDRs": []any{}})
	s.documents["/apis"] = encode(object{"kind": "APIGroupList", "apiVersion": "v1", "groups": plain})
}

func plainEntries(k *kind) []any {
	entry := object{"name": k.plural, "singularName": k.singular, "namespaced": k.namespaced, "kind": k.name, "verbs": plainVerbs}
	if len(k.shortNames) > 0 {
		entry["shortNames"] = k.shortNames
	}
	if !k.hasStatus {
		return []any{entry}
	}
	return []any{entry, object{"name": k.plural + "/status", "singularName": "", "namespaced": k.namespaced,
		"kind": k.name, "verbs": statusVerbs}}
}

func aggregatedEntry(k *kind) object {
	scope := "Cluster"
	if k.namespaced {
		scope = "Namespaced"
	}
	response := object{"group": k.group, "version": k.version, "kind": k.name}
	entry := object{"resource": k.plural, "singularResource": k.singular, "scope": scope, "responseKind": response, "verbs": plainVerbs}
	if k.hasStatus {
		entry["subresources"] = []any{object{"subresource": "status", "responseKind": response, "verbs": statusVerbs}}
	}
	return entry
}

// preferred orders versions as Kubernetes does: v2, v1, v1beta2, v1beta1, v1alpha1.
func preferred(a, b string) bool { return rank(a) > rank(b) }

func rank(version string) int {
	major, stage, minor := 0, "", 0
	if n, _ := fmt.Sscanf(version, "v%dbeta%d", &major, &minor); n == 2 {
		stage = "beta"
	} else if n, _ := fmt.Sscanf(version, "v%dalpha%d", &major, &minor); n == 2 {
		stage = "alpha"
	} else {
		fmt.Sscanf(version, "v%d", &major)
	}
	stages := map[string]int{"": 2, "beta": 1, "alpha": 0}
	return stages[stage]*1_000_000 + major*1000 + minor
}

// Small helpers on decoded JSON.

func sub(of object, key string) object {
	found, _ := of[key].(object)
	return found
}

func list(of object, key string) []any {
	found, _ := of[key].([]any)
	return found
}

func text(of object, key string) string {
	found, _ := of[key].(string)
	return found
}

// child is the object under key, made if it is not there.
func child(of object, key string) object {
	found, ok := of[key].(object)
	if !ok {
		found = object{}
		of[key] = found
	}
	return found
}

func encode(value any) []byte {
	var buffer strings.Builder
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return []byte(strings.TrimSuffix(buffer.String(), "\n"))
}

func decode(data []byte) (object, error) {
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	var found object
	err := decoder.Decode(&found)
	return found, err
}
