// Made from the server's OpenAPI document by `npm run api`. Not edited by hand.

/** The present map, its coupling (0..1; over all, and per pair of teams, strongest first), and what would lower it, best first. The order of the input does not matter. */
export interface Advice {
  rows: MapRow[];
  coupling: number;
  pairs: PairCoupling[];
  clusters: ClusterUse[];
  spread: DomainSpread[];
  layers: LayerNote[];
  suggestions: Suggestion[];
}

/** What lets a program act for a person. None: not narrowed, all that the person may. */
export interface ApiToken {
  id: string;
  user: string;
  name: string;
  prefix: string;
  permissions: string[] | null;
  teams: string[] | null;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}

/** A team on a cluster; owns the team's namespace there. Its manifest name is `TEAM.CLUSTER`. */
export interface Binding {
  team: string;
  cluster: string;
  namespace?: string;
  stack?: string;
}

/** `namespace` empty: the default of the team; `stack` empty: only the namespace. */
export interface BindingBody {
  namespace?: string;
  stack?: string;
}

/** A release of the Gateway API. */
export interface BundleBody {
  version: string;
  channel?: "experimental" | "standard";
}

/** What annotations of CRDs say, as they say it (empty: nothing), and how many CRDs say so. */
export interface BundleClaim {
  version: string;
  channel: string;
  crds: number;
}

/** One release and channel. `released`: date of the tag (ISO 8601); `digest`: SHA-256 over the sorted `content` digests of everything in it. */
export interface BundleFacts {
  version: string;
  channel: "experimental" | "standard";
  released: string;
  kubernetes: KubernetesRange;
  digest: string;
  crds: CrdFacts[];
  policy: PolicyFacts[];
}

/** One Gateway API release and channel, e.g. v1.6.1 standard. */
export interface BundleName {
  version: string;
  channel?: "experimental" | "standard";
}

/** A release in the list. `kubernetes`: the oldest minor on which it works. */
export interface BundleRow {
  version: string;
  channel: string;
  released: string;
  kubernetes: string;
  crds: number;
  digest: string;
}

/** What explains findings: mending `object` (or what `code` says) removes `explains` of them. */
export interface Cause {
  code: string;
  object: ObjectRef;
  message: Message;
  remedy: Message;
  severity: "error" | "info" | "warning";
  explains: number;
  cluster?: string;
  affected?: ObjectRef[];
  since?: string;
}

/** A leaf certificate. Moments are RFC 3339, UTC. `names`: DNS names (lower case) and IP addresses of the SAN. `digest`: SHA-256 of the DER, hex. */
export interface CertificateFacts {
  subject: string;
  issuer: string;
  names: string[];
  not_before: string;
  not_after: string;
  digest: string;
  self_signed?: boolean;
}

/** The certificates that listeners use and that were read. `bad`: expired, about to expire, or not usable; `soonest`: when the first of them expires (RFC 3339), `object` its Secret. */
export interface CertificateTally {
  count?: number;
  bad?: number;
  soonest?: string;
  object?: ObjectRef | null;
}

/** What applying one manifest did or would do; `before` and `after` are manifests. */
export interface ChangeView {
  verb: "create" | "unchanged" | "update";
  kind: string;
  name: string;
  after: Record<string, unknown>;
  before?: Record<string, unknown> | null;
}

/** Who wrote the object besides us: `writer` is a key of the table of writers (`other` for a manager in no row), `manager` the field manager, `operation` `Apply` or `Update`, `at` RFC 3339 as the API server says it. */
export interface Changer {
  writer: string;
  manager: string;
  operation?: string;
  at?: string;
}

/** A registered cluster. Credentials travel beside the manifest, never inside an export. `read_secrets`: the user lets us read the Secrets that listeners name, to judge certificates; the key is never kept. `probes`: send requests through its Gateways. `custody`: `own` is the user's word that Gatewright shall own the CRDs and controller objects here, even those that others wrote (they are then adopted); `observe`: never write CRDs; empty: own what is absent. */
export interface Cluster {
  name: string;
  custody?: "observe" | "own" | null;
  kubeconfig?: string | null;
  context?: string | null;
  insecureSkipTLSVerify?: boolean;
  readSecrets?: boolean;
  probes?: boolean;
}

/** A cluster rolled up. `seen_at`: when what this says was last confirmed; `judged_at`: when it was last judged; `error`: why it is not seen now. */
export interface ClusterHealth {
  cluster: string;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  reachability: "forbidden" | "reachable" | "slow" | "unreachable";
  since: string;
  seen_at: string;
  judged_at?: string;
  objects?: Counts;
  gateways?: Counts;
  errors?: number;
  warnings?: number;
  causes?: Cause[];
  error?: ErrorReport | null;
}

/** One cluster's installation, as far as the person who asks may see it. `credential` and `server` are for those who may read clusters. `missing`: rights that watching was refused; `unread`: kinds that could not be read, with the code of the error. `admission`: of the bundle's policy; `written`: it was not seen, but we wrote it. */
export interface ClusterInstallation {
  cluster: string;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  reachability: "forbidden" | "reachable" | "slow" | "unreachable";
  since: string;
  custody: CustodyWord;
  wanted: Wanted;
  checked_at?: string;
  seen_at?: string;
  error?: ErrorReport | null;
  uid?: string;
  server?: string;
  added_at?: string;
  insecure?: boolean;
  kubernetes?: string;
  tested?: "below-floor" | "tested" | "unknown" | "untested";
  bundle_state?: "absent" | "dev" | "mixed" | "monthly" | "unannotated" | "uniform" | "unknown";
  bundle?: BundleName | null;
  bundle_claims?: BundleClaim[];
  fits?: BundleName[];
  lacking?: string[];
  admission?: "absent" | "present" | "unknown" | "written";
  crds?: InstalledCrd[];
  controllers?: InstalledController[];
  classes?: InstalledClass[];
  claims?: TeamClaim[];
  credential?: CredentialFacts | null;
  missing?: MissingPermission[];
  unread?: Record<string, string>;
  read_secrets?: boolean;
  probes?: boolean;
}

/** One cluster's part. `manifests` holds the controller objects and namespaces that would be applied (the CRDs and the policy come from the bundle, by its digest). */
export interface ClusterPlan {
  cluster: string;
  uid: string;
  bundle: BundleName | null;
  verdicts: ObjectVerdict[];
  findings?: Finding[];
  steps?: Step[];
  manifests?: Record<string, unknown>[];
}

/** The rollout that is at work on a cluster, or stopped there. `step`: the title of the step that runs or that is next, the `index`-th (from 0) of `steps`. */
export interface ClusterRollout {
  id: string;
  team: string;
  state: "aborted" | "failed" | "paused" | "pending" | "running" | "succeeded";
  target: "aborted" | "failed" | "paused" | "pending" | "running" | "skipped" | "succeeded";
  step?: Message | null;
  index?: number;
  steps?: number;
}

/** Who serves a hostname on one cluster. `gateways`: `namespace/name`; `paths`: how many different matches. */
export interface ClusterRouting {
  cluster: string;
  routes: ObjectRef[];
  gateways: string[];
  paths: number;
}

/** How a cluster differs from the others of a team. `deadline`: when that becomes an error (RFC 3339). */
export interface ClusterSkew {
  team: string;
  key: string;
  severity: "error" | "info" | "warning";
  message: Message;
  remedy: Message;
  deadline?: string;
}

