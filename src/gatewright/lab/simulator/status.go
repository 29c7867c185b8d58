// Kubernetes' Status: every error that an API server answers with, in its words.
package main

import (
	"fmt"
	"net/http"
	"strconv"
)

// failure is an error answer; reason, code and message are those of metav1.Status.
type failure struct {
	code            int
	reason, message string
	details         object
	metadata        object
}

func (f *failure) Error() string { return f.message }

func (f *failure) status() object {
	metadata := f.metadata
	if metadata == nil {
		metadata = object{}
	}
	status := object{"kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure",
		"message": f.message, "reason": f.reason, "code": f.code}
	if f.details != nil {
		status["details"] = f.details
	}
	return status
}

func (f *failure) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	if seconds, ok := f.details["retryAfterSeconds"]; ok {
		w.Header().Set("Retry-After", fmt.Sprint(seconds))
	}
	body := append(encode(f.status()), '\n')
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.code)
	w.Write(body)
}

func about(k *kind, name string) object {
	details := object{"name": name, "kind": k.plural}
	if k.group != "" {
		details["group"] = k.group
	}
	return details
}

func notFound(k *kind, name string) *failure {
	return &failure{code: 404, reason: "NotFound", message: fmt.Sprintf("%s %q not found", k.qualified(), name), details: about(k, name)}
}

func notServed() *failure {
	return &failure{code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: object{}}
}

func alreadyExists(k *kind, name string) *failure {
	return &failure{code: 409, reason: "AlreadyExists", message: fmt.Sprintf("%s %q already exists", k.qualified(), name), details: about(k, name)}
}

func conflict(k *kind, name, why string) *failure {
	return &failure{code: 409, reason: "Conflict", details: about(k, name),
		message: fmt.Sprintf("Operation cannot be fulfilled on %s %q: %s", k.qualified(), name, why)}
}

const modifiedSince = "the object has been modified; please apply your changes to the latest version and try again"

func invalid(k *kind, name, field, why string) *failure {
	return &failure{code: 422, reason: "Invalid", message: fmt.Sprintf("%s.%s %q is invalid: %s: %s", k.name, k.group, name, field, why),
		details: object{"name": name, "group": k.group, "kind": k.name,
			"causes": []any{object{"reason": "FieldValueInvalid", "message": why, "field": field}}}}
}

func badRequest(message string) *failure {
	return &failure{code: 400, reason: "BadRequest", message: message}
}

func expired(message string) *failure {
	return &failure{code: 410, reason: "Expired", message: message}
}

func tooOld(rv, oldest uint64) *failure {
	return expired(fmt.Sprintf("too old resource version: %d (%d)", rv, oldest))
}

func tooNew(rv, current uint64) *failure {
	return &failure{code: 504, reason: "Timeout", message: fmt.Sprintf("Timeout: Too large resource version: %d, current: %d", rv, current),
		details: object{"retryAfterSeconds": 1,
			"causes": []any{object{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}}}}
}

func unauthorized() *failure {
	return &failure{code: 401, reason: "Unauthorized", message: "Unauthorized"}
}

func unsupported(accepted string) *failure {
	return &failure{code: 415, reason: "UnsupportedMediaType",
		message: "the body of the request was in an unknown format - accepted media types include: " + accepted}
}

func notAllowed() *failure {
	return &failure{code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource", details: object{}}
}

func throttled(seconds int) *failure {
	return &failure{code: 429, reason: "TooManyRequests", message: "Too many requests, please try again later.",
		details: object{"retryAfterSeconds": seconds}}
}

func broken() *failure {
	return &failure{code: 500, reason: "InternalError", message: "Internal error occurred: simulated fault",
		details: object{"causes": []any{object{"message": "simulated fault"}}}}
}

func forbidden(k *kind, verb, namespace string) *failure {
	scope := "at the cluster scope"
	if namespace != "" {
		scope = fmt.Sprintf("in the namespace %q", namespace)
	}
	return &failure{code: 403, reason: "Forbidden", details: about(k, ""),
		message: fmt.Sprintf("%s is forbidden: User \"gatewright\" cannot %s resource %q in API group %q %s",
			k.qualified(), verb, k.plural, k.group, scope)}
}
