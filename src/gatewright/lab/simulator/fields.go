// Field ownership as far as a watcher can tell: who set which field last, lists taken as one field.
package main

import "reflect"

// fieldsOf is the FieldsV1 tree of a value. Metadata that the server sets has no owner.
func fieldsOf(o object, top bool) object {
	tree := object{}
	for key, value := range o {
		if top && (key == "apiVersion" || key == "kind") {
			continue
		}
		inner, ok := value.(object)
		if top && key == "metadata" {
			inner = owned(inner)
		}
		if !ok || len(inner) == 0 {
			if !(top && key == "metadata") {
				tree["f:"+key] = object{}
			}
			continue
		}
		tree["f:"+key] = fieldsOf(inner, false)
	}
	return tree
}

func owned(metadata object) object {
	kept := object{}
	for _, key := range []string{"annotations", "labels", "finalizers", "ownerReferences"} {
		if value, ok := metadata[key]; ok {
			kept[key] = value
		}
	}
	return kept
}

// changed is the part of the tree of after whose values are not those of before.
func changed(before, after object, top bool) object {
	tree := object{}
	for key, value := range after {
		if top && (key == "apiVersion" || key == "kind") {
			continue
		}
		inner, ok := value.(object)
		old, was := before[key].(object)
		if top && key == "metadata" {
			inner, old = owned(inner), owned(old)
		}
		switch {
		case ok && was:
			if part := changed(old, inner, false); len(part) > 0 {
				tree["f:"+key] = part
			}
		case ok && len(inner) > 0:
			tree["f:"+key] = fieldsOf(inner, false)
		case !reflect.DeepEqual(before[key], value):
			tree["f:"+key] = object{}
		}
	}
	return tree
}

func union(a, b object) object {
	both := object{}
	for key, value := range a {
		both[key] = value
	}
	for key, value := range b {
		inner, _ := value.(object)
		old, ok := both[key].(object)
		if ok {
			both[key] = union(old, inner)
		} else {
			both[key] = inner
		}
	}
	return both
}

// without is tree less what taken has, and less what the object no longer has.
func without(tree, taken object, of any) object {
	left := object{}
	holder, _ := of.(object)
	for key, value := range tree {
		inner, _ := value.(object)
		theirs, hit := taken[key].(object)
		here, exists := holder[key[2:]]
		if !exists || (hit && len(theirs) == 0) {
			continue
		}
		rest := without(inner, theirs, here)
		if len(rest) > 0 || (len(inner) == 0 && !hit) {
			left[key] = rest
		}
	}
	return left
}

// own rewrites managedFields after manager made after out of before (nil for a creation).
func own(k *kind, before, after object, manager, subresource string) {
	mine := changed(before, after, true)
	metadata := child(after, "metadata")
	var entries []any
	found := false
	for _, item := range list(sub(before, "metadata"), "managedFields") {
		entry, _ := item.(object)
		tree := sub(entry, "fieldsV1")
		if text(entry, "manager") == manager && text(entry, "subresource") == subresource && text(entry, "operation") == "Update" {
			found = true
			mine = union(without(tree, object{}, after), mine)
			entry = object{"manager": manager, "operation": "Update", "apiVersion": k.apiVersion(), "time": now(),
				"fieldsType": "FieldsV1", "fieldsV1": mine}
			if subresource != "" {
				entry["subresource"] = subresource
			}
			entries = append(entries, entry)
			continue
		}
		if left := without(tree, mine, after); len(left) > 0 {
			entry["fieldsV1"] = left
			entries = append(entries, entry)
		}
	}
	if !found {
		entry := object{"manager": manager, "operation": "Update", "apiVersion": k.apiVersion(), "time": now(),
			"fieldsType": "FieldsV1", "fieldsV1": mine}
		if subresource != "" {
			entry["subresource"] = subresource
		}
		entries = append(entries, entry)
	}
	metadata["managedFields"] = entries
}