/** `bundles`: the releases that the CRDs claim, e.g. `v1.6.1 standard`; more than one is a mixed cluster. `custody` is the fact (who owns the CRDs), not the wish. `owners`: the other writers of CRDs by name. `error`: why the last attempt failed; the rest is then what was seen at `seen_at`. */
export interface ClusterStatus {
  cluster: string;
  reachability: "forbidden" | "reachable" | "slow" | "unreachable";
  since: string;
  checked_at: string;
  seen_at?: string;
  insecure?: boolean;
  kubernetes?: string;
  bundles?: string[];
  custody?: "absent" | "observe" | "own" | "unknown";
  owners?: string[];
  controllers?: ControllerStatus[];
  gateway_classes?: string[];
  namespace?: string;
  stack?: string;
  error?: ErrorReport | null;
  health?: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
}

/** Which teams use a cluster. `use`: one of several teams, every team, or some of them. */
export interface ClusterUse {
  cluster: string;
  teams: string[];
  use: "every" | "one" | "some";
}

/** The versions of one cluster. `claims`: what its CRDs say, most CRDs first; `bundle`: what most say, where that is a version and a channel; `fits`: the releases whose CRDs have exactly these versions served and stored (patch releases are often equal); `untrue`: the catalogue has `bundle` and it is not among `fits`. `lacking`: CRDs of the bundle that are not there. `tested`: whether upstream ran the bundle on this Kubernetes. `admission`: the bundle's admission policy. */
export interface ClusterVersions {
  cluster: string;
  kubernetes: string;
  state: "absent" | "dev" | "mixed" | "monthly" | "unannotated" | "uniform" | "unknown";
  bundle?: BundleName | null;
  claims?: BundleClaim[];
  fits?: BundleName[];
  untrue?: boolean;
  crds?: CrdVersions[];
  lacking?: string[];
  controllers?: ControllerVersions[];
  tested?: "below-floor" | "tested" | "unknown" | "untested";
  admission?: "absent" | "present" | "unknown";
}

/** Whether a command may be given now, and why not. */
export interface CommandChoice {
  name: "abort" | "pause" | "resume" | "retry";
  allowed: boolean;
  reason?: Message | null;
}

/** What the script found: the address of the API server, and base64 of the account's token and of the certificate authority that proves the server (empty: the system's). */
export interface CompletionBody {
  server: string;
  token: string;
  authority?: string;
  tls_server_name?: string;
}

/** A condition as the controller wrote it, with any reason it chose. `where`: the listener, parent or ancestor. `stale`: its `observedGeneration` is behind. `good`: whether its status is the good one of its type. */
export interface ConditionFact {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  where?: string;
  stale?: boolean;
  good?: boolean | null;
}

/** How to reach a cluster: the text of a kubeconfig and, where it has several, the context. From the operator's own process only: `path` instead of the text, and neither for their default kubeconfig. */
export interface ConnectionBody {
  kubeconfig?: string | null;
  path?: string | null;
  context?: string | null;
  insecure_skip_tls_verify?: boolean;
}

/** A gateway controller; `namespace` and `gateway_class` empty: its own defaults. */
export interface ControllerBody {
  name: "traefik";
  version: string;
  namespace?: string;
  gatewayClass?: string;
  ports?: number[];
}

/** A gateway controller that a stack wants. `name` is the catalogue's (`traefik`). */
export interface ControllerSpec {
  name: string;
  version: string;
  namespace?: string;
  gatewayClass?: string;
  ports?: number[];
}

export interface ControllerStatus {
  name: string;
  version: string;
  namespace: string;
  available: boolean;
}

/** A controller that runs. `needs`: whether the CRDs serve what it reads; `lacking`: what they do not (`tlsroutes.gateway.networking.k8s.io v1`), which stops all its routing. */
export interface ControllerVersions {
  controller: string;
  version: string;
  namespace: string;
  deployment: string;
  available: boolean;
  needs: "served" | "unknown" | "unserved";
  lacking?: string[];
}

/** How many objects (or clusters, or teams) are in each state. */
export interface Counts {
  healthy?: number;
  progressing?: number;
  degraded?: number;
  unhealthy?: number;
  unknown?: number;
}

/** A CRD of a release. `annotated`: the bundle version written in the file (v0.8.1 says v0.8.0); `sha256` of the released file; `content`: `crds.content_digest` of the object; `spec`: `crds.spec_digest` of its spec. */
export interface CrdFacts {
  name: string;
  kind: string;
  scope: "Cluster" | "Namespaced";
  annotated: string;
  versions: VersionFacts[];
  file: string;
  sha256: string;
  content: string;
  spec: string;
}

/** One CRD. `debt`: stored versions that are not the storage version any more: objects may still be kept as them, and the API server refuses every CRD that lacks one. `blocks`: the newer releases that it therefore refuses. `orphan`: the cluster's own bundle does not have it, so that nothing updates it. */
export interface CrdVersions {
  name: string;
  version: string;
  channel: string;
  served: string[];
  storage: string;
  stored: string[];
  debt?: string[];
  blocks?: BundleName[];
  orphan?: boolean;
}

/** What may be told of a cluster's credential; never the credential. `subject`: the account it is for, as it says itself (`system:serviceaccount:gatewright:gatewright`, a common name). `stored_at`: when it was last replaced here; `issued_at` and `expires_at`: as it says itself. */
export interface CredentialFacts {
  kind: "certificate" | "none" | "password" | "plugin" | "token";
  state: "expired" | "expiring" | "unknown" | "unlimited" | "valid";
  subject?: string;
  stored_at?: string;
  issued_at?: string;
  expires_at?: string;
  insecure?: boolean;
}

/** `custody` None takes the word back. `evidence`: what the person was shown before saying it. */
export interface CustodyBody {
  custody?: "observe" | "own" | null;
  evidence?: string[];
}

/** Whose the CRDs are. `state`: the fact, as it was seen; `wish`: what a person said, with who said it, when, and what they were shown; `owners`: the other writers. */
export interface CustodyWord {
  state: "absent" | "observe" | "own" | "unknown";
  wish?: "observe" | "own" | null;
  who?: string;
  at?: string;
  evidence?: unknown;
  owners?: string[];
}

/** A message of a notification (`model.notifications.Delivery`); `event`: the identifier of the event that it tells of. */
export interface DeliveryView {
  id: string;
  notification: string;
  event: string;
  what: string;
  where: string;
  state: "dead" | "pending" | "sent" | "skipped";
  attempts: number;
  created_at: string;
  next_at: string;
  cluster?: string;
  error?: Message | null;
  team?: string;
}

/** One of several things that are wrong with what was sent. `field`: a path; empty for the whole document. */
export interface Detail {
  file: string;
  line: number;
  field: string;
  message: string;
}

/** The text of one file of manifests; `file` is what messages call it. */
export interface Document {
  file: string;
  text: string;
}

/** Files of manifests, each perhaps with many documents. `file` is only for messages. */
export interface DocumentsBody {
  documents: Document[];
}

/** A business domain whose routes belong to several teams: routes by team. */
export interface DomainSpread {
  domain: string;
  routes: Record<string, number>;
}

/** The drift of one object of one cluster. Moments are RFC 3339, UTC. `changers`: newest first; empty where the API server does not tell. `why`: why it is not being put back although its stack says so, or how it ended. `attempts`: when we put it back, those that still count for telling a fight; `returned`: how often in a row the same hand undid that at once. `rollout`: the last that put it back. `due_at`: when it is looked at again, whatever happens. */
export interface Drift {
  cluster: string;
  ref: ObjectRef;
  kind: "changed" | "deleted" | "deleting" | "replaced";
  state: "fought" | "gone" | "healed" | "healing" | "open";
  found_at: string;
  changed_at: string;
  mode?: "heal" | "report";
  team?: string;
  changers?: Changer[];
  differences?: FieldDifference[];
  uid?: string;
  message?: Message | null;
  remedy?: Message | null;
  why?: Message | null;
  attempts?: string[];
  returned?: number;
  rollout?: string;
  due_at?: string;
}

