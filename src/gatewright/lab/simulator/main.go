// The simulator: many Kubernetes API servers in one process, for benches and faults that real ones do not show.
//
// It reads its options as one line of JSON from standard input, prints one line of JSON when it listens, and ends
// with standard input: it cannot outlive who started it.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"
)

// options come from standard input. Large names clusters with another number of routes than the rest.
type options struct {
	Names           []string       `json:"names"`
	Routes          int            `json:"routes"`
	Gateways        int            `json:"gateways"`
	Seed            int64          `json:"seed"`
	Large           map[string]int `json:"large"`
	CRDs            string         `json:"crds"`
	History         int            `json:"history"`
	BookmarkSeconds float64        `json:"bookmark_seconds"`
	Certificate     string         `json:"certificate"`
	Key             string         `json:"key"`
	Token           string         `json:"token"`
}

func (o *options) bookmarks() time.Duration {
	return time.Duration(o.BookmarkSeconds * float64(time.Second))
}

func main() {
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	// most of the heap is what clusters hold for good: collecting early costs little and keeps the peak near it
	debug.SetGCPercent(40)
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		log.Fatal("no options on standard input: ", err)
	}
	var o options
	if err := json.Unmarshal(line, &o); err != nil {
		log.Fatal("options: ", err)
	}
	go func() {
		io.Copy(io.Discard, input)
		os.Exit(0)
	}()
	s, err := newServer(o)
	if err != nil {
		log.Fatal(err)
	}
	if err := s.listen(); err != nil {
		log.Fatal(err)
	}
}

func newServer(o options) (*server, error) {
	crds, err := readCRDs(o.CRDs)
	if err != nil {
		return nil, err
	}
	seeder := newSeeder(crds, o.Seed, o.Gateways)
	s := &server{options: o, clusters: map[string]*cluster{}, names: o.Names, seeder: seeder}
	for _, name := range o.Names {
		routes, ok := o.Large[name]
		if !ok {
			routes = o.Routes
		}
		s.clusters[name] = seeder.cluster(name, routes, o.History)
	}
	return s, nil
}

func (s *server) listen() error {
	pair, err := tls.X509KeyPair([]byte(s.options.Certificate), []byte(s.options.Key))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h := &http.Server{
		Handler:     s,
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: 250},
		ConnContext: withConnection,
		ErrorLog:    log.New(io.Discard, "", 0),
	}
	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	return h.ServeTLS(listener, "", "")
}
