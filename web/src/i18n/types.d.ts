/** The keys that `t` takes, from the English files. A new page's file is added here. */
import "i18next";
import type audit from "./en-US/audit.json";
import type cluster from "./en-US/cluster.json";
import type clusters from "./en-US/clusters.json";
import type common from "./en-US/common.json";
import type editor from "./en-US/editor.json";
import type events from "./en-US/events.json";
import type fleet from "./en-US/fleet.json";
import type notifications from "./en-US/notifications.json";
import type permissions from "./en-US/permissions.json";
import type plan from "./en-US/plan.json";
import type resources from "./en-US/resources.json";
import type rollout from "./en-US/rollout.json";
import type rollouts from "./en-US/rollouts.json";
import type settings from "./en-US/settings.json";
import type setup from "./en-US/setup.json";
import type shell from "./en-US/shell.json";
import type signIn from "./en-US/sign-in.json";
import type stack from "./en-US/stack.json";
import type stacks from "./en-US/stacks.json";
import type start from "./en-US/start.json";
import type team from "./en-US/team.json";
import type teams from "./en-US/teams.json";
import type tokens from "./en-US/tokens.json";
import type topology from "./en-US/topology.json";
import type users from "./en-US/users.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    fallbackNS: "common";
    resources: {
      audit: typeof audit;
      cluster: typeof cluster;
      clusters: typeof clusters;
      common: typeof common;
      editor: typeof editor;
      events: typeof events;
      fleet: typeof fleet;
      notifications: typeof notifications;
      permissions: typeof permissions;
      plan: typeof plan;
      resources: typeof resources;
      rollout: typeof rollout;
      rollouts: typeof rollouts;
      settings: typeof settings;
      setup: typeof setup;
      shell: typeof shell;
      "sign-in": typeof signIn;
      stack: typeof stack;
      stacks: typeof stacks;
      start: typeof start;
      team: typeof team;
      teams: typeof teams;
      tokens: typeof tokens;
      topology: typeof topology;
      users: typeof users;
    };
  }
}