/** An error as data: what the API returns and the store keeps. */
export interface ErrorReport {
  code: string;
  params?: Record<string, string | number | Message>;
  cluster?: string | null;
  object?: string | null;
  owner?: string | null;
}

/** An event (`model.events.Event`) as the API tells it. `id`: where a reader goes on after it; it tells nothing of order. */
export interface EventView {
  id: string;
  at: string;
  who: string;
  what: string;
  where: string;
  before?: unknown;
  after?: unknown;
  cluster?: string;
  team?: string;
  severity?: "error" | "info" | "warning";
  message?: Message | null;
}

/** One field that differs: a path such as `spec.template.spec.containers[0].image`; None stands for absent. */
export interface FieldDifference {
  path: string;
  live?: unknown;
  wanted?: unknown;
}

/** An entry of `managedFields`. `operation`: `Apply` or `Update`; `at`: RFC 3339. */
export interface FieldManager {
  manager: string;
  operation?: string;
  at?: string;
}

/** What a preflight rule found. `code` is the rule's; the evidence is in `message`. */
export interface Finding {
  code: string;
  severity: "block" | "warn";
  message: Message;
  remedy: Message;
  object?: ObjectRef | null;
}

/** One cluster, as far as the person who asks may see it. `cause`: what explains most of what is wrong, of `causes` in all; `error`: why it is not seen now. `bundle_state`: whether its CRDs are of one release; `bundle` and `channel`: what most of them claim (empty: nothing). `custody` is the fact, with the `owners` that are not us. `gateways` and `routes` by state. `drifts`: objects that others changed and that are not put back. `teams`: those bound to it. */
export interface FleetRow {
  cluster: string;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  reachability: "forbidden" | "reachable" | "slow" | "unreachable";
  since: string;
  seen_at?: string;
  error?: ErrorReport | null;
  insecure?: boolean;
  cause?: Cause | null;
  causes?: number;
  errors?: number;
  warnings?: number;
  kubernetes?: string;
  custody?: "absent" | "observe" | "own" | "unknown";
  owners?: string[];
  bundle_state?: "absent" | "dev" | "mixed" | "monthly" | "unannotated" | "uniform" | "unknown";
  bundle?: string;
  channel?: string;
  controllers?: ControllerStatus[];
  gateways?: Counts;
  routes?: Counts;
  certificates?: CertificateTally;
  drifts?: number;
  skews?: ClusterSkew[];
  teams?: string[];
  rollout?: ClusterRollout | null;
  added_at?: string;
}

/** A finding, and the cluster that it is in. */
export interface Found {
  cluster: string;
  finding: HealthFinding;
}

/** The role of a person in a place. */
export interface Grant {
  user: string;
  team: string;
  role: string;
  display_name?: string;
  disabled?: boolean;
}

/** A team or the fleet rolled up: its state, its clusters, and the few causes that explain the most, worst first. `findings`: of the team itself (of every team), and not of an object in a cluster: how its clusters differ. */
export interface Health {
  name: string;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  clusters: Counts;
  objects: Counts;
  errors?: number;
  warnings?: number;
  causes?: Cause[];
  members?: ClusterHealth[];
  findings?: HealthFinding[];
}

/** One thing that is wrong, or worth knowing. `code` is stable (`health.backend-missing`) and its sentences are `code` and `code.remedy` with `params`. `subject` is the object it is about, `where` the listener, parent or rule within it. `evidence`: the fields and values that show it, as `path: value`. `cause`: the object whose mending removes the finding, where that is another. `since`: RFC 3339, when it was first seen. */
export interface HealthFinding {
  code: string;
  subject: ObjectRef;
  severity: "error" | "info" | "warning";
  params?: Record<string, string | number>;
  where?: string;
  evidence?: string[];
  cause?: ObjectRef | null;
  since?: string;
}

/** One hostname over the clusters. `same`: every cluster that serves it routes it alike; `lacking`: clusters that were asked about and do not serve it. */
export interface HostnameComparison {
  hostname: string;
  same: boolean;
  clusters: ClusterRouting[];
  lacking?: string[];
  differences?: PathDifference[];
}

/** A GatewayClass. `controller`: the catalogue's name of who serves it, empty for a stranger; `gateways`: how many Gateways ask for it. */
export interface InstalledClass {
  name: string;
  controller_name: string;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  ownership: Ownership;
  controller?: string;
  gateways?: number;
}

/** A gateway controller that runs. `classes`: the GatewayClasses that it serves. */
export interface InstalledController {
  versions: ControllerVersions;
  ownership: Ownership;
  classes?: string[];
}

/** A CRD of the Gateway API that is there. `objects`: how many of its kind are watched here, None where they are not. */
export interface InstalledCrd {
  versions: CrdVersions;
  ownership: Ownership;
  objects?: number | null;
}

/** `floor`: the oldest minor on which the release works; `tested`: oldest and newest of upstream's own runs, empty strings where it published none. All as `1.31`. */
export interface KubernetesRange {
  floor: string;
  tested: [string, string];
}

/** A team that is cut by technical layer: it has only Gateways (`entry`) or only backends (`backends`), and `serves` are the teams whose routes use them. */
export interface LayerNote {
  team: string;
  layer: "backends" | "entry";
  serves: string[];
  message: Message;
}

/** A team that has to leave before the cluster can be forgotten. `written`: how many objects in its namespace we remember to have written for it. */
export interface LeavingTeam {
  team: string;
  namespace: string;
  stack?: string;
  written?: number;
}

/** The rows of the clusters that answered, and for each other cluster its error: partial is visible. */
export interface Listing {
  rows: ResourceRow[];
  errors?: ErrorReport[];
}

/** `what`: `object` (its health or a condition), `cluster` (its health, reachability or installation), or `reset`: what was missed is unknown, read everything anew. `id` is `EPOCH.NUMBER`. `at`: Unix seconds. */
export interface LiveChange {
  id: string;
  at: number;
  what: "cluster" | "object" | "reset";
  cluster?: string;
  namespace?: string;
  ref?: ObjectRef | null;
  state?: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown" | null;
}

/** A token that was just made. `secret` is all of it, and told this once. */
export interface MadeToken {
  token: ApiToken;
  secret: string;
}

/** A namespace that is a team's (or, with an empty team, nobody's that serves hostnames), and what is in it. */
export interface MapRow {
  team: string;
  cluster: string;
  namespace: string;
  domains: string[];
  hostnames: number;
  routes: number;
  gateways: number;
  seen?: boolean;
}

/** A resource on one cluster. `reason`: its first finding, with what to do; `digest`: of its specification, with references to the team's own namespace left out, so that equal digests mean alike; `seen_at`: RFC 3339. */
export interface MappingCell {
  cluster: string;
  namespace: string;
  presence: "absent" | "present" | "unseen";
  reachability: "forbidden" | "reachable" | "slow" | "unreachable";
  state?: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  findings?: number;
  severity?: "error" | "info" | "warning" | null;
  code?: string;
  reason?: Message | null;
  remedy?: Message | null;
  digest?: string;
  hostnames?: string[];
  seen_at?: string;
}

/** A field in which the clusters differ: its path and each cluster's value, None where it is absent. */
export interface MappingDifference {
  path: string;
  values: Record<string, unknown>;
}

/** `value` is empty where there is nothing (`none`) or nothing was seen (`unknown`). `differs`: not what most have; `attention`: wrong whatever the others have; `details` says what, as names and versions. */
export interface MatrixCell {
  value: string;
  state: "attention" | "common" | "differs" | "none" | "unknown";
  details?: string[];
}

