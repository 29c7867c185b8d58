/** What clusters, teams, namespaces and whatever else has a Kubernetes label for a name can be called (RFC 1123). */
export const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
