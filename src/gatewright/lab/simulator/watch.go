// Watches: a goroutine each that sleeps on its table, and writes shared bytes.
package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// watch is one stream of events.
type watch struct {
	c      *cluster
	k      *kind
	chosen *selection
	as     form
	// Where it began, and how far it is.
	from, seen uint64
	marks      bool
	initial    bool

	w    http.ResponseWriter
	ends time.Time
	mark time.Time
}

// Most watches are silent: they share their buffers.
var buffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 1<<13) }}

func (s *server) watch(w http.ResponseWriter, r *http.Request, c *cluster, k *kind, namespace string, as form) *failure {
	query := r.URL.Query()
	chosen, problem := selectionOf(query, namespace)
	if problem != nil {
		return problem
	}
	rv, given, problem := versionOf(query)
	if problem != nil {
		return problem
	}
	seconds, problem := watchSeconds(query)
	if problem != nil {
		return problem
	}
	o := &watch{c: c, k: k, chosen: chosen, as: as, from: rv, seen: rv, w: w,
		marks: isTrue(query.Get("allowWatchBookmarks")), initial: isTrue(query.Get("sendInitialEvents"))}
	if o.initial && query.Get("resourceVersionMatch") != "NotOlderThan" {
		return invalid(&kind{group: "meta.k8s.io", name: "ListOptions"}, "", "resourceVersionMatch",
			"Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
	}
	o.ends = time.Now().Add(seconds)
	o.schedule(s.options.bookmarks())
	c.watching.Add(1)
	defer c.watching.Add(-1)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	o.run(s, r, !given || rv == 0 || o.initial)
	return nil
}

func isTrue(value string) bool { return value == "true" || value == "1" }

func watchSeconds(query url.Values) (time.Duration, *failure) {
	given := query.Get("timeoutSeconds")
	if given == "" {
		// between 30 and 60 minutes, as an API server
		return time.Duration((1 + rand.Float64()) * float64(30*time.Minute)), nil
	}
	seconds, err := strconv.Atoi(given)
	if err != nil {
		return 0, badRequest("invalid timeoutSeconds: " + given)
	}
	return time.Duration(seconds) * time.Second, nil
}

// schedule sets the next bookmark: each period, and two seconds before the end.
func (o *watch) schedule(period time.Duration) {
	o.mark = time.Now().Add(period + time.Duration(rand.Int64N(int64(period)/4+1)))
	if last := o.ends.Add(-2 * time.Second); last.After(time.Now()) && last.Before(o.mark) {
		o.mark = last
	}
}

func (o *watch) run(s *server, r *http.Request, fromState bool) {
	out := buffers.Get().(*bufio.Writer)
	out.Reset(o.w)
	alive := o.begin(out, r, fromState)
	out.Flush()
	o.flush()
	out.Reset(nil)
	buffers.Put(out)
	if !alive {
		return
	}
	timer := time.NewTimer(time.Until(o.next()))
	defer timer.Stop()
	for {
		t := o.c.reading(o.k.table)
		o.c.mu.RLock()
		events, known := t.since(o.seen)
		current, wake, oldest := o.c.rv, t.wake, t.oldest
		o.c.mu.RUnlock()
		if !known {
			o.send(func(out *bufio.Writer) { o.fail(out, tooOld(o.seen, oldest)) })
			return
		}
		if len(events) > 0 {
			o.send(func(out *bufio.Writer) { o.write(out, events) })
		}
		if current > o.seen {
			o.seen = current
		}
		if time.Now().After(o.ends) {
			return
		}
		if o.marks && time.Now().After(o.mark) {
			// as an API server: none before there is progress
			if o.seen > o.from {
				o.send(o.bookmark)
			}
			o.schedule(s.options.bookmarks())
		}
		timer.Reset(time.Until(o.next()))
		fault, dropped := o.c.faults.listen()
		select {
		case <-wake:
		case <-timer.C:
		case <-r.Context().Done():
			return
		case <-dropped:
			panic(http.ErrAbortHandler)
		case <-fault:
			o.c.faults.hold(r)
		}
	}
}

func (o *watch) next() time.Time {
	if o.marks && o.mark.Before(o.ends) {
		return o.mark
	}
	return o.ends
}

func (o *watch) send(write func(*bufio.Writer)) {
	out := buffers.Get().(*bufio.Writer)
	out.Reset(o.w)
	write(out)
	out.Flush()
	o.flush()
	out.Reset(nil)
	buffers.Put(out)
}

func (o *watch) flush() { o.w.(http.Flusher).Flush() }

// begin writes what comes before the changes; false if the watch is over.
func (o *watch) begin(out *bufio.Writer, r *http.Request, fromState bool) bool {
	f := faultOf(r)
	if f != nil && f.Kind == "gone" {
		o.fail(out, tooOld(o.seen, o.c.version()))
		return false
	}
	if f != nil && f.Kind == "huge" {
		out.WriteString(`{"type":"ADDED","object":`)
		writeHuge(out, o.k, f.Mebibytes)
		out.WriteString("}\n")
	}
	if problem := o.c.waitFor(r, o.seen*uint64(btoi(o.initial))); problem != nil {
		o.fail(out, problem)
		return false
	}
	if !fromState {
		return true
	}
	t := o.c.reading(o.k.table)
	o.c.mu.RLock()
	items, rv := t.items, o.c.rv
	o.c.mu.RUnlock()
	for _, e := range items {
		if o.chosen.holds(e) {
			o.event(out, added, e)
		}
	}
	o.from, o.seen = rv, rv
	if o.initial && o.marks {
		o.annotated(out, `,"annotations":{"k8s.io/initial-events-end":"true"}`)
	}
	return true
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *cluster) version() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.rv
}

// write sends the events that the selection sees: what enters it is added, what leaves it is deleted.
func (o *watch) write(out *bufio.Writer, events []event) {
	for _, e := range events {
		o.seen = e.rv
		is := e.kind != deleted && o.chosen.holds(e.now)
		was := e.before != nil && o.chosen.holds(e.before)
		switch {
		case is && was:
			o.event(out, modified, e.now)
		case is:
			o.event(out, added, e.now)
		case was && e.kind == deleted:
			o.event(out, deleted, e.now)
		case was:
			// the last state that the watcher may see, at the version of the change
			o.event(out, deleted, newEntry(e.before.decoded(), e.rv))
		}
	}
}

func (o *watch) event(out *bufio.Writer, how eventType, e *entry) {
	out.WriteString(`{"type":"`)
	out.WriteString(string(how))
	out.WriteString(`","object":`)
	writeEntry(out, o.k, e, o.as)
	out.WriteString("}\n")
}

func (o *watch) bookmark(out *bufio.Writer) { o.annotated(out, "") }

func (o *watch) annotated(out *bufio.Writer, annotations string) {
	opening := string(o.k.opening)
	if o.as == metadataOnly {
		opening = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",`
	}
	fmt.Fprintf(out, `{"type":"BOOKMARK","object":%s"metadata":{"resourceVersion":"%d"%s}}}`+"\n", opening, o.seen, annotations)
}

func (o *watch) fail(out *bufio.Writer, f *failure) {
	out.WriteString(`{"type":"ERROR","object":`)
	out.Write(encode(f.status()))
	out.WriteString("}\n")
}