/** `key` names it (`crd:httproutes.gateway.networking.k8s.io`), `title` is the short name (`httproutes`); `common` is the value of most clusters, and `agreed` whether it is that of all that have one. */
export interface MatrixColumn {
  key: string;
  kind: "bundle" | "channel" | "controller" | "crd" | "debt" | "kubernetes" | "orphans" | "state";
  title: string;
  common: string;
  agreed: boolean;
}

/** The cells are in the order of the matrix's columns. */
export interface MatrixRow {
  cluster: string;
  cells: MatrixCell[];
}

/** The one role of the person in the team. */
export interface MemberBody {
  role: string;
}

/** A sentence by key, e.g. `Message("kube.unreachable", {"cluster": "shanghai"})`. A parameter may itself be a message: it is rendered in the same language. */
export interface Message {
  key: string;
  params?: Record<string, string | number | Message>;
}

/** A verb that a SelfSubjectAccessReview said no to. */
export interface MissingPermission {
  verb: string;
  group: string;
  resource: string;
  namespace?: string;
  name?: string;
}

/** One line of `gatewright explain`: an object (or a cluster), its state, its findings, and what hangs on it. `is_cause`: mending it removes findings of other objects in the tree. */
export interface Node {
  ref: ObjectRef;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  cluster?: string;
  is_cause?: boolean;
  note?: Message | null;
  findings?: HealthFinding[];
  conditions?: ConditionFact[];
  children?: Node[];
}

/** `url` and `secret` are credentials: they are taken and never given. Left out, those that are there stay; an empty `secret` takes the signature away. */
export interface NotificationBody {
  type: "dingtalk" | "feishu" | "slack" | "webhook" | "wecom";
  events?: string[];
  minimum?: "error" | "info" | "warning";
  language?: "en" | "zh";
  url?: string | null;
  secret?: string | null;
}

/** A notification and how it fares. `signed`: whether it has a signing secret; never the secret or address. */
export interface NotificationStatus {
  name: string;
  type: "dingtalk" | "feishu" | "slack" | "webhook" | "wecom";
  events: string[];
  minimum: "error" | "info" | "warning";
  language: "en" | "zh";
  created_at: string;
  signed: boolean;
  pending: number;
  dead: number;
  team?: string;
}

/** One object. `parents`: the objects it is reached through (a route's Gateways), for the tree. */
export interface ObjectHealth {
  ref: ObjectRef;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  conditions?: ConditionFact[];
  findings?: HealthFinding[];
  parents?: ObjectRef[];
}

/** One object of one cluster. `api_version` is `v1` or `group/version`; no namespace: cluster-scoped. */
export interface ObjectRef {
  api_version: string;
  kind: string;
  name: string;
  namespace?: string | null;
}

/** What would happen to one object, and why. `seen` is the fingerprint (`planning.fingerprints`) of the object that the verdict was made on, empty where it was absent: a step that finds another one stops as stale. `wanted` is the digest of what would be applied. */
export interface ObjectVerdict {
  ref: ObjectRef;
  verdict: "adopt" | "blocked" | "conflict" | "create" | "delete" | "keep" | "share" | "unchanged" | "update" | "wait";
  reason: Message;
  remedy?: Message | null;
  owner?: Owner | null;
  differences?: FieldDifference[];
  seen?: string;
  wanted?: string;
  origin?: "adopted" | "created" | null;
}

/** What is left out stays as it is. */
export interface ObservationBody {
  read_secrets?: boolean | null;
  probes?: boolean | null;
}

/** A browser in which a person is signed in, until `expires_at` unless it is used again before. */
export interface OpenSession {
  id: string;
  method: "oidc" | "password" | "setup";
  created_at: string;
  seen_at: string;
  expires_at: string;
  address: string;
  agent: string;
}

/** The password that is, and the one that shall be. */
export interface OwnPasswordBody {
  current: string;
  password: string;
}

/** Who holds an object. `writer` is a key of the table of writers (`kubectl`, `helm`, `gatewright`, ...); `name` the instance where the object tells it (a Helm release, an Argo CD application, a team); `evidence` the label, annotation or field manager that told. */
export interface Owner {
  writer: string;
  name?: string;
  evidence?: string;
}

/** Whose an object is. `owner`: the writer that its labels or fields tell of; `managers`: its field managers with the time of their last write, newest first; `written_at`: when we wrote it last. */
export interface Ownership {
  origin: "adopted" | "created" | "foreign";
  owner?: Owner | null;
  managers?: FieldManager[];
  written_at?: string;
}

/** What ties two teams: 0 nothing, 1 everything that either has. `evidence`: the strongest ties first. */
export interface PairCoupling {
  teams: [string, string];
  coupling: number;
  evidence: Message[];
}

/** The password that shall be. */
export interface PasswordBody {
  password: string;
}

/** Where clusters route one match otherwise. `match`: kind, path, method, headers and query as one line; `field`: what differs; `values`: each cluster's, `-` where it has no such match. */
export interface PathDifference {
  match: string;
  field: "backends" | "filters" | "retry" | "served" | "session" | "timeouts";
  values: Record<string, string>;
}

/** A permission; `scopes`: where a role may hold it. */
export interface PermissionRow {
  name: string;
  scopes: ("installation" | "team")[];
}

/** What is left out stays. `role`: in the installation, empty for none; somebody new without a password cannot sign in with one. */
export interface PersonBody {
  display_name?: string | null;
  role?: string | null;
  disabled?: boolean | null;
  password?: string | null;
}

/** A person. `role`: in the installation, empty for none; `teams`: the role by team. */
export interface PersonView {
  name: string;
  display_name: string;
  role: string;
  teams: Record<string, string>;
  disabled: boolean;
  password: boolean;
  issuer: string;
  created_at: string;
  last_sign_in_at: string | null;
}

/** The plan of a team for its clusters, in the order in which they would be changed. `keep_crds` (leaving only): the person asked to leave the CRDs and the policy where they are. */
export interface Plan {
  team: string;
  action: "install" | "leave";
  clusters: ClusterPlan[];
  keep_crds?: boolean;
}

/** A plan with its address and what it comes to. `created_at` and `requested_by`: when it was first made, and for whom; empty in the answer that makes it. `summary`: one sentence. */
export interface PlanAnswer {
  hash: string;
  outcome: "change" | "nothing" | "stopped";
  plan: Plan;
  created_at?: string;
  requested_by?: string;
  summary?: Message | null;
}

/** No clusters: all of the team's. */
export interface PlanBody {
  team: string;
  clusters?: string[];
  action?: "install" | "leave";
  keep_crds?: boolean;
}

/** A plan in a list. `clusters` in its order; `verdicts`: how many objects get which; `summary`: one sentence. `created_at` (RFC 3339) and `requested_by`: when it was first made, and for whom. */
export interface PlanOutline {
  hash: string;
  team: string;
  action: "install" | "leave";
  outcome: "change" | "nothing" | "stopped";
  clusters: string[];
  summary: Message;
  created_at: string;
  requested_by: string;
  verdicts?: Record<string, number>;
}

/** An object of a release's admission policy. `expressions`: `policies.expression_digest` of each. */
export interface PolicyFacts {
  kind: "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding";
  name: string;
  file: string;
  content: string;
  expressions: string[];
}

/** How a person wants to see pages. `language`: None for the browser's; `pages`: what pages remember. */
export interface Preferences {
  theme?: "dark" | "light" | "system";
  language?: "en" | "zh" | null;
  pages?: Record<string, string>;
}

/** How one wants to see pages. `pages`: what pages remember, at most 64 of them. */
export interface PreferencesBody {
  theme?: "dark" | "light" | "system";
  language?: "en" | "zh" | null;
  pages?: Record<string, string>;
}

