// From an HTTP request to a cluster, a kind and a verb.
package main

import (
	"bufio"
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

type server struct {
	options  options
	clusters map[string]*cluster
	names    []string
	seeder   *seeder
	requests atomic.Int64
}

const versionDocument = `{"major":"1","minor":"36","gitVersion":"v1.36.3","gitCommit":"","gitTreeState":"clean",` +
	`"buildDate":"2026-01-01T00:00:00Z","goVersion":"go1.26","compiler":"gc","platform":"linux/amd64"}`

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	w.Header().Set("Cache-Control", "no-cache, private")
	if !s.known(r) {
		unauthorized().write(w)
		return
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, "/control/"); ok {
		s.control(w, r, rest)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/clusters/")
	name, path, _ := strings.Cut(rest, "/")
	c := s.clusters[name]
	if !ok || c == nil {
		noPath(w)
		return
	}
	s.cluster(w, r, c, "/"+path)
}

func (s *server) known(r *http.Request) bool {
	given := []byte(r.Header.Get("Authorization"))
	return subtle.ConstantTimeCompare(given, []byte("Bearer "+s.options.Token)) == 1
}

func noPath(w http.ResponseWriter) { http.Error(w, "404 page not found", http.StatusNotFound) }

func withConnection(ctx context.Context, connection net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey, connection)
}

// target is what a path names: /apis/GROUP/VERSION[/namespaces/NS]/PLURAL[/NAME[/SUBRESOURCE]].
type target struct {
	group, version, namespace, plural, name, sub string
}

func parse(path string) (target, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var t target
	switch {
	case len(parts) >= 3 && parts[0] == "api":
		t.version, parts = parts[1], parts[2:]
	case len(parts) >= 4 && parts[0] == "apis":
		t.group, t.version, parts = parts[1], parts[2], parts[3:]
	default:
		return t, false
	}
	if parts[0] == "namespaces" && len(parts) > 2 && !(t.group == "" && len(parts) == 3 && parts[2] == "status") {
		t.namespace, parts = parts[1], parts[2:]
	}
	t.plural = parts[0]
	if len(parts) > 1 {
		t.name = parts[1]
	}
	if len(parts) > 2 {
		t.sub = parts[2]
	}
	return t, len(parts) <= 3
}

func verbOf(r *http.Request, t target) string {
	switch r.Method {
	case "GET":
		switch {
		case t.name != "":
			return "get"
		case isTrue(r.URL.Query().Get("watch")):
			return "watch"
		}
		return "list"
	case "POST":
		return "create"
	case "PUT":
		return "update"
	}
	return strings.ToLower(r.Method)
}

func (s *server) cluster(w http.ResponseWriter, r *http.Request, c *cluster, path string) {
	t, isResource := parse(path)
	var k *kind
	if isResource {
		k = c.served(t.group, t.version, t.plural)
	}
	verb := verbOf(r, t)
	if w, r = s.strike(w, r, c, k, verb, t.namespace); r == nil {
		return
	}
	if !isResource {
		s.document(w, r, c, path)
		return
	}
	as, acceptable := formOf(r)
	if !acceptable {
		(&failure{code: 406, reason: "NotAcceptable", message: "only the following media types are accepted: application/json"}).write(w)
		return
	}
	if problem := s.resource(w, r, c, k, t, verb, as); problem != nil {
		problem.write(w)
	}
}

func (s *server) document(w http.ResponseWriter, r *http.Request, c *cluster, path string) {
	documents := c.documents()
	as, _ := formOf(r)
	w.Header().Set("Content-Type", "application/json")
	trimmed := strings.TrimSuffix(path, "/")
	switch found, aggregated := documents["agg "+trimmed]; {
	case path == "/version":
		w.Write([]byte(versionDocument))
	case path == "/healthz" || path == "/livez" || path == "/readyz":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("ok"))
	case aggregated && as == discovery:
		w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
		w.Write(found)
	case documents[trimmed] != nil:
		w.Write(documents[trimmed])
	default:
		noPath(w)
	}
}

func (s *server) resource(w http.ResponseWriter, r *http.Request, c *cluster, k *kind, t target, verb string, as form) *failure {
	if verb == "create" && (t.plural == accessReviews || t.plural == userReviews) {
		return review(w, r, t.plural)
	}
	switch {
	case k == nil && !builtInGroups[t.group]:
		noPath(w)
		return nil
	case k == nil, t.sub != "" && (t.sub != "status" || !k.hasStatus), t.namespace != "" && !k.namespaced:
		return notServed()
	case t.name != "" && k.namespaced && t.namespace == "":
		return notServed()
	}
	if t.name == "" {
		switch verb {
		case "list":
			return s.list(w, r, c, k, t.namespace, as)
		case "watch":
			return s.watch(w, r, c, k, t.namespace, as)
		case "create":
			return s.create(w, r, c, k, t, as)
		}
		return notAllowed()
	}
	switch verb {
	case "get":
		return s.get(w, c, k, t, as)
	case "update":
		return s.update(w, r, c, k, t, as)
	case "patch":
		return s.patch(w, r, c, k, t, as)
	case "delete":
		return s.remove(w, r, c, k, t)
	}
	return notAllowed()
}

func answer(w http.ResponseWriter, code int, k *kind, e *entry, as form) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	out := bufio.NewWriterSize(w, 1<<12)
	writeEntry(out, k, e, as)
	out.WriteByte('\n')
	out.Flush()
}
