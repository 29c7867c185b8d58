"""The parameters that routes share, and what the OpenAPI document says of names.

The patterns are for the document and for those who generate requests from it: the model checks names itself, with an
error that explains the rule, and a name that nothing has is not found.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import Path, Query

from gatewright.model.names import MAX_LABEL, RESERVED_NAMESPACES

_LABEL: Final[dict[str, Any]] = {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "minLength": 1, "maxLength": MAX_LABEL}
_NAMESPACE: Final[dict[str, Any]] = {**_LABEL, "not": {"enum": sorted(RESERVED_NAMESPACES)}}
_OR_EMPTY: Final[dict[str, Any]] = {**_NAMESPACE, "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", "minLength": 0}
_VERSION: Final[dict[str, Any]] = {"pattern": r"^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$", "maxLength": 80}

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
OfTeam = Annotated[str | None, Query(description="Only of this team.", examples=["payments"], json_schema_extra=_LABEL)]
OfClusters = Annotated[list[str] | None, Query(description="Only on these clusters.")]
Namespace = Annotated[str, Query(description="A namespace.", json_schema_extra=_NAMESPACE)]
Namespaces = Annotated[list[str] | None, Query(description="Only in these namespaces.")]

# For the fields of bodies

Label = Annotated[str, msgspec.Meta(extra_json_schema=_LABEL)]
NamespaceOrDefault = Annotated[str, msgspec.Meta(extra_json_schema=_OR_EMPTY)]
LabelOrNone = Annotated[
    str, msgspec.Meta(extra_json_schema={**_LABEL, "pattern": _OR_EMPTY["pattern"], "minLength": 0})
]
