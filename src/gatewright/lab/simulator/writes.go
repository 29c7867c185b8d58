// Get, create, update, patch and delete of one object, with the rules an API server has for each.
package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
)

const maxBody = 3 << 20

func (s *server) get(w http.ResponseWriter, c *cluster, k *kind, t target, as form) *failure {
	table := c.reading(k.table)
	c.mu.RLock()
	e := table.find(t.namespace, t.name)
	c.mu.RUnlock()
	if e == nil {
		return notFound(k, t.name)
	}
	answer(w, 200, k, e, as)
	return nil
}

func bodyOf(r *http.Request) (object, *failure) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, badRequest(err.Error())
	}
	if len(data) > maxBody {
		return nil, &failure{code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is 3145728"}
	}
	if len(data) == 0 {
		return object{}, nil
	}
	found, err := decode(data)
	if err != nil {
		return nil, badRequest("the object provided is unrecognized (must be of type): " + err.Error())
	}
	return found, nil
}

func contentType(r *http.Request) string {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return media
}

func managerOf(r *http.Request) string {
	if given := r.URL.Query().Get("fieldManager"); given != "" {
		return given
	}
	first, _, _ := strings.Cut(r.UserAgent(), "/")
	return first
}

func review(w http.ResponseWriter, r *http.Request, plural string) *failure {
	body, problem := bodyOf(r)
	if problem != nil {
		return problem
	}
	body["metadata"] = object{"creationTimestamp": nil}
	if plural == accessReviews {
		body["status"] = object{"allowed": true, "reason": "the simulator allows everything"}
	} else {
		body["status"] = object{"userInfo": object{"username": "gatewright", "groups": []any{"system:masters", "system:authenticated"}}}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	w.Write(append(encode(body), '\n'))
	return nil
}

func newUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (s *server) create(w http.ResponseWriter, r *http.Request, c *cluster, k *kind, t target, as form) *failure {
	if media := contentType(r); media != "application/json" {
		return unsupported("application/json")
	}
	if k.namespaced && t.namespace == "" {
		return notAllowed()
	}
	o, problem := bodyOf(r)
	if problem != nil {
		return problem
	}
	metadata := child(o, "metadata")
	if problem := c.newborn(k, o, metadata, t.namespace); problem != nil {
		return problem
	}
	own(k, object{}, o, managerOf(r), "")
	if dryRun(r) {
		answer(w, 201, k, newEntry(o, 0), as)
		return nil
	}
	e, problem := c.insert(k, o, t.namespace)
	if problem != nil {
		return problem
	}
	answer(w, 201, k, e, as)
	return nil
}

func (c *cluster) insert(k *kind, o object, namespace string) (*entry, *failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if namespace != "" && c.table(nsTable).find("", namespace) == nil {
		return nil, notFound(c.kinds.storage(nsTable), namespace)
	}
	name := text(sub(o, "metadata"), "name")
	if c.table(k.table).find(namespace, name) != nil {
		return nil, alreadyExists(k, name)
	}
	e := c.store(k, o)
	if k.table == crdTable {
		establish(o)
		own(k, e.decoded(), o, "kube-apiserver", "status")
		c.store(k, o)
	}
	return e, nil
}

// newborn checks the object and sets what the server sets.
func (c *cluster) newborn(k *kind, o, metadata object, namespace string) *failure {
	if prefix := text(metadata, "generateName"); prefix != "" && text(metadata, "name") == "" {
		metadata["name"] = prefix + newUID()[:5]
	}
	name := text(metadata, "name")
	if name == "" {
		return invalid(k, "", "metadata.name", "Required value: name or generateName is required")
	}
	if !isName(name) && !strings.HasPrefix(k.group, "rbac.") {
		return invalid(k, name, "metadata.name", fmt.Sprintf("Invalid value: %q: a lowercase RFC 1123 subdomain must consist of lower case "+
			"alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", name))
	}
	if given := text(metadata, "namespace"); given != "" && given != namespace {
		return badRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	if text(metadata, "resourceVersion") != "" {
		return &failure{code: 500, reason: "InternalError", message: "resourceVersion should not be set on objects to be created"}
	}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	if k.hasStatus {
		delete(o, "status")
	}
	if k.table == nsTable {
		child(o, "spec")["finalizers"] = []any{"kubernetes"}
		o["status"] = object{"phase": "Active"}
	}
	metadata["uid"], metadata["creationTimestamp"] = newUID(), now()
	delete(metadata, "deletionTimestamp")
	delete(metadata, "generation")
	if k.counted {
		metadata["generation"] = 1
	}
	return nil
}

// establish gives a CRD the status of one that is served.
func establish(o object) {
	spec := sub(o, "spec")
	stored := []any{}
	for _, v := range list(spec, "versions") {
		if version, _ := v.(object); version["storage"] == true {
			stored = append(stored, version["name"])
		}
	}
	condition := func(kind, reason, message string) object {
		return object{"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now()}
	}
	o["status"] = object{"acceptedNames": spec["names"], "storedVersions": stored, "conditions": []any{
		condition("NamesAccepted", "NoConflicts", "no conflicts found"),
		condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
	}}
}

func dryRun(r *http.Request) bool { return r.URL.Query().Get("dryRun") != "" }

func (s *server) update(w http.ResponseWriter, r *http.Request, c *cluster, k *kind, t target, as form) *failure {
	if media := contentType(r); media != "application/json" {
		return unsupported("application/json")
	}
	o, problem := bodyOf(r)
	if problem != nil {
		return problem
	}
	if name := text(child(o, "metadata"), "name"); name != t.name {
		return badRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", name, t.name))
	}
	if k.custom && text(child(o, "metadata"), "resourceVersion") == "" {
		return invalid(k, t.name, "metadata.resourceVersion", "Invalid value: 0: must be specified for an update")
	}
	return s.change(w, r, c, k, t, as, func(object) object { return o })
}

const mergePatch = "application/merge-patch+json"

func (s *server) patch(w http.ResponseWriter, r *http.Request, c *cluster, k *kind, t target, as form) *failure {
	if contentType(r) != mergePatch {
		return unsupported(mergePatch)
	}
	patch, problem := bodyOf(r)
	if problem != nil {
		return problem
	}
	return s.change(w, r, c, k, t, as, func(current object) object { return merge(current, patch) })
}

// merge is RFC 7396.
func merge(target object, patch object) object {
	for key, value := range patch {
		inner, isObject := value.(object)
		switch {
		case value == nil:
			delete(target, key)
		case isObject:
			target[key] = merge(child(target, key), inner)
		default:
			target[key] = value
		}
	}
	return target
}

func (s *server) change(w http.ResponseWriter, r *http.Request, c *cluster, k *kind, t target, as form, next func(object) object) *failure {
	e, problem := c.modify(k, t, managerOf(r), dryRun(r), next)
	if problem != nil {
		return problem
	}
	answer(w, 200, k, e, as)
	return nil
}

func (c *cluster) modify(k *kind, t target, manager string, dry bool, next func(object) object) (*entry, *failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	current := c.table(k.table).find(t.namespace, t.name)
	if current == nil {
		return nil, notFound(k, t.name)
	}
	return c.replace(k, current, next(current.decoded()), t.sub, manager, dry)
}

// replace puts wanted in the place of current, as far as the request may. The lock must be held.
func (c *cluster) replace(k *kind, current *entry, wanted object, subresource, manager string, dry bool) (*entry, *failure) {
	old := current.decoded()
	before, after := child(old, "metadata"), child(wanted, "metadata")
	if given := text(after, "resourceVersion"); given != "" && given != text(before, "resourceVersion") {
		return nil, conflict(k, current.name, modifiedSince)
	}
	if given := text(after, "uid"); given != "" && given != text(before, "uid") {
		return nil, conflict(k, current.name, fmt.Sprintf("Precondition failed: UID in precondition: %s, UID in object meta: %s", given, text(before, "uid")))
	}
	result := object{}
	if subresource == "status" {
		for key, value := range old {
			result[key] = value
		}
		result["status"] = wanted["status"]
		result["metadata"] = clone(before)
	} else {
		for key, value := range wanted {
			if key != "apiVersion" && key != "kind" {
				result[key] = value
			}
		}
		if k.hasStatus {
			result["status"] = old["status"]
		}
		after = clone(after)
		for _, fixed := range []string{"name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
			"generation", "managedFields", "resourceVersion"} {
			delete(after, fixed)
			if value, ok := before[fixed]; ok {
				after[fixed] = value
			}
		}
		result["metadata"] = after
	}
	if result["status"] == nil {
		delete(result, "status")
	}
	if reflect.DeepEqual(result, old) {
		return current, nil
	}
	if k.counted && subresource == "" && !sameContent(old, result, k.hasStatus) {
		child(result, "metadata")["generation"] = number(before["generation"]) + 1
	}
	own(k, old, result, manager, subresource)
	if dry {
		return newEntry(result, current.rv), nil
	}
	if text(before, "deletionTimestamp") != "" && len(list(child(result, "metadata"), "finalizers")) == 0 {
		last := newEntry(result, current.rv)
		c.erase(k, last)
		return last, nil
	}
	return c.store(k, result), nil
}

func clone(o object) object {
	copied := object{}
	for key, value := range o {
		copied[key] = value
	}
	return copied
}

func sameContent(a, b object, hasStatus bool) bool {
	content := func(o object) object {
		kept := clone(o)
		delete(kept, "metadata")
		if hasStatus {
			delete(kept, "status")
		}
		return kept
	}
	return reflect.DeepEqual(content(a), content(b))
}

func number(value any) int64 {
	var n int64
	fmt.Sscan(fmt.Sprint(value), &n)
	return n
}

func (s *server) remove(w http.ResponseWriter, r *http.Request, c *cluster, k *kind, t target) *failure {
	if t.sub != "" {
		return notAllowed()
	}
	options, problem := bodyOf(r)
	if problem != nil {
		return problem
	}
	e, held, problem := c.discard(k, t, sub(options, "preconditions"), dryRun(r))
	switch {
	case problem != nil:
		return problem
	case held:
		answer(w, 200, k, e, whole)
		return nil
	}
	details := about(k, t.name)
	details["uid"] = child(e.decoded(), "metadata")["uid"]
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(encode(object{"kind": "Status", "apiVersion": "v1", "metadata": object{}, "status": "Success", "details": details}), '\n'))
	return nil
}

// discard deletes an object, or marks it for deletion while finalizers hold it.
func (c *cluster) discard(k *kind, t target, preconditions object, dry bool) (e *entry, held bool, problem *failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e = c.table(k.table).find(t.namespace, t.name)
	if e == nil {
		return nil, false, notFound(k, t.name)
	}
	o := e.decoded()
	metadata := child(o, "metadata")
	for _, field := range []string{"uid", "resourceVersion"} {
		if given := text(preconditions, field); given != "" && given != text(metadata, field) {
			return nil, false, conflict(k, t.name, fmt.Sprintf("Precondition failed: %s in precondition: %s, in object meta: %s",
				field, given, text(metadata, field)))
		}
	}
	held = len(list(metadata, "finalizers")) > 0
	switch {
	case dry:
	case !held && k.table == nsTable:
		// what is inside goes at once, but who watches sees it end
		metadata["deletionTimestamp"] = now()
		child(o, "status")["phase"] = "Terminating"
		e, held = c.store(k, o), true
		c.erase(k, e)
	case !held:
		c.erase(k, e)
	case text(metadata, "deletionTimestamp") == "":
		metadata["deletionTimestamp"], metadata["deletionGracePeriodSeconds"] = now(), 0
		if k.counted {
			metadata["generation"] = number(metadata["generation"]) + 1
		}
		e = c.store(k, o)
	}
	return e, held, nil
}
