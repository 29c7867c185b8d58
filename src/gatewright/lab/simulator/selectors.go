// What a request asks for: selectors, the representation that Accept wants, and resource versions.
package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// selection is the filter of a list or watch.
type selection struct {
	namespace string
	matches   []func(*entry) bool
}

func (s *selection) holds(e *entry) bool {
	if s.namespace != "" && e.namespace != s.namespace {
		return false
	}
	for _, match := range s.matches {
		if !match(e) {
			return false
		}
	}
	return true
}

func (s *selection) everything() bool { return len(s.matches) == 0 }

func selectionOf(query url.Values, namespace string) (*selection, *failure) {
	s := &selection{namespace: namespace}
	for _, term := range terms(query.Get("fieldSelector")) {
		field, equal, value := cut(term)
		read := map[string]func(*entry) string{
			"metadata.name":      func(e *entry) string { return e.name },
			"metadata.namespace": func(e *entry) string { return e.namespace },
		}[field]
		if read == nil {
			return nil, badRequest("field label not supported: " + field)
		}
		s.matches = append(s.matches, func(e *entry) bool { return (read(e) == value) == equal })
	}
	for _, term := range terms(query.Get("labelSelector")) {
		match := labelMatch(term)
		if match == nil {
			return nil, badRequest("unable to parse requirement: " + term)
		}
		s.matches = append(s.matches, func(e *entry) bool { return match(e.labels) })
	}
	return s, nil
}

// terms splits at the commas that are not in brackets.
func terms(selector string) []string {
	var found []string
	depth, from := 0, 0
	for i, c := range selector + "," {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			if term := strings.TrimSpace(selector[from:i]); term != "" {
				found = append(found, term)
			}
			from = i + 1
		}
	}
	return found
}

func cut(term string) (string, bool, string) {
	for _, operator := range []string{"!=", "==", "="} {
		if field, value, ok := strings.Cut(term, operator); ok {
			return strings.TrimSpace(field), operator != "!=", strings.TrimSpace(value)
		}
	}
	return term, true, ""
}

func labelMatch(term string) func(map[string]string) bool {
	if open := strings.IndexByte(term, '('); open > 0 && strings.HasSuffix(term, ")") {
		words := strings.Fields(term[:open])
		if len(words) != 2 || (words[1] != "in" && words[1] != "notin") {
			return nil
		}
		among := map[string]bool{}
		for _, value := range strings.Split(term[open+1:len(term)-1], ",") {
			among[strings.TrimSpace(value)] = true
		}
		return func(labels map[string]string) bool {
			value, ok := labels[words[0]]
			return (ok && among[value]) == (words[1] == "in")
		}
	}
	if strings.Contains(term, "=") {
		name, equal, wanted := cut(term)
		return func(labels map[string]string) bool {
			value, ok := labels[name]
			return (ok && value == wanted) == equal
		}
	}
	name, absent := strings.CutPrefix(term, "!")
	if name == "" || strings.ContainsAny(name, " !()") {
		return nil
	}
	return func(labels map[string]string) bool {
		_, ok := labels[name]
		return ok != absent
	}
}

type form int

const (
	whole form = iota
	metadataOnly
	discovery
)

// formOf is the first representation of Accept that this server has; false for none.
func formOf(r *http.Request) (form, bool) {
	accept := r.Header.Get("Accept")
	if accept == "" {
		return whole, true
	}
	for _, part := range strings.Split(accept, ",") {
		fields := strings.Split(part, ";")
		media := strings.TrimSpace(fields[0])
		as := ""
		for _, field := range fields[1:] {
			if value, ok := strings.CutPrefix(strings.TrimSpace(field), "as="); ok {
				as = value
			}
		}
		if media != "application/json" && media != "*/*" && media != "application/*" {
			continue
		}
		switch as {
		case "":
			return whole, true
		case "PartialObjectMetadata", "PartialObjectMetadataList":
			return metadataOnly, true
		case "APIGroupDiscoveryList":
			if strings.Contains(part, "v=v2;") || strings.HasSuffix(part, "v=v2") {
				return discovery, true
			}
		}
	}
	return whole, false
}

// versionOf reads a resource version: given is false for none.
func versionOf(query url.Values) (rv uint64, given bool, problem *failure) {
	value := query.Get("resourceVersion")
	if value == "" {
		return 0, false, nil
	}
	rv, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return 0, true, badRequest("invalid resource version: " + value)
	}
	return rv, true, nil
}