/** What became of one probe. A bad certificate is a fact here and never an outcome of its own. `at`: when it began, RFC 3339, UTC. `latency_ms`: from the start of the connection to the answer's headers, or to the end of the handshake. `connected`: the IP address that was spoken to. `location`: where a redirect points; it is never followed. `trusted`: whether the chain leads to an authority of this machine (None: no certificate was seen); `distrust` says why not, in OpenSSL's words. `covered`: whether the certificate is for the target's hostname. `answered_by`: the clusters whose Gateways the hostname's DNS record points to. */
export interface ProbeResult {
  target: ProbeTarget;
  at: string;
  outcome: "closed" | "dns" | "excluded" | "http" | "invalid" | "ok" | "protocol" | "refused" | "timeout" | "tls" | "unreachable";
  message: Message;
  status?: number | null;
  latency_ms?: number | null;
  connected?: string;
  location?: string;
  certificate?: CertificateFacts | null;
  trusted?: boolean | null;
  distrust?: string;
  covered?: boolean | null;
  resolved?: string[];
  answered_by?: string[];
}

/** Probes that somebody asked for. `missing`: how many were not made in time, or are beyond a cluster's limit. */
export interface ProbeRun {
  results: ProbeResult[];
  missing?: number;
}

/** One thing to ask: a listener of a Gateway at one of its addresses, by one hostname. `address`: IP address or DNS name, from `Gateway.status.addresses`. `hostname`: SNI and `Host`; empty: none is sent as SNI, and `Host` is the address. `path` matters to HTTP and HTTPS only. */
export interface ProbeTarget {
  cluster: string;
  gateway: ObjectRef;
  listener: string;
  protocol: "HTTP" | "HTTPS" | "TLS";
  address: string;
  port: number;
  hostname?: string;
  path?: string;
}

/** The body of an error. `exit`: what the command line exits with. */
export interface Problem {
  code: string;
  message: string;
  remedy: string;
  status: number;
  exit: number;
  type?: string;
  params?: Record<string, string | number | Message>;
  cluster?: string | null;
  object?: string | null;
  owner?: string | null;
  problems?: Detail[];
}

/** What was fetched; `crds` were checked against the catalogue. */
export interface Pulled {
  version: string;
  channel: string;
  crds: number;
  digest: string;
}

export interface RegisterBody {
  kubeconfig?: string | null;
  path?: string | null;
  context?: string | null;
  insecure_skip_tls_verify?: boolean;
  name?: string;
  custody?: "observe" | "own" | null;
  read_secrets?: boolean;
}

/** A cluster as registered. `kubernetes`: the version last seen, empty before the first look. */
export interface RegisteredCluster {
  uid: string;
  spec: Cluster;
  server: string;
  kubernetes: string;
  added_at: string;
}

/** `name`: of the cluster. The others as for `GET /access`: the account's namespace, and what it may do. */
export interface RegistrationBody {
  name: string;
  namespace?: string;
  removal?: boolean;
  secrets?: boolean;
  observe_only?: boolean;
}

/** A registration with its token, which is told this once. `command`: what to run where `kubectl` reaches the cluster with the rights of an administrator. */
export interface RegistrationOffer {
  registration: RegistrationStatus;
  token: string;
  url: string;
  command: string;
}

/** What became of a registration. `cluster`: what the cluster is called, once it is registered. Moments: RFC 3339, UTC. */
export interface RegistrationStatus {
  id: string;
  name: string;
  state: "expired" | "failed" | "registered" | "started" | "waiting";
  created_at: string;
  expires_at: string;
  created_by: string;
  namespace?: string;
  cluster?: string;
  started_at?: string;
  ended_at?: string;
  error?: ErrorReport | null;
}

/** What removing a cluster would do, computed now and written nowhere. `ready`: it could be forgotten at once; otherwise `blocks` say why not. `teams`: those that have to leave first, each by a plan of its own (`POST /plans` with `leave`), in this order. `plan`: what becomes of every object when all of them have left; None where the cluster cannot be read (`error`). `removes`, `keeps` and `stuck` count its verdicts. `records`: objects that we would no longer know to be ours. */
export interface Removal {
  cluster: string;
  ready: boolean;
  blocks?: ErrorReport[];
  teams?: LeavingTeam[];
  plan?: ClusterPlan | null;
  removes?: number;
  keeps?: number;
  stuck?: number;
  records?: number;
  error?: ErrorReport | null;
}

/** One resource of a team over its clusters. `state`: the worst of its cells; `present`: on how many clusters it is. `differences`: the first of them; `cut`: there are more. */
export interface ResourceMapping {
  team: string;
  group: string;
  kind: string;
  name: string;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  agreement: "different" | "none" | "same" | "single";
  present: number;
  cells: MappingCell[];
  differences?: MappingDifference[];
  cut?: boolean;
}

/** One object. `state` and `reason` are those of its worst decisive condition (`gatewayapi.conditions`). */
export interface ResourceRow {
  cluster: string;
  namespace: string;
  kind: string;
  name: string;
  state?: string;
  reason?: string;
  message?: string;
  hostnames?: string[];
  addresses?: string[];
  created_at?: string;
}

/** The cluster on which everything that is fought about may be put back again. */
export interface ResumeBody {
  cluster: string;
}

/** Permissions under a name, to grant in the installation or in a team. `builtin`: it cannot be changed. */
export interface Role {
  name: string;
  scope: "installation" | "team";
  permissions: string[];
  builtin?: boolean;
}

/** What a role allows, and whether it is given in the installation or in teams. */
export interface RoleBody {
  scope: "installation" | "team";
  permissions: ("account.read" | "account.write" | "api.describe" | "audit.export" | "audit.read" | "binding.write" | "bundle.pull" | "bundle.read" | "cluster.access" | "cluster.custody" | "cluster.observation" | "cluster.read" | "cluster.register" | "cluster.remove" | "cluster.rotate" | "event.read" | "fleet.read" | "manifest.apply" | "manifest.diff" | "manifest.export" | "member.read" | "member.write" | "metrics.read" | "notification.read" | "notification.retry" | "notification.test" | "notification.write" | "plan.create" | "plan.read" | "probe.read" | "probe.run" | "role.read" | "role.write" | "rollout.command" | "rollout.read" | "rollout.start" | "stack.write" | "team.read" | "team.write" | "user.read" | "user.write")[];
}

/** One line of a rollout's log. `seq` starts at 1 and has no gaps; `cluster` is empty for the whole rollout. */
export interface RolloutEvent {
  seq: number;
  at: string;
  kind: string;
  message: Message;
  cluster?: string;
}

/** A rollout as people see it. `generation` grows with every resume, retry or takeover; a writer that holds an older one may not write. `last_event`: the number of the last line of its log. `created_by`: who approved its plan; `planned_by`: who asked for it, and `action` what for (a plan of many clusters is megabytes). `commands`: what its state allows now. */
export interface RolloutStatus {
  id: string;
  team: string;
  plan: string;
  state: "aborted" | "failed" | "paused" | "pending" | "running" | "succeeded";
  wish: "abort" | "pause" | "run";
  generation: number;
  created_at: string;
  targets?: TargetStatus[];
  last_event?: number;
  created_by?: string;
  commands?: CommandChoice[];
  planned_by?: string;
  action?: "install" | "leave";
}

/** The same route (kind, namespace and name) on another cluster. `id`: of its node, where it is in the graph. */
export interface RouteElsewhere {
  cluster: string;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  findings?: number;
  id?: string;
}

/** What to probe: what concerns a team, on these clusters, by this hostname; of what is left out, all. */
export interface RunBody {
  team?: string | null;
  clusters?: string[];
  hostname?: string | null;
}

