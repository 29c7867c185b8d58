// The objects of a healthy cluster: Traefik, its Gateways, and routes of three teams with their backends.
package main

import "fmt"

var teams = []string{"team-a", "team-b", "team-c"}

const (
	controllerName    = "traefik.io/gateway-controller"
	controllerManager = "traefik"
	sharedNamespace   = "shared"
	// Every so many routes lead to a Service of another namespace, which a ReferenceGrant allows.
	crossing = 10
)

func meta(name, namespace string, labels object) object {
	metadata := object{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	if labels != nil {
		metadata["labels"] = labels
	}
	return metadata
}

func condition(at, kind, reason, message string) object {
	return object{"type": kind, "status": "True", "reason": reason, "message": message, "observedGeneration": 1, "lastTransitionTime": at}
}

// base adds what does not depend on the number of routes, but for the Gateways' counts of them.
func (s *seeder) base(routes int) {
	for _, name := range append([]string{"default", "kube-system", "kube-public", "kube-node-lease", "gateways", "traefik", sharedNamespace}, teams...) {
		s.add(nsTable, object{"metadata": meta(name, "", object{"kubernetes.io/metadata.name": name}), "spec": object{"finalizers": []any{"kubernetes"}}},
			"kubectl", func(o object) { o["status"] = object{"phase": "Active"} }, "kube-apiserver")
	}
	s.controller()
	for i := range s.gateways {
		s.gateway(i, attached(i, s.gateways, routes))
	}
	from := []any{}
	for _, team := range teams {
		from = append(from, object{"group": gatewayGroup, "kind": "HTTPRoute", "namespace": team})
	}
	s.add("referencegrants."+gatewayGroup, object{"metadata": meta("teams", sharedNamespace, nil),
		"spec": object{"from": from, "to": []any{object{"group": "", "kind": "Service"}}}}, "kubectl", nil, "")
	s.backend("common", sharedNamespace, 1)
}

func attached(gateway, gateways, routes int) int {
	return (routes + gateways - 1 - gateway) / gateways
}

func (s *seeder) controller() {
	labels := object{"app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": "traefik-traefik"}
	container := object{"name": "traefik", "image": "traefik:v3.7.15", "args": []any{"--providers.kubernetesgateway=true",
		"--entrypoints.web.address=:8000", "--ping=true"}, "ports": []any{object{"name": "web", "containerPort": 8000, "protocol": "TCP"}}}
	s.add("deployments.apps", object{"metadata": meta("traefik", "traefik", labels), "spec": object{
		"replicas": 1, "selector": object{"matchLabels": labels}, "progressDeadlineSeconds": 600,
		"template": object{"metadata": object{"labels": labels}, "spec": object{"serviceAccountName": "traefik", "containers": []any{container}}},
	}}, "helm", func(o object) {
		done := func(kind, reason, message string) object {
			c := condition(s.born, kind, reason, message)
			delete(c, "observedGeneration")
			c["lastUpdateTime"] = s.born
			return c
		}
		o["status"] = object{"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
			"conditions": []any{done("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
				done("Progressing", "NewReplicaSetAvailable", `ReplicaSet "traefik-5d4c9b7f6d" has successfully progressed.`)}}
	}, "kube-controller-manager")
	s.add("services.", object{"metadata": meta("traefik", "traefik", labels), "spec": object{"type": "LoadBalancer", "selector": labels,
		"clusterIP": "10.96.0.10", "ports": []any{object{"name": "web", "port": 80, "targetPort": "web", "protocol": "TCP"}}}},
		"helm", func(o object) {
			o["status"] = object{"loadBalancer": object{"ingress": []any{object{"ip": "192.0.2.10"}}}}
		}, "kube-controller-manager")
	features := []any{}
	for _, name := range []string{"GRPCRoute", "Gateway", "GatewayPort8080", "HTTPRoute", "HTTPRouteBackendProtocolH2C", "HTTPRouteBackendProtocolWebSocket",
		"HTTPRouteDestinationPortMatching", "HTTPRouteHostRewrite", "HTTPRouteMethodMatching", "HTTPRoutePathRedirect", "HTTPRoutePathRewrite",
		"HTTPRoutePortRedirect", "HTTPRouteQueryParamMatching", "HTTPRouteResponseHeaderModification", "HTTPRouteSchemeRedirect", "ReferenceGrant", "TLSRoute"} {
		features = append(features, object{"name": name})
	}
	s.add("gatewayclasses."+gatewayGroup, object{"metadata": meta("traefik", "", nil), "spec": object{"controllerName": controllerName}},
		"kubectl", func(o object) {
			o["status"] = object{"supportedFeatures": features,
				"conditions": []any{condition(s.born, "Accepted", "Handled", "Handled by Traefik controller")}}
		}, controllerManager)
}

func gatewayName(i int) string { return fmt.Sprintf("gateway-%02d", i) }

func (s *seeder) gateway(i, routes int) {
	s.add(gatewayTable, object{"metadata": meta(gatewayName(i), "gateways", object{"app.kubernetes.io/managed-by": "gatewright"}),
		"spec": object{"gatewayClassName": "traefik", "listeners": []any{object{"name": "web", "port": 8000, "protocol": "HTTP",
			"allowedRoutes": object{"namespaces": object{"from": "All"}}}}}}, "kubectl", func(o object) {
		listener := object{"name": "web", "attachedRoutes": routes,
			"supportedKinds": []any{object{"group": gatewayGroup, "kind": "HTTPRoute"}, object{"group": gatewayGroup, "kind": "GRPCRoute"}},
			"conditions": []any{condition(s.born, "Accepted", "Accepted", "No error found"), condition(s.born, "ResolvedRefs", "ResolvedRefs", "No error found"),
				condition(s.born, "Programmed", "Programmed", "No error found")}}
		o["status"] = object{"addresses": []any{object{"type": "IPAddress", "value": "192.0.2.10"}}, "listeners": []any{listener},
			"conditions": []any{condition(s.born, "Accepted", "Accepted", "Gateway successfully scheduled"),
				condition(s.born, "Programmed", "Programmed", "Gateway successfully scheduled")}}
	}, controllerManager)
}

func (s *seeder) backend(name, namespace string, i int) {
	labels := object{"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace}
	s.add("services.", object{"metadata": meta(name, namespace, labels), "spec": object{"type": "ClusterIP", "selector": object{"app.kubernetes.io/name": name},
		"clusterIP": fmt.Sprintf("10.96.%d.%d", 1+i/250, 1+i%250), "ports": []any{object{"name": "http", "port": 8080, "targetPort": 8080, "protocol": "TCP"}}}},
		"argocd-controller", func(o object) { o["status"] = object{"loadBalancer": object{}} }, "kube-controller-manager")
	endpoint := func(n int) object {
		return object{"addresses": []any{fmt.Sprintf("10.244.%d.%d", 1+i/100, 1+2*(i%100)+n)}, "conditions": object{"ready": true, "serving": true, "terminating": false}}
	}
	s.add("endpointslices.discovery.k8s.io", object{"metadata": meta(name+"-x7k2p", namespace, object{"kubernetes.io/service-name": name,
		"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}), "addressType": "IPv4",
		"endpoints": []any{endpoint(0), endpoint(1)}, "ports": []any{object{"name": "http", "port": 8080, "protocol": "TCP"}}},
		"kube-controller-manager", nil, "")
}

// route adds the route of an index, and its backend.
func (s *seeder) route(i int) {
	name, team := fmt.Sprintf("app-%04d", i), teams[i%len(teams)]
	backend := object{"group": "", "kind": "Service", "name": name, "port": 8080, "weight": 100}
	if i%crossing == 0 {
		backend["name"], backend["namespace"] = "common", sharedNamespace
	} else {
		s.backend(name, team, i+2)
	}
	rule := func(path string, filters ...any) object {
		r := object{"matches": []any{object{"path": object{"type": "PathPrefix", "value": path}}}, "backendRefs": []any{backend}}
		if len(filters) > 0 {
			r["filters"] = filters
		}
		return r
	}
	headers := object{"type": "RequestHeaderModifier", "requestHeaderModifier": object{"set": []any{object{"name": "X-Team", "value": team}}}}
	parent := object{"group": gatewayGroup, "kind": "Gateway", "namespace": "gateways", "name": gatewayName(i % s.gateways), "sectionName": "web"}
	labels := object{"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name + "-" + team, "app.kubernetes.io/part-of": team, "app.kubernetes.io/managed-by": "argocd"}
	metadata := meta(name, team, labels)
	metadata["annotations"] = object{"argocd.argoproj.io/tracking-id": fmt.Sprintf("%s:%s/HTTPRoute:%s/%s", name, gatewayGroup, team, name),
		"example.com/owner": team + "@example.com", "example.com/description": "Routes of " + name + " in " + clusterMark + ", maintained by " + team + "."}
	s.add(routesTable, object{"metadata": metadata, "spec": object{
		"parentRefs": []any{parent}, "hostnames": []any{name + "." + clusterMark + ".example.test"},
		"rules": []any{rule("/api", headers), rule("/")}}}, "argocd-controller", func(o object) {
		o["status"] = object{"parents": []any{object{"parentRef": parent, "controllerName": controllerName,
			"conditions": []any{condition(s.born, "Accepted", "Accepted", "No error found"), condition(s.born, "ResolvedRefs", "ResolvedRefs", "No error found")}}}}
	}, controllerManager)
}
