"""The script that registers a cluster: POSIX sh, for ``curl ... | sh`` where kubectl reaches the cluster.

Nothing of it runs before all of it has arrived (it is one function, called on the last line). Every value that is put
in is quoted, and no credential is an argument of a command, where other users of the machine could read it.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

import yaml

from gatewright.model.errors import GatewrightError
from gatewright.model.objects import Manifest
from gatewright.store.registrations import Options
from gatewright.text import Language, text

MARK: Final = "END_OF_MANIFESTS"
_SAID: Final = (
    "no-kubectl", "no-curl", "context", "unreachable", "no-permission", "applying", "not-applied", "no-token",
    "bad-address", "sending", "no-answer", "other-address",
)  # fmt: skip

_SCRIPT: Final = r"""#!/bin/sh
# {about}
set -u

gatewright_say() {{ printf '%s\n' "$*" >&2; }}
gatewright_fail() {{ gatewright_say "$*"; exit 1; }}

gatewright_manifests() {{
cat <<'{mark}'
{manifests}{mark}
}}

gatewright_register() {{
  kubectl=${{KUBECTL:-kubectl}}
  namespace={namespace}
  complete={complete}
  command -v "$kubectl" >/dev/null 2>&1 || gatewright_fail {no_kubectl}
  command -v curl >/dev/null 2>&1 || gatewright_fail {no_curl}

  context=$("$kubectl" config current-context 2>/dev/null) || context=-
  gatewright_say {context} "$context"
  "$kubectl" get --raw /version >/dev/null || gatewright_fail {unreachable}

  missing=
  for resource in namespaces serviceaccounts secrets clusterroles.rbac.authorization.k8s.io \
    clusterrolebindings.rbac.authorization.k8s.io; do
    "$kubectl" auth can-i create "$resource" --namespace "$namespace" >/dev/null 2>&1 || missing="$missing $resource"
  done
  [ -z "$missing" ] || gatewright_fail {no_permission} "$missing"

  gatewright_say {applying}
  gatewright_manifests | "$kubectl" apply -f - >&2 || gatewright_fail {not_applied}

  token=
  tries=0
  while [ -z "$token" ] && [ "$tries" -lt 60 ]; do
    [ "$tries" -eq 0 ] || sleep 1
    tries=$((tries + 1))
    token=$("$kubectl" get secret {secret} --namespace "$namespace" \
      -o 'go-template={{{{with .data}}}}{{{{with .token}}}}{{{{.}}}}{{{{end}}}}{{{{end}}}}' 2>/dev/null) || token=
  done
  [ -n "$token" ] || gatewright_fail {no_token}

  server=${{GW_API_SERVER:-}}
  authority=
  name=
  if [ -z "$server" ]; then
    server=$("$kubectl" config view --minify --raw -o 'jsonpath={{.clusters[0].cluster.server}}')
    authority=$("$kubectl" config view --minify --raw --flatten \
      -o 'jsonpath={{.clusters[0].cluster.certificate-authority-data}}')
    name=$("$kubectl" config view --minify --raw -o 'jsonpath={{.clusters[0].cluster.tls-server-name}}')
  fi
  insecure=$("$kubectl" config view --minify --raw -o 'jsonpath={{.clusters[0].cluster.insecure-skip-tls-verify}}')
  if [ -n "${{GW_API_SERVER:-}}" ] || {{ [ -z "$authority" ] && [ "$insecure" = true ]; }}; then
    authority=$("$kubectl" get secret {secret} --namespace "$namespace" \
      -o 'go-template={{{{index .data "ca.crt"}}}}')
  fi
  case $server in
    *[!A-Za-z0-9:/._~%\[\]-]* | '') gatewright_fail {bad_address} "$server" ;;
    https://* | http://*) ;;
    *) gatewright_fail {bad_address} "$server" ;;
  esac
  case $token$authority$name in
    *[!A-Za-z0-9+/=._-]*) gatewright_fail {no_token} ;;
  esac

  gatewright_say {sending} "$server"
  answer=$(printf '{{"server":"%s","token":"%s","authority":"%s","tls_server_name":"%s"}}' \
    "$server" "$token" "$authority" "$name" |
    curl -sS --max-time 120 -H 'Content-Type: application/json' -H {language} \
      --data-binary @- "$complete") || gatewright_fail {no_answer}
  case $answer in
    registered*) printf '%s\n' "$answer" | sed 1d ;;
    failed*)
      printf '%s\n' "$answer" | sed 1d >&2
      gatewright_fail {other_address} ;;
    *) gatewright_fail "$answer" ;;
  esac
}}

gatewright_register
"""


def script(name: str, options: Options, complete: str, manifests: Sequence[Manifest], secret: str) -> str:
    """The script. ``complete``: where it posts what it found; ``manifests``: the account; ``secret``: has its token."""
    language = options.language
    about = text("registration.script.about", language, name=name, namespace=options.namespace)
    said = {key.replace("-", "_"): shlex.quote(text(f"registration.script.{key}", language)) for key in _SAID}
    return _SCRIPT.format(
        about=about.replace("\n", " "),
        mark=MARK,
        manifests=yaml.safe_dump_all(manifests, sort_keys=False),
        namespace=shlex.quote(options.namespace),
        complete=shlex.quote(complete),
        secret=shlex.quote(secret),
        language=shlex.quote(f"Accept-Language: {language}"),
        **said,
    )


def refusal(error: GatewrightError, language: Language) -> str:
    """A script that says why there is none: whoever pipes it into sh reads that, and nothing else happens."""
    told = shlex.quote(f"{error.report.message(language)} {error.report.remedy(language)}")
    return f"#!/bin/sh\nprintf '%s\\n' {told} >&2\nexit 1\n"
