"""The parameters that routes share, and what the OpenAPI document says of names.

The patterns are for the document and for those who generate requests from it: the model checks names itself, with an
error that explains the rule, and a name that nothing has is not found.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import Path, Query
from pydantic import Field

from gatewright.gatewayapi.manifests import RENDERERS
from gatewright.model.names import MAX_LABEL, RESERVED_NAMESPACES
from gatewright.model.people import MAX_NAME, NAME, RESERVED

_LABEL: Final[dict[str, Any]] = {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "minLength": 1, "maxLength": MAX_LABEL}
_NAMESPACE: Final[dict[str, Any]] = {**_LABEL, "not": {"enum": sorted(RESERVED_NAMESPACES)}}
_OR_EMPTY: Final[dict[str, Any]] = {**_NAMESPACE, "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", "minLength": 0}
_VERSION: Final[dict[str, Any]] = {"pattern": r"^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$", "maxLength": 80}
_PORT: Final[dict[str, Any]] = {
    "minimum": 1,
    "maximum": 65535,
    "not": {"enum": sorted({renderer.reserved for renderer in RENDERERS.values()})},
}

LABEL: Final = _LABEL
LABEL_OR_EMPTY: Final[str] = _OR_EMPTY["pattern"]
OBJECT_NAME: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
"""Every kind of the Gateway API is named by DNS subdomains (RFC 1123)."""
PERSON_NAME: Final[dict[str, Any]] = {
    "pattern": f"^{NAME.pattern}$",
    "minLength": 1,
    "maxLength": MAX_NAME,
    "not": {"enum": sorted(RESERVED)},
}
PERSON_NAME_OR_NONE: Final[dict[str, Any]] = {**PERSON_NAME, "pattern": f"^({NAME.pattern})?$", "minLength": 0}
TeamName = Annotated[str, Path(description="Name of a team.", examples=["payments"], json_schema_extra=_LABEL)]
ClusterName = Annotated[
    str, Path(description="Name of a registered cluster.", examples=["shanghai"], json_schema_extra=_LABEL)
]
StackName = Annotated[
    str, Path(description="Name of a stack of the team.", examples=["edge"], json_schema_extra=_LABEL)
]
BundleVersion = Annotated[
    str, Path(description="Release of the Gateway API, e.g. v1.6.1.", examples=["v1.6.1"], json_schema_extra=_VERSION)
]
RolloutId = Annotated[
    str, Path(description="Id of a rollout.", examples=["r-5f0c2a91"], json_schema_extra={"maxLength": 80})
]
PlanHash = Annotated[
    str,
    Path(description="Hash of a plan, or at least its first 8 characters.", json_schema_extra={"maxLength": 64}),
]
OfTeam = Annotated[
    str | None,
    Query(description="Only of this team.", examples=["payments"], pattern=_LABEL["pattern"], max_length=MAX_LABEL),
]
OfClusters = Annotated[
    list[Annotated[str, Field(json_schema_extra=_LABEL)]] | None, Query(description="Only on these clusters.")
]
Kinds = Annotated[
    list[Annotated[str, Field(json_schema_extra={"format": "gateway-api-kind"})]],
    Query(min_length=1, description="Kinds of objects: Gateway, gateways, gtw, ..."),
]
Namespace = Annotated[str, Query(description="A namespace.", json_schema_extra=_NAMESPACE)]
Namespaces = Annotated[
    list[Annotated[str, Field(json_schema_extra=_NAMESPACE)]] | None, Query(description="Only in these namespaces.")
]

# For the fields of bodies

Label = Annotated[str, msgspec.Meta(extra_json_schema=_LABEL)]
NamespaceOrDefault = Annotated[str, msgspec.Meta(extra_json_schema=_OR_EMPTY)]
LabelOrNone = Annotated[
    str, msgspec.Meta(extra_json_schema={**_LABEL, "pattern": _OR_EMPTY["pattern"], "minLength": 0})
]
Release = Annotated[str, msgspec.Meta(extra_json_schema=_VERSION)]
ControllerName = Annotated[str, msgspec.Meta(extra_json_schema={"enum": sorted(RENDERERS)})]
ControllerVersion = Annotated[str, msgspec.Meta(extra_json_schema={"format": "controller-version"})]
ControllerPorts = Annotated[
    tuple[Annotated[int, msgspec.Meta(extra_json_schema=_PORT)], ...],
    msgspec.Meta(extra_json_schema={"minItems": 1, "uniqueItems": True}),
]
# What only a parser can tell: the format names it.
Kubeconfig = Annotated[str, msgspec.Meta(extra_json_schema={"format": "kubeconfig"})]
Manifests = Annotated[str, msgspec.Meta(extra_json_schema={"format": "gatewright-manifests"})]
Duration = Annotated[
    str,
    msgspec.Meta(
        description="From one minute to 365 days: 30m, 12h, 7d.",
        extra_json_schema={
            "pattern": "^(([1-9][0-9]{0,4}|[1-4][0-9]{5}|5[01][0-9]{4}|52[0-4][0-9]{3}|525[0-5][0-9]{2}|525600)m"
            "|([1-9][0-9]{0,2}|[1-7][0-9]{3}|8[0-6][0-9]{2}|87[0-5][0-9]|8760)h"
            "|([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5])d)$"
        },
    ),
]
