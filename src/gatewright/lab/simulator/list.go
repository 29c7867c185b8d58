// GET of lists: pages with continue tokens, consistent snapshots of the past, metadata only.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// token is the content of a continue token, as an API server writes it.
type token struct {
	Version string `json:"v"`
	RV      int64  `json:"rv"`
	Start   string `json:"start"`
}

const tokenVersion = "meta.k8s.io/v1"

func (t token) String() string {
	return base64.RawURLEncoding.EncodeToString(encode(object{"v": t.Version, "rv": t.RV, "start": t.Start}))
}

func readToken(text string) (token, *failure) {
	var t token
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(data, &t)
	}
	if err == nil && (t.Version != tokenVersion || t.Start == "") {
		err = fmt.Errorf("incorrect encoded version %q", t.Version)
	}
	if err != nil {
		return t, badRequest("invalid continue token: continue key is not valid: " + err.Error())
	}
	return t, nil
}

// page is one answer of a list.
type page struct {
	rv        uint64
	items     []*entry
	next      string
	remaining int
}

const expiredToken = "The provided continue parameter is too old to display a consistent list result. You can start a new list without " +
	"the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the " +
	"provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk " +
	"was returned and now may show up in the list."

func (s *server) list(w http.ResponseWriter, r *http.Request, c *cluster, k *kind, namespace string, as form) *failure {
	query := r.URL.Query()
	chosen, problem := selectionOf(query, namespace)
	if problem != nil {
		return problem
	}
	limit := 0
	if given := query.Get("limit"); given != "" {
		var err error
		if limit, err = strconv.Atoi(given); err != nil || limit < 0 {
			return badRequest("invalid limit: " + given)
		}
	}
	rv, given, problem := versionOf(query)
	if problem != nil {
		return problem
	}
	if given && rv == 0 {
		// any version will do: an API server then answers from its cache, which has no pages
		limit = 0
	}
	from := ""
	snapshot := uint64(0)
	if text := query.Get("continue"); text != "" {
		if given && rv != 0 {
			return badRequest("specifying resource version is not allowed when using continue")
		}
		t, problem := readToken(text)
		if problem != nil {
			return problem
		}
		from = t.Start
		if t.RV > 0 {
			snapshot = uint64(t.RV)
		}
	} else if query.Get("resourceVersionMatch") == "Exact" {
		if rv == 0 {
			return badRequest("resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"")
		}
		snapshot = rv
	} else if problem := c.waitFor(r, rv); problem != nil {
		return problem
	}
	p, problem := c.page(k, chosen, from, limit, snapshot)
	if problem != nil {
		return problem
	}
	if s.afflicted(r, func(f *fault) bool { return f.Kind == "endless" }) {
		p.next = token{tokenVersion, -1, "\x00"}.String()
	}
	writePage(w, k, p, as)
	return nil
}

// waitFor gives a version that is yet to come a moment.
func (c *cluster) waitFor(r *http.Request, rv uint64) *failure {
	deadline := time.Now().Add(3 * time.Second)
	for {
		c.mu.RLock()
		current := c.rv
		c.mu.RUnlock()
		if current >= rv {
			return nil
		}
		if time.Now().After(deadline) || r.Context().Err() != nil {
			return tooNew(rv, current)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (c *cluster) page(k *kind, chosen *selection, from string, limit int, snapshot uint64) (page, *failure) {
	t := c.reading(k.table)
	c.mu.RLock()
	defer c.mu.RUnlock()
	p := page{rv: c.rv, items: t.items}
	if snapshot > c.rv {
		return p, tooNew(snapshot, c.rv)
	}
	if snapshot > 0 {
		items, ok := t.at(snapshot)
		if !ok && from == "" {
			return p, expired(fmt.Sprintf("The resourceVersion for the provided list is too old: %d (%d)", snapshot, t.oldest))
		}
		if !ok {
			late := expired(expiredToken)
			late.metadata = object{"continue": token{tokenVersion, -1, from}.String()}
			return p, late
		}
		p.rv, p.items = snapshot, items
	}
	p.items = after(p.items, from)
	if !chosen.everything() || chosen.namespace != "" {
		kept := []*entry{}
		for _, e := range p.items {
			if chosen.holds(e) {
				kept = append(kept, e)
			}
		}
		p.items = kept
	}
	if limit > 0 && len(p.items) > limit {
		p.next = token{tokenVersion, int64(p.rv), p.items[limit-1].key() + "\x00"}.String()
		if chosen.everything() {
			p.remaining = len(p.items) - limit
		}
		p.items = p.items[:limit]
	}
	return p, nil
}

// after are the items from a token's start on: the key of the last one served and a zero byte.
func after(items []*entry, start string) []*entry {
	if start == "" || start == "\x00" {
		return items
	}
	last := strings.TrimSuffix(start, "\x00")
	at := sort.Search(len(items), func(i int) bool { return items[i].key() > last || (last == start && items[i].key() == last) })
	return items[at:]
}

const partialOpening = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":`

func writePage(w http.ResponseWriter, k *kind, p page, as form) {
	meta := object{"resourceVersion": strconv.FormatUint(p.rv, 10)}
	if p.next != "" {
		meta["continue"] = p.next
	}
	if p.remaining > 0 {
		meta["remainingItemCount"] = p.remaining
	}
	name, version := k.listName, k.apiVersion()
	if as == metadataOnly {
		name, version = "PartialObjectMetadataList", tokenVersion
	}
	w.Header().Set("Content-Type", "application/json")
	out := bufio.NewWriterSize(w, 1<<15)
	fmt.Fprintf(out, `{"kind":%q,"apiVersion":%q,"metadata":%s,"items":[`, name, version, encode(meta))
	for i, e := range p.items {
		if i > 0 {
			out.WriteByte(',')
		}
		writeItem(out, k, e, as)
	}
	out.WriteString("]}\n")
	out.Flush()
}

// writeItem: the items of a built-in list have no kind of their own, custom resources and metadata have.
func writeItem(out *bufio.Writer, k *kind, e *entry, as form) {
	switch {
	case as == metadataOnly:
		writeMetadata(out, e)
	case k.custom:
		out.Write(k.opening)
		out.Write(e.tail)
	default:
		out.WriteByte('{')
		out.Write(e.tail)
	}
}

func writeMetadata(out *bufio.Writer, e *entry) {
	out.WriteString(partialOpening)
	out.Write(e.metadata())
	out.WriteByte('}')
}

func writeEntry(out *bufio.Writer, k *kind, e *entry, as form) {
	if as == metadataOnly {
		writeMetadata(out, e)
		return
	}
	out.Write(k.opening)
	out.Write(e.tail)
}