/** An object, and the cluster that it is in. */
export interface SeenObject {
  cluster: string;
  object: ObjectHealth;
}

/** Whoever asks. `via`: how they proved it. */
export interface Self {
  name: string;
  display_name: string;
  via: string;
  password: boolean;
  preferences: Preferences;
}

/** A session; `current`: the one that asks. */
export interface SessionRow {
  session: OpenSession;
  current: boolean;
}

/** Who asks and what they may: everywhere, and by team. `csrf`: what requests that change something say in `X-CSRF-Token`. `oidc`: what the button of the OpenID provider says, None where there is no provider. */
export interface SessionView {
  state: "anonymous" | "setup" | "signed-in";
  person: Self | null;
  permissions: string[];
  teams: Record<string, string[]>;
  csrf: string | null;
  oidc: string | null;
}

/** `token`: the code that `gatewright up` prints; the others become the first administrator's. */
export interface SetUpBody {
  token: string;
  name: string;
  password: string;
  display_name?: string;
}

/** Who one is, and the proof. */
export interface SignInBody {
  name: string;
  password: string;
}

/** One way in which a team's clusters differ. `key` is the same for as long as it lasts (`bundle`, `mixed:shanghai`, `controller:traefik`). `versions`: each cluster's; `ahead`: those with the newest; `behind`: the others. `target`: what would level them. */
export interface Skew {
  key: string;
  kind: "absent" | "bundle" | "channel" | "controller" | "mixed" | "unordered";
  level: "any" | "minor" | "none" | "patch";
  versions: Record<string, string>;
  ahead: string[];
  behind: string[];
  target: string;
  subject?: string;
}

/** How far the versions of the team's clusters may differ without limit, and for how long further than that. */
export interface SkewBody {
  skew?: "any" | "minor" | "none" | "patch";
  for?: string;
}

/** A skew that the team's policy does not allow for ever. `deadline`: when it becomes an error (RFC 3339, UTC); `levelling`: what would level the clusters, and why that. */
export interface SkewFinding {
  skew: Skew;
  finding: HealthFinding;
  deadline: string;
  levelling: Message;
}

/** How far the versions of a team's clusters may differ: up to `skew` without limit, further than that for the span `for_` (`model.durations`), then it is an error. */
export interface SkewPolicy {
  skew?: "any" | "minor" | "none" | "patch";
  for?: string;
}

/** What a team wants on its clusters: a bundle and, if it wants one, a controller. Manifest name: `TEAM.NAME`. `drift`: whether what others change of it is only reported, or put back. */
export interface Stack {
  team: string;
  name: string;
  bundle: BundleName;
  controller?: ControllerSpec | null;
  drift?: "heal" | "report";
}

export interface StackBody {
  bundle: BundleBody;
  controller?: ControllerBody | null;
  drift?: "heal" | "report";
}

/** `plan`: the whole hash of the plan that was read; a prefix does not start anything. */
export interface StartBody {
  plan: string;
}

/** One durable, idempotent step in a cluster. `refs` in the order to write; `together`: they may be sent at once. */
export interface Step {
  kind: "accepted" | "available" | "check" | "controller" | "crds" | "forget" | "namespaces" | "policy" | "remove";
  title: Message;
  refs?: ObjectRef[];
  together?: boolean;
}

/** `started_at` and `ended_at`: RFC 3339, UTC. `runs` counts how often the step was begun. */
export interface StepStatus {
  index: number;
  kind: "accepted" | "available" | "check" | "controller" | "crds" | "forget" | "namespaces" | "policy" | "remove";
  title: Message;
  state?: "done" | "failed" | "pending" | "running";
  started_at?: string | null;
  ended_at?: string | null;
  runs?: number;
}

/** A change of the map. `coupling` is the whole map's after it, computed like the present one; it is never higher. `command`: what would do it, where one command does. */
export interface Suggestion {
  kind: "bind" | "merge" | "move" | "split" | "unbind";
  teams: string[];
  message: Message;
  evidence: Message[];
  coupling: number;
  cluster?: string;
  namespace?: string;
  domain?: string;
  command?: string;
}

/** One cluster of a rollout. `aborted` and `paused` leave the cluster between two steps: `steps` names which. */
export interface TargetStatus {
  cluster: string;
  state: "aborted" | "failed" | "paused" | "pending" | "running" | "skipped" | "succeeded";
  steps?: StepStatus[];
  error?: ErrorReport | null;
}

/** People who share clusters. `default_namespace` is only a default: each binding has its own. `versions`: absent means the default policy, which warns at once. */
export interface Team {
  name: string;
  defaultNamespace?: string;
  versions?: SkewPolicy | null;
}

/** `versions` absent: the default, which warns of any skew at once. */
export interface TeamBody {
  defaultNamespace?: string;
  versions?: SkewBody | null;
}

/** What a team wants of the cluster; a binding without a stack claims its namespace only. */
export interface TeamClaim {
  team: string;
  namespace: string;
  stack?: string;
  bundle?: BundleName | null;
  controller?: ControllerSpec | null;
  drift?: "heal" | "report";
}

/** A team with everything that is its own. */
export interface TeamView {
  team: Team;
  bindings: Binding[];
  stacks: Stack[];
}

/** `permissions` and `teams` narrow what the token may; left out, it may what its person may, now and later. `user`: for whom, where not for oneself. */
export interface TokenBody {
  name: string;
  permissions?: ("account.read" | "account.write" | "api.describe" | "audit.export" | "audit.read" | "binding.write" | "bundle.pull" | "bundle.read" | "cluster.access" | "cluster.custody" | "cluster.observation" | "cluster.read" | "cluster.register" | "cluster.remove" | "cluster.rotate" | "event.read" | "fleet.read" | "manifest.apply" | "manifest.diff" | "manifest.export" | "member.read" | "member.write" | "metrics.read" | "notification.read" | "notification.retry" | "notification.test" | "notification.write" | "plan.create" | "plan.read" | "probe.read" | "probe.run" | "role.read" | "role.write" | "rollout.command" | "rollout.read" | "rollout.start" | "stack.write" | "team.read" | "team.write" | "user.read" | "user.write")[] | null;
  teams?: string[] | null;
  days?: number;
  user?: string;
}

/** An entry for people: `message` says what was done, where there is a sentence for it (`model.sentences`). */
export interface ToldEntry {
  id: string;
  at: string;
  who: string;
  what: string;
  where: string;
  outcome: "done" | "refused";
  person?: string;
  via?: string;
  address?: string;
  agent?: string;
  request?: string;
  route?: string;
  team?: string;
  cluster?: string;
  before?: unknown;
  after?: unknown;
  code?: string;
  message?: Message | null;
}

/** The graph of some clusters. `total`: how many nodes these have; `cut`: more than are shown, which are those with problems first and what they hang on. `clusters`: those that were drawn, the worst first; `omitted`: how many others there are. */
export interface Topology {
  nodes: TopologyNode[];
  edges: TopologyEdge[];
  total: number;
  cut?: boolean;
  clusters?: string[];
  omitted?: number;
}

/** From left to right, by the ids of the nodes. `weight` and `port`: of a route to a backend, summed over its rules; `mirror`: it only gets copies. */
export interface TopologyEdge {
  source: string;
  target: string;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  code?: string;
  reason?: Message | null;
  weight?: number;
  port?: number;
  mirror?: boolean;
}

