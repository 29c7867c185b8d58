// What a cluster does wrong when it is told to.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// fault is one way to misbehave. Resource (a plural) limits it to requests for that; Count to as many requests.
type fault struct {
	Kind           string  `json:"kind"`
	Resource       string  `json:"resource"`
	Count          int     `json:"count"`
	Seconds        float64 `json:"seconds"`
	BytesPerSecond int     `json:"bytes_per_second"`
	Mebibytes      int     `json:"mebibytes"`
}

var faultKinds = map[string]bool{
	"hang": true, "refuse": true, "drip": true, "delay": true, "throttle": true, "gone": true, "endless": true,
	"huge": true, "invalid": true, "unauthorized": true, "forbidden": true, "error": true,
}

// faultSwitch holds the fault of one cluster, and wakes the watches that it concerns.
type faultSwitch struct {
	mu      sync.Mutex
	current *fault
	left    int
	changed chan struct{}
	dropped chan struct{}
}

func (s *faultSwitch) init() {
	s.changed, s.dropped = make(chan struct{}), make(chan struct{})
}

func (s *faultSwitch) put(f *fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = f
	if f != nil {
		s.left = f.Count
	}
	close(s.changed)
	s.changed = make(chan struct{})
	if f != nil && f.Kind == "refuse" {
		s.dropLocked()
	}
}

// drop ends all open watches, without a last word.
func (s *faultSwitch) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked()
}

func (s *faultSwitch) dropLocked() {
	close(s.dropped)
	s.dropped = make(chan struct{})
}

func (s *faultSwitch) listen() (changed, dropped <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed, s.dropped
}

// take is the fault that strikes a request, if any.
func (s *faultSwitch) take(resource, verb string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.current
	if f == nil || (f.Resource != "" && f.Resource != resource) || !concerns(f.Kind, verb) {
		return nil
	}
	if f.Count > 0 {
		if s.left == 0 {
			return nil
		}
		s.left--
	}
	return f
}

func concerns(kind, verb string) bool {
	switch kind {
	case "gone":
		return verb == "watch"
	case "endless":
		return verb == "list"
	case "huge":
		return verb == "list" || verb == "watch"
	}
	return true
}

// hold keeps an open watch silent for as long as its cluster hangs.
func (s *faultSwitch) hold(r *http.Request) {
	for {
		s.mu.Lock()
		hangs, changed, dropped := s.current != nil && s.current.Kind == "hang", s.changed, s.dropped
		s.mu.Unlock()
		if !hangs {
			return
		}
		select {
		case <-changed:
		case <-dropped:
			panic(http.ErrAbortHandler)
		case <-r.Context().Done():
			return
		}
	}
}

type contextKey int

const (
	faultKey contextKey = iota
	connectionKey
)

func faultOf(r *http.Request) *fault {
	f, _ := r.Context().Value(faultKey).(*fault)
	return f
}

func (s *server) afflicted(r *http.Request, by func(*fault) bool) bool {
	f := faultOf(r)
	return f != nil && by(f)
}

// strike applies a fault; it returns what to go on with, or a nil request if the fault was the answer.
func (s *server) strike(w http.ResponseWriter, r *http.Request, c *cluster, k *kind, verb, namespace string) (http.ResponseWriter, *http.Request) {
	resource := ""
	if k != nil {
		resource = k.plural
	}
	f := c.faults.take(resource, verb)
	if f == nil {
		return w, r
	}
	answer := func(problem *failure) (http.ResponseWriter, *http.Request) {
		problem.write(w)
		return w, nil
	}
	switch f.Kind {
	case "hang":
		c.faults.hold(r)
		panic(http.ErrAbortHandler)
	case "refuse":
		r.Context().Value(connectionKey).(net.Conn).Close()
		panic(http.ErrAbortHandler)
	case "delay":
		select {
		case <-time.After(time.Duration(f.Seconds * float64(time.Second))):
		case <-r.Context().Done():
		}
	case "drip":
		w = &drip{ResponseWriter: w, r: r, rate: max(f.BytesPerSecond, 1)}
	case "throttle":
		return answer(throttled(max(int(f.Seconds), 1)))
	case "unauthorized":
		return answer(unauthorized())
	case "forbidden":
		if k != nil {
			return answer(forbidden(k, verb, namespace))
		}
	case "error":
		return answer(broken())
	case "invalid":
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"type":"ADDED","apiVersion":"v1","items":[{"metadata":{"name":`+"\x01\xff]]\n")
		return w, nil
	case "huge":
		if verb == "list" {
			w.Header().Set("Content-Type", "application/json")
			out := bufio.NewWriterSize(w, 1<<16)
			fmt.Fprintf(out, `{"kind":%q,"apiVersion":%q,"metadata":{"resourceVersion":"%d"},"items":[`, k.listName, k.apiVersion(), c.version())
			writeHuge(out, k, f.Mebibytes)
			out.WriteString("]}\n")
			out.Flush()
			return w, nil
		}
	}
	return w, r.WithContext(context.WithValue(r.Context(), faultKey, f))
}

// writeHuge writes an object with an annotation of so many MiB.
func writeHuge(out *bufio.Writer, k *kind, mebibytes int) {
	out.Write(k.opening)
	namespace := ""
	if k.namespaced {
		namespace = `"namespace":"default",`
	}
	fmt.Fprintf(out, `"metadata":{"name":"huge",%s"uid":"00000000-0000-4000-8000-000000000000","resourceVersion":"1","annotations":{"huge":"`, namespace)
	for range max(mebibytes, 1) {
		out.Write(mebibyte)
	}
	out.WriteString(`"}}}`)
}

var mebibyte = func() []byte {
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = 'a'
	}
	return block
}()

// drip writes slowly.
type drip struct {
	http.ResponseWriter
	r    *http.Request
	rate int
}

const dripsPerSecond = 10

func (d *drip) Write(data []byte) (int, error) {
	written := 0
	piece := max(d.rate/dripsPerSecond, 1)
	pause := time.Second * time.Duration(piece) / time.Duration(d.rate)
	for written < len(data) {
		n, err := d.ResponseWriter.Write(data[written:min(written+piece, len(data))])
		written += n
		if err != nil {
			return written, err
		}
		d.Flush()
		select {
		case <-time.After(pause):
		case <-d.r.Context().Done():
			return written, d.r.Context().Err()
		}
	}
	return written, nil
}

func (d *drip) Flush() { d.ResponseWriter.(http.Flusher).Flush() }
