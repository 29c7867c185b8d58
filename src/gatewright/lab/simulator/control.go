// The control API: faults, changes at a rate with the moment of each, more or fewer routes, and what is going on.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"time"
)

// order is the body of a control request. No clusters means all of them.
type order struct {
	Clusters []string `json:"clusters"`
	Fault    *fault   `json:"fault"`
	Rate     float64  `json:"rate"`
	Seconds  float64  `json:"seconds"`
	Routes   int      `json:"routes"`
}

func (s *server) control(w http.ResponseWriter, r *http.Request, what string) {
	var o order
	if r.Method == "POST" {
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			badRequest(err.Error()).write(w)
			return
		}
	}
	names := o.Clusters
	if len(names) == 0 {
		names = s.names
	}
	for _, name := range names {
		if s.clusters[name] == nil {
			badRequest("no such cluster: " + name).write(w)
			return
		}
	}
	each := func(act func(*cluster)) {
		for _, name := range names {
			act(s.clusters[name])
		}
		s.report(w, names)
	}
	switch {
	case r.Method == "GET" && what == "fleet":
		s.report(w, names)
	case what == "fault" && o.Fault != nil && !faultKinds[o.Fault.Kind]:
		badRequest("no such fault: " + o.Fault.Kind).write(w)
	case what == "fault":
		each(func(c *cluster) { c.faults.put(o.Fault) })
	case what == "drop":
		each(func(c *cluster) { c.faults.drop() })
	case what == "forget":
		each(func(c *cluster) { c.forget() })
	case what == "routes":
		each(func(c *cluster) { s.setRoutes(c, o.Routes) })
	case what == "changes":
		s.changes(w, r, o, names)
	default:
		noPath(w)
	}
}

func (s *server) report(w http.ResponseWriter, names []string) {
	watches := int64(0)
	for _, name := range names {
		watches += s.clusters[name].watching.Load()
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(encode(object{"clusters": len(s.clusters), "watches": watches, "requests": s.requests.Load(), "pid": os.Getpid()}))
}

// change is one line of the answer: the route whose condition changed, and when, just before anyone could see it.
type change struct {
	Cluster         string `json:"cluster"`
	Namespace       string `json:"namespace"`
	Name            string `json:"name"`
	ResourceVersion string `json:"resource_version"`
	At              int64  `json:"at"`
	Status          string `json:"status"`
}

const tick = 5 * time.Millisecond

func (s *server) changes(w http.ResponseWriter, r *http.Request, o order, names []string) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	flusher := w.(http.Flusher)
	flusher.Flush()
	out := json.NewEncoder(w)
	random := rand.New(rand.NewPCG(uint64(s.options.Seed), uint64(s.requests.Load())))
	began := time.Now()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	total := int(o.Rate * o.Seconds)
	for done := 0; done < total; {
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
		due := min(int(time.Since(began).Seconds()*o.Rate), total)
		for ; done < due; done++ {
			if line, ok := s.clusters[names[random.IntN(len(names))]].flip(random); ok {
				out.Encode(line)
			}
		}
		flusher.Flush()
	}
}

// flip breaks or heals a random route: ResolvedRefs of its first parent.
func (c *cluster) flip(random *rand.Rand) (change, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, items := c.kinds.storage(routesTable), c.table(routesTable).items
	if k == nil || len(items) == 0 {
		return change{}, false
	}
	current := items[random.IntN(len(items))]
	wanted := current.decoded()
	status := flipped(wanted)
	if status == "" {
		return change{}, false
	}
	at := time.Now().UnixNano()
	e, problem := c.replace(k, current, wanted, "status", controllerManager, false)
	if problem != nil {
		return change{}, false
	}
	return change{c.name, e.namespace, e.name, strconv.FormatUint(e.rv, 10), at, status}, true
}

func flipped(route object) string {
	for _, item := range list(sub(route, "status"), "parents") {
		parent, _ := item.(object)
		for _, item := range list(parent, "conditions") {
			c, _ := item.(object)
			if text(c, "type") != "ResolvedRefs" {
				continue
			}
			c["lastTransitionTime"] = now()
			if text(c, "status") == "True" {
				c["status"], c["reason"], c["message"] = "False", "BackendNotFound", "the backend Service was not found"
			} else {
				c["status"], c["reason"], c["message"] = "True", "ResolvedRefs", "No error found"
			}
			return text(c, "status")
		}
	}
	return ""
}

// setRoutes makes or deletes routes and their backends until there are so many.
func (s *server) setRoutes(c *cluster, routes int) {
	made := s.seeder.content(routes)
	wanted := map[string]bool{}
	for _, p := range made.patterns {
		wanted[p.k.table+" "+p.e.key()] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range []string{"services.", "endpointslices.discovery.k8s.io", routesTable} {
		k, t := c.kinds.storage(name), c.table(name)
		if k == nil {
			continue
		}
		for _, e := range t.items {
			if !wanted[name+" "+e.key()] {
				c.erase(k, e)
			}
		}
		for _, p := range made.patterns {
			if p.k.table == name && t.find(p.e.namespace, p.e.name) == nil {
				c.store(k, p.fill(c.name, s.seeder.seed).decoded())
			}
		}
	}
	c.attach(s.options.Gateways)
}

// attach brings the Gateways' counts of routes up to date.
func (c *cluster) attach(gateways int) {
	k := c.kinds.storage(gatewayTable)
	if k == nil {
		return
	}
	routes := len(c.table(routesTable).items)
	for i := range gateways {
		current := c.table(gatewayTable).find("gateways", gatewayName(i))
		if current == nil {
			continue
		}
		wanted := current.decoded()
		for _, item := range list(sub(wanted, "status"), "listeners") {
			item.(object)["attachedRoutes"] = json.Number(fmt.Sprint(attached(i, gateways, routes)))
		}
		c.replace(k, current, wanted, "status", controllerManager, false)
	}
}