/** One part. `id` is unique in the graph and the same as long as the object keeps its name. `ref`: the object (of a listener: what has it); `name`: what to write on it; `present`: whether the object was seen, False for one that is only referred to. `reason` and `remedy`: its worst finding. `note`: what else to know (addresses, endpoints). `hostnames` of listeners and routes; `port` and `protocol` of listeners. `elsewhere`: of routes only. */
export interface TopologyNode {
  id: string;
  layer: "backend" | "class" | "gateway" | "listener" | "route";
  cluster: string;
  ref: ObjectRef;
  name: string;
  state: "degraded" | "healthy" | "progressing" | "unhealthy" | "unknown";
  present?: boolean;
  findings?: number;
  severity?: "error" | "info" | "warning" | null;
  code?: string;
  reason?: Message | null;
  remedy?: Message | null;
  note?: Message | null;
  hostnames?: string[];
  port?: number;
  protocol?: string;
  is_cause?: boolean;
  elsewhere?: RouteElsewhere[];
}

/** The version of Gatewright and of its API, and who asks. */
export interface Version {
  version: string;
  api: string;
  who: string;
}

/** One version of a CRD as released. */
export interface VersionFacts {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
}

/** Clusters down, in the order of their names; versions across. */
export interface VersionMatrix {
  columns: MatrixColumn[];
  rows: MatrixRow[];
}

/** The versions of the fleet or of a team: the matrix, the clusters in full, and the skew of each team in it. */
export interface Versions {
  matrix: VersionMatrix;
  clusters: ClusterVersions[];
  skews: SkewFinding[];
}

/** What the claims come to. `clashes`: claims that cannot both hold, so that nothing can be installed; those that name other teams are told only to who may know of them (`others_clash`: there are such). */
export interface Wanted {
  bundle?: BundleName | null;
  bundle_teams?: string[];
  controllers?: WantedPart[];
  clashes?: Finding[];
  others_clash?: boolean;
}

/** A controller that the cluster should have, with its defaults filled in, and the teams that want it. */
export interface WantedPart {
  controller: ControllerSpec;
  teams?: string[];
}

