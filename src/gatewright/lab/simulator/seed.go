// What every cluster holds at the start. Each object is made once as a pattern of bytes; a cluster fills in its
// own name and uids, so that a thousand clusters cost a thousand copies and no encoding.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"
)

const (
	gatewayGroup = "gateway.networking.k8s.io"
	routesTable  = "httproutes." + gatewayGroup
	gatewayTable = "gateways." + gatewayGroup
	// As long as a uid, and found nowhere else.
	uidMark     = "@@@@@@@@-@@@@-@@@@-@@@@-@@@@@@@@@@@@"
	clusterMark = "@cluster@"
	firstRV     = 1000
)

// pattern is an object whose uid and cluster name are marks.
type pattern struct {
	k *kind
	e *entry
}

func (p pattern) fill(cluster, seed string) *entry {
	uid := seededUID(seed, cluster, p.k.table, p.e.key())
	tail := bytes.ReplaceAll(p.e.tail, []byte(uidMark), []byte(uid))
	grown := 0
	if n := bytes.Count(p.e.tail[:p.e.meta], []byte(clusterMark)); n > 0 {
		grown = n * (len(cluster) - len(clusterMark))
	}
	tail = bytes.ReplaceAll(tail, []byte(clusterMark), []byte(cluster))
	return &entry{namespace: p.e.namespace, name: p.e.name, rv: p.e.rv, tail: bytes.Clone(tail), meta: p.e.meta + grown, labels: p.e.labels}
}

func seededUID(parts ...string) string {
	b := sha256.Sum256([]byte(fmt.Sprintf("%q", parts)))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// content is a cluster's patterns, sorted by key, and the version after the last of them.
type content struct {
	patterns []pattern
	rv       uint64
}

// seeder makes patterns with versions that grow.
type seeder struct {
	kinds    *kindSet
	gateways int
	rv       uint64
	born     string
	seed     string
	patterns []pattern
	shared   map[string][]*entry

	mu   sync.Mutex
	made map[int]content
	crds uint64
}

// readCRDs are the CustomResourceDefinitions of a JSON file: an array, a List, or one after another.
func readCRDs(path string) ([]object, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var found []object
	for decoder.More() {
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if whole, ok := value.(object); ok && whole["items"] != nil {
			value = whole["items"]
		}
		items, ok := value.([]any)
		if !ok {
			items = []any{value}
		}
		for _, item := range items {
			if o, ok := item.(object); ok && text(o, "kind") == "CustomResourceDefinition" {
				found = append(found, o)
			}
		}
	}
	return found, nil
}

func newSeeder(crds []object, seed int64, gateways int) *seeder {
	s := &seeder{rv: firstRV, gateways: gateways, made: map[int]content{}, seed: strconv.FormatInt(seed, 10), shared: map[string][]*entry{},
		born: time.Now().UTC().Add(-30 * 24 * time.Hour).Format(time.RFC3339)}
	kinds := builtInKinds()
	for _, crd := range crds {
		kinds = append(kinds, kindsOfCRD(crd)...)
	}
	s.kinds = newKindSet(kinds)
	k := s.kinds.storage(crdTable)
	for _, crd := range crds {
		// the same bytes for every cluster: a bundle's schemas are a megabyte
		e := s.make(k, crd, "kubectl", func(o object) { establish(o) }, "kube-apiserver")
		name := e.key()
		e.tail = bytes.ReplaceAll(e.tail, []byte(uidMark), []byte(seededUID(s.seed, crdTable, name)))
		s.shared[crdTable] = append(s.shared[crdTable], e)
	}
	byKey(s.shared[crdTable])
	s.crds = s.rv
	return s
}

// make encodes an object as its author and then its controller would have written it.
func (s *seeder) make(k *kind, o object, author string, status func(object), controller string) *entry {
	s.rv++
	metadata := child(o, "metadata")
	delete(o, "status")
	metadata["uid"], metadata["creationTimestamp"] = uidMark, s.born
	if k.counted {
		metadata["generation"] = 1
	}
	own(k, object{}, o, author, "")
	if status != nil {
		before := clone(o)
		before["metadata"] = clone(metadata)
		status(o)
		own(k, before, o, controller, "status")
	}
	for _, item := range list(metadata, "managedFields") {
		item.(object)["time"] = s.born
	}
	return newEntry(o, s.rv)
}

func (s *seeder) add(table string, o object, author string, status func(object), controller string) {
	if k := s.kinds.storage(table); k != nil {
		s.patterns = append(s.patterns, pattern{k, s.make(k, o, author, status, controller)})
	}
}

// content is what a cluster with so many routes holds beside its CRDs.
func (s *seeder) content(routes int) content {
	s.mu.Lock()
	defer s.mu.Unlock()
	if made, ok := s.made[routes]; ok {
		return made
	}
	s.rv, s.patterns = s.crds, nil
	s.base(routes)
	for i := range routes {
		s.route(i)
	}
	made := content{s.patterns, s.rv}
	sort.SliceStable(made.patterns, func(i, j int) bool { return made.patterns[i].e.key() < made.patterns[j].e.key() })
	s.made[routes] = made
	return made
}

func byKey(entries []*entry) {
	sort.Slice(entries, func(i, j int) bool { return entries[i].key() < entries[j].key() })
}

// cluster makes a cluster with so many routes.
func (s *seeder) cluster(name string, routes, history int) *cluster {
	made := s.content(routes)
	c := &cluster{name: name, history: history, rv: made.rv, start: made.rv, kinds: s.kinds, tables: map[string]*table{}}
	c.faults.init()
	for table, entries := range s.shared {
		c.table(table).items = entries
	}
	for _, p := range made.patterns {
		t := c.table(p.k.table)
		t.items = append(t.items, p.fill(name, s.seed))
	}
	return c
}
