// The memory of one cluster: objects as encoded bytes, a resource version that only grows, and a bounded history.
package main

import (
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// entry is one version of one object. It never changes, so that clusters, lists and watches can share it.
type entry struct {
	namespace, name string
	rv              uint64
	// tail is the encoded object after kind.opening; its first meta bytes are `"metadata":{...}`.
	tail   []byte
	meta   int
	labels map[string]string
}

const metadataKey = `"metadata":`

func newEntry(o object, rv uint64) *entry {
	metadata := child(o, "metadata")
	metadata["resourceVersion"] = strconv.FormatUint(rv, 10)
	e := &entry{namespace: text(metadata, "namespace"), name: text(metadata, "name"), rv: rv}
	if labels := sub(metadata, "labels"); len(labels) > 0 {
		e.labels = map[string]string{}
		for key, value := range labels {
			e.labels[key], _ = value.(string)
		}
	}
	rest := object{}
	for key, value := range o {
		if key != "apiVersion" && key != "kind" && key != "metadata" {
			rest[key] = value
		}
	}
	head, tail := encode(metadata), encode(rest)
	e.meta = len(metadataKey) + len(head)
	e.tail = make([]byte, 0, e.meta+len(tail)+1)
	e.tail = append(append(e.tail, metadataKey...), head...)
	if len(rest) > 0 {
		e.tail = append(append(e.tail, ','), tail[1:]...)
	} else {
		e.tail = append(e.tail, '}')
	}
	return e
}

func (e *entry) metadata() []byte { return e.tail[len(metadataKey):e.meta] }

// decoded is a fresh copy of the object without apiVersion and kind.
func (e *entry) decoded() object {
	o, err := decode(append([]byte{'{'}, e.tail...))
	if err != nil {
		panic(err)
	}
	return o
}

func (e *entry) key() string { return key(e.namespace, e.name) }

func key(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

type eventType string

const (
	added    eventType = "ADDED"
	modified eventType = "MODIFIED"
	deleted  eventType = "DELETED"
)

// event is one change: before is nil for an addition. now of a deletion is the last state at the deletion's version.
type event struct {
	kind        eventType
	rv          uint64
	now, before *entry
}

// table holds the objects of one resource. items is sorted by key and replaced, never changed.
type table struct {
	items  []*entry
	events []event
	// Nothing is known about versions before this one.
	oldest uint64
	wake   chan struct{}
}

func (t *table) index(key string) (int, bool) {
	at := sort.Search(len(t.items), func(i int) bool { return t.items[i].key() >= key })
	return at, at < len(t.items) && t.items[at].key() == key
}

func (t *table) find(namespace, name string) *entry {
	if at, ok := t.index(key(namespace, name)); ok {
		return t.items[at]
	}
	return nil
}

// at is the content of the table at an earlier version; false if that is forgotten.
func (t *table) at(rv uint64) ([]*entry, bool) {
	if rv < t.oldest {
		return nil, false
	}
	old := &table{items: t.items}
	for i := len(t.events) - 1; i >= 0 && t.events[i].rv > rv; i-- {
		e := t.events[i]
		if e.before == nil {
			old.remove(e.now.key())
		} else {
			old.set(e.before)
		}
	}
	return old.items, true
}

func (t *table) set(e *entry) {
	at, ok := t.index(e.key())
	items := make([]*entry, 0, len(t.items)+1)
	items = append(append(items, t.items[:at]...), e)
	if ok {
		at++
	}
	t.items = append(items, t.items[at:]...)
}

func (t *table) remove(key string) {
	if at, ok := t.index(key); ok {
		items := make([]*entry, 0, len(t.items))
		t.items = append(append(items, t.items[:at]...), t.items[at+1:]...)
	}
}

func (t *table) record(e event, limit int) {
	if len(t.events) >= 2*limit {
		// a new array: watches may be reading the old one
		drop := len(t.events) - limit
		t.oldest = t.events[drop-1].rv
		t.events = append(make([]event, 0, 2*limit), t.events[drop:]...)
	}
	t.events = append(t.events, e)
	close(t.wake)
	t.wake = make(chan struct{})
}

// since are the events after a version; false if some of them are forgotten.
func (t *table) since(rv uint64) ([]event, bool) {
	if rv < t.oldest {
		return nil, false
	}
	at := sort.Search(len(t.events), func(i int) bool { return t.events[i].rv > rv })
	return t.events[at:len(t.events):len(t.events)], true
}

type cluster struct {
	name    string
	history int

	mu     sync.RWMutex
	rv     uint64
	start  uint64
	kinds  *kindSet
	tables map[string]*table

	faults   faultSwitch
	watching atomic.Int64
}

// table is the table of a name, made when first asked for. The lock must be held for writing.
func (c *cluster) table(name string) *table {
	t, ok := c.tables[name]
	if !ok {
		t = &table{oldest: c.start, wake: make(chan struct{})}
		c.tables[name] = t
	}
	return t
}

func (c *cluster) reading(name string) *table {
	c.mu.RLock()
	t, ok := c.tables[name]
	c.mu.RUnlock()
	if !ok {
		c.mu.Lock()
		t = c.table(name)
		c.mu.Unlock()
	}
	return t
}

// store writes an object at the next version. The lock must be held.
func (c *cluster) store(k *kind, o object) *entry {
	c.rv++
	now := newEntry(o, c.rv)
	t := c.table(k.table)
	before := t.find(now.namespace, now.name)
	t.set(now)
	how := modified
	if before == nil {
		how = added
	}
	t.record(event{how, c.rv, now, before}, c.history)
	if k.table == crdTable {
		c.serve()
	}
	return now
}

// erase removes an object. The lock must be held. What lives in a Namespace or by a CRD goes first.
func (c *cluster) erase(k *kind, e *entry) {
	if k.table == nsTable {
		for name, t := range c.tables {
			for _, inside := range t.items {
				if inside.namespace == e.name && name != nsTable {
					c.erase(c.kinds.storage(name), inside)
				}
			}
		}
	}
	if k.table == crdTable {
		if served := c.kinds.storage(e.name); served != nil {
			for _, instance := range c.table(served.table).items {
				c.erase(served, instance)
			}
		}
	}
	c.rv++
	t := c.table(k.table)
	t.remove(e.key())
	t.record(event{deleted, c.rv, newEntry(e.decoded(), c.rv), e}, c.history)
	if k.table == crdTable {
		c.serve()
	}
}

// serve works out what the cluster serves after a change of its CRDs.
func (c *cluster) serve() {
	kinds := builtInKinds()
	for _, e := range c.table(crdTable).items {
		kinds = append(kinds, kindsOfCRD(e.decoded())...)
	}
	for _, k := range kinds {
		// the watch cache of a new kind begins when it is first served
		if _, ok := c.tables[k.table]; !ok && k.custom {
			c.tables[k.table] = &table{oldest: c.rv, wake: make(chan struct{})}
		}
	}
	c.kinds = newKindSet(kinds)
}

// forget drops the history of every table, as a compaction and a restart would.
func (c *cluster) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rv++
	for _, t := range c.tables {
		t.events, t.oldest = nil, c.rv
	}
}

func (c *cluster) served(group, version, plural string) *kind {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.kinds.byPath[[3]string{group, version, plural}]
}

func (c *cluster) documents() map[string][]byte {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.kinds.documents
}

func now() string { return time.Now().UTC().Format(time.RFC3339) }

func isName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for _, part := range strings.Split(name, ".") {
		if part == "" || strings.Trim(part, "-") != part {
			return false
		}
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}