export interface Api {
  "DELETE /clusters/{name}": { permission: "cluster.remove"; path: { name: string; }; answer: undefined };
  "DELETE /notifications/{name}": { permission: "notification.write"; path: { name: string; }; answer: undefined };
  "DELETE /roles/{name}": { permission: "role.write"; path: { name: string; }; answer: undefined };
  "DELETE /session": { permission: "account.write"; answer: undefined };
  "DELETE /sessions": { permission: "account.write"; answer: undefined };
  "DELETE /sessions/{id}": { permission: "account.write"; path: { id: string; }; answer: undefined };
  "DELETE /teams/{team}": { permission: "team.write"; path: { team: string; }; answer: undefined };
  "DELETE /teams/{team}/bindings/{cluster}": { permission: "binding.write"; path: { team: string; cluster: string; }; answer: undefined };
  "DELETE /teams/{team}/members/{user}": { permission: "member.write"; path: { team: string; user: string; }; answer: undefined };
  "DELETE /teams/{team}/notifications/{name}": { permission: "notification.write"; path: { team: string; name: string; }; answer: undefined };
  "DELETE /teams/{team}/stacks/{name}": { permission: "stack.write"; path: { team: string; name: string; }; answer: undefined };
  "DELETE /tokens/{id}": { permission: "account.write"; path: { id: string; }; answer: undefined };
  "DELETE /users/{name}": { permission: "user.write"; path: { name: string; }; answer: undefined };
  "GET /access": { permission: "cluster.access"; query: { namespace?: string; removal?: boolean; controller?: string[]; secrets?: boolean; observe_only?: boolean; }; answer: string };
  "GET /advice": { permission: "fleet.read"; answer: Advice };
  "GET /audit": { permission: "audit.read"; query: { limit?: number; continue?: string; who?: string; what?: string; team?: string; cluster?: string; outcome?: "done" | "refused"; since?: string; until?: string; request?: string; q?: string; }; answer: ToldEntry[] };
  "GET /audit/export": { permission: "audit.export"; query: { format?: "jsonl" | "csv"; who?: string; what?: string; team?: string; cluster?: string; outcome?: "done" | "refused"; since?: string; until?: string; request?: string; q?: string; }; answer: string };
  "GET /bindings": { permission: "team.read"; query: { team?: string; limit?: number; continue?: string; }; answer: Binding[] };
  "GET /bundles": { permission: "bundle.read"; query: { limit?: number; continue?: string; }; answer: BundleRow[] };
  "GET /bundles/{version}": { permission: "bundle.read"; path: { version: string; }; query: { channel?: "standard" | "experimental"; }; answer: BundleFacts };
  "GET /changes": { permission: "fleet.read"; query: { team?: string; }; answer: LiveChange };
  "GET /clusters": { permission: "cluster.read"; query: { limit?: number; continue?: string; }; answer: RegisteredCluster[] };
  "GET /clusters/{name}": { permission: "cluster.read"; path: { name: string; }; answer: RegisteredCluster };
  "GET /clusters/{name}/health": { permission: "fleet.read"; path: { name: string; }; query: { team?: string; }; answer: ClusterHealth };
  "GET /clusters/{name}/installation": { permission: "fleet.read"; path: { name: string; }; answer: ClusterInstallation };
  "GET /clusters/{name}/object": { permission: "fleet.read"; path: { name: string; }; query: { kind: string; object: string; namespace?: string; team?: string; }; answer: string };
  "GET /clusters/{name}/objects": { permission: "fleet.read"; path: { name: string; }; query: { team?: string; limit?: number; continue?: string; }; answer: ObjectHealth[] };
  "GET /clusters/{name}/removal": { permission: "cluster.remove"; path: { name: string; }; answer: Removal };
  "GET /deliveries": { permission: "notification.read"; query: { team?: string; notification?: string; state?: "pending" | "sent" | "skipped" | "dead"; limit?: number; continue?: string; }; answer: DeliveryView[] };
  "GET /drifts": { permission: "fleet.read"; query: { team?: string; cluster?: string; closed?: boolean; limit?: number; continue?: string; }; answer: Drift[] };
  "GET /events": { permission: "event.read"; query: { after?: string; before?: string; team?: string; cluster?: string; what?: string; limit?: number; continue?: string; }; answer: EventView[] };
  "GET /events/stream": { permission: "event.read"; query: { after?: string; team?: string; cluster?: string; what?: string; }; answer: EventView };
  "GET /explain": { permission: "fleet.read"; query: { kind: string; name: string; team?: string; cluster?: string[]; }; answer: Node[] };
  "GET /export": { permission: "manifest.export"; query: { team?: string; }; answer: string };
  "GET /findings": { permission: "fleet.read"; query: { team?: string; cluster?: string[]; code?: string; limit?: number; continue?: string; }; answer: Found[] };
  "GET /health": { permission: "fleet.read"; query: { team?: string; }; answer: Health };
  "GET /health/teams": { permission: "fleet.read"; answer: Health[] };
  "GET /hostnames": { permission: "fleet.read"; query: { team?: string; hostname?: string; different?: boolean; limit?: number; continue?: string; }; answer: HostnameComparison[] };
  "GET /mappings": { permission: "fleet.read"; query: { team?: string; limit?: number; continue?: string; }; answer: ResourceMapping[] };
  "GET /matrix": { permission: "fleet.read"; query: { team?: string; limit?: number; continue?: string; }; answer: FleetRow[] };
  "GET /metrics": { permission: "metrics.read"; answer: string };
  "GET /notifications": { permission: "notification.read"; query: { team?: string; limit?: number; continue?: string; }; answer: NotificationStatus[] };
  "GET /notifications/{name}": { permission: "notification.read"; path: { name: string; }; answer: NotificationStatus };
  "GET /objects": { permission: "fleet.read"; query: { team?: string; cluster?: string[]; kind?: string[]; state?: ("healthy" | "progressing" | "degraded" | "unhealthy" | "unknown")[]; q?: string; limit?: number; continue?: string; }; answer: SeenObject[] };
  "GET /oidc/callback": { permission: null; query: { state?: string; code?: string; error?: string; }; answer: undefined };
  "GET /oidc/start": { permission: null; query: { return_to?: string; }; answer: undefined };
  "GET /openapi.json": { permission: "api.describe"; answer: Record<string, unknown> };
  "GET /permissions": { permission: "role.read"; answer: PermissionRow[] };
  "GET /plans": { permission: "plan.read"; query: { team?: string; limit?: number; continue?: string; }; answer: PlanOutline[] };
  "GET /plans/{hash}": { permission: "plan.read"; path: { hash: string; }; answer: PlanAnswer };
  "GET /probes": { permission: "probe.read"; query: { team?: string; cluster?: string[]; hostname?: string; failing?: boolean; limit?: number; continue?: string; }; answer: ProbeResult[] };
  "GET /registrations/{id}": { permission: "cluster.register"; path: { id: string; }; answer: RegistrationStatus };
  "GET /registrations/{token}/script": { permission: null; path: { token: string; }; answer: string };
  "GET /resources": { permission: "fleet.read"; query: { kinds: string[]; team?: string; cluster?: string[]; all_namespaces?: boolean; }; answer: Listing };
  "GET /roles": { permission: "role.read"; answer: Role[] };
  "GET /rollouts": { permission: "rollout.read"; query: { team?: string; limit?: number; continue?: string; }; answer: RolloutStatus[] };
  "GET /rollouts/{id}": { permission: "rollout.read"; path: { id: string; }; answer: RolloutStatus };
  "GET /rollouts/{id}/events": { permission: "rollout.read"; path: { id: string; }; query: { after?: number; }; answer: RolloutEvent };
  "GET /schemas": { permission: "api.describe"; answer: Record<string, unknown> };
  "GET /schemas/{kind}": { permission: "api.describe"; path: { kind: "Cluster" | "Team" | "Stack" | "Binding" | "Notification"; }; answer: Record<string, unknown> };
  "GET /session": { permission: null; answer: SessionView };
  "GET /sessions": { permission: "account.read"; query: { limit?: number; continue?: string; }; answer: SessionRow[] };
  "GET /stacks": { permission: "team.read"; query: { team?: string; limit?: number; continue?: string; }; answer: Stack[] };
  "GET /status": { permission: "fleet.read"; query: { team?: string; }; answer: ClusterStatus[] };
  "GET /teams": { permission: "team.read"; query: { limit?: number; continue?: string; }; answer: TeamView[] };
  "GET /teams/{team}": { permission: "team.read"; path: { team: string; }; answer: TeamView };
  "GET /teams/{team}/bindings/{cluster}": { permission: "team.read"; path: { team: string; cluster: string; }; answer: Binding };
  "GET /teams/{team}/members": { permission: "member.read"; path: { team: string; }; query: { limit?: number; continue?: string; }; answer: Grant[] };
  "GET /teams/{team}/notifications/{name}": { permission: "notification.read"; path: { team: string; name: string; }; answer: NotificationStatus };
  "GET /teams/{team}/stacks/{name}": { permission: "team.read"; path: { team: string; name: string; }; answer: Stack };
  "GET /tokens": { permission: "account.read"; query: { limit?: number; continue?: string; }; answer: ApiToken[] };
  "GET /topology": { permission: "fleet.read"; query: { team?: string; cluster?: string[]; limit?: number; }; answer: Topology };
  "GET /users": { permission: "user.read"; query: { limit?: number; continue?: string; }; answer: PersonView[] };
  "GET /users/{name}": { permission: "user.read"; path: { name: string; }; answer: PersonView };
  "GET /version": { permission: "api.describe"; answer: Version };
  "GET /versions": { permission: "fleet.read"; query: { team?: string; }; answer: Versions };
  "POST /apply": { permission: "manifest.apply"; body: DocumentsBody; answer: ChangeView[] };
  "POST /bundles/{version}/pull": { permission: "bundle.pull"; path: { version: string; }; query: { channel?: "standard" | "experimental"; }; answer: Pulled };
  "POST /clusters": { permission: "cluster.register"; body?: RegisterBody; answer: RegisteredCluster };
  "POST /deliveries/{id}/retry": { permission: "notification.retry"; path: { id: string; }; answer: DeliveryView };
  "POST /diff": { permission: "manifest.diff"; body: DocumentsBody; answer: ChangeView[] };
  "POST /drifts/resume": { permission: "rollout.command"; body: ResumeBody; answer: Drift[] };
  "POST /notifications/{name}/test": { permission: "notification.test"; path: { name: string; }; answer: undefined };
  "POST /plans": { permission: "plan.create"; body: PlanBody; answer: PlanAnswer };
  "POST /probes/run": { permission: "probe.run"; body?: RunBody; answer: ProbeRun };
  "POST /registrations": { permission: "cluster.register"; body: RegistrationBody; answer: RegistrationOffer };
  "POST /registrations/{token}/complete": { permission: null; path: { token: string; }; body: CompletionBody; answer: string };
  "POST /rollouts": { permission: "rollout.start"; body: StartBody; answer: RolloutStatus };
  "POST /rollouts/{id}/{command}": { permission: "rollout.command"; path: { id: string; command: "pause" | "resume" | "abort" | "retry"; }; answer: RolloutStatus };
  "POST /session": { permission: null; body: SignInBody; answer: SessionView };
  "POST /setup": { permission: null; body: SetUpBody; answer: SessionView };
  "POST /teams/{team}/notifications/{name}/test": { permission: "notification.test"; path: { team: string; name: string; }; answer: undefined };
  "POST /tokens": { permission: "account.write"; body: TokenBody; answer: MadeToken };
  "PUT /clusters/{name}/credentials": { permission: "cluster.rotate"; path: { name: string; }; body?: ConnectionBody; answer: RegisteredCluster };
  "PUT /clusters/{name}/custody": { permission: "cluster.custody"; path: { name: string; }; body?: CustodyBody; answer: RegisteredCluster };
  "PUT /clusters/{name}/observation": { permission: "cluster.observation"; path: { name: string; }; body?: ObservationBody; answer: RegisteredCluster };
  "PUT /me/password": { permission: "account.write"; body: OwnPasswordBody; answer: undefined };
  "PUT /me/preferences": { permission: "account.write"; body?: PreferencesBody; answer: undefined };
  "PUT /notifications/{name}": { permission: "notification.write"; path: { name: string; }; body: NotificationBody; answer: ChangeView };
  "PUT /roles/{name}": { permission: "role.write"; path: { name: string; }; body: RoleBody; answer: Role };
  "PUT /teams/{team}": { permission: "team.write"; path: { team: string; }; body?: TeamBody; answer: ChangeView };
  "PUT /teams/{team}/bindings/{cluster}": { permission: "binding.write"; path: { team: string; cluster: string; }; body?: BindingBody; answer: ChangeView };
  "PUT /teams/{team}/members/{user}": { permission: "member.write"; path: { team: string; user: string; }; body: MemberBody; answer: Grant };
  "PUT /teams/{team}/notifications/{name}": { permission: "notification.write"; path: { team: string; name: string; }; body: NotificationBody; answer: ChangeView };
  "PUT /teams/{team}/stacks/{name}": { permission: "stack.write"; path: { team: string; name: string; }; body: StackBody; answer: ChangeView };
  "PUT /users/{name}": { permission: "user.write"; path: { name: string; }; body?: PersonBody; answer: PersonView };
  "PUT /users/{name}/password": { permission: "user.write"; path: { name: string; }; body: PasswordBody; answer: undefined };
}
