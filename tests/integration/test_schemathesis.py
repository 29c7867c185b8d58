"""The OpenAPI document against what runs: schemathesis makes the requests, good and bad, and judges every answer.

It calls the application in this process, bearing the operator's token as a client through a socket would; and, with
fewer requests, the server that a user runs. Everything it may do is fixed: the seed, the number of examples, and a
database with one of each thing.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import strategies as st
from installation import Installation
from schemathesis.config import SchemathesisConfig
from schemathesis.core.media_types import YAML_MEDIA_TYPES
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineFinished, NonFatalError, ScenarioFinished
from schemathesis.python.asgi import shutdown_lifespans

from gatewright.model.desired import Binding, BundleName, Cluster, ControllerSpec, Stack, Team
from gatewright.model.plan import ClusterPlan, Plan
from gatewright.server.app import PREFIX, api_routes, create_app
from gatewright.server.operations import declared_of
from gatewright.server.services import Services, open_services
from gatewright.server.settings import from_environment
from gatewright.server.web import STATIC
from gatewright.store.apply import Registration
from gatewright.text import message

TOKEN: Final = "gwo_" + "t" * 40
EXAMPLES: Final = 4
ROUTES: Final = [route for route in api_routes() if isinstance(route, APIRoute)]

# What a format names and no schema can tell; a token comes from an answer only, and none is the first page.
UNREACHABLE: Final = """\
{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
 clusters: [{name: c, cluster: {server: "https://127.0.0.1:9"}}], users: [{name: u, user: {token: t}}]}
"""
REFUSED: Final = ["401", "403", "404", "409", "412", "429"]
ENDLESS: Final = [
    PREFIX + route.path
    for route in ROUTES
    if (told := declared_of(route)) and told.shape == "stream" and route.path != "/rollouts/{id}/events"
]
"""Streams that end with their reader only; what they say is tested beside them."""
MEANING: Final = {
    "register_api_v1_clusters_post": "through a socket the kubeconfig must be sent; from inside, a path will do",
    "rotate_api_v1_clusters__name__credentials_put": "the same",
    "apply_api_v1_apply_post": "every manifest once, in whichever document it is",
    "diff_api_v1_diff_post": "the same",
    "create_api_v1_plans_post": "a plan looks at clusters, and the one of this test cannot be reached",
    "live_api_v1_clusters__name__object_get": "an object is read from its cluster, and the one of this test has no key",
    "put_role_api_v1_roles__name__put": "which permissions a role may hold depends on its scope",
    "create_api_v1_tokens_post": "what is one's own is for no token",
    "put_api_v1_notifications__name__put": "each type of target needs other fields",
    "put_of_team_api_v1_teams__team__notifications__name__put": "the same",
    "pull_api_v1_bundles__version__pull_post": "a release that this machine does not keep yet has no source here",
}
"""Operations whose answers follow from who asks, from another field or from a cluster too, and how."""
TEAM: Final = "{apiVersion: gatewright.io/v1alpha1, kind: Team, metadata: {name: orders}}"
FORMATS: Final = {
    "continue-token": "",
    "event-id": "0",
    "kubeconfig": UNREACHABLE,
    "gatewright-manifests": TEAM,
    "gateway-api-kind": "gateways",
    "controller-version": "3.7.15",
    "new-password": "correct-staple-1789",
    "display-name": "Ada Lovelace",
}
ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
KEPT_BY_NOBODY: Final = ("no-store", "private, no-cache")
for name, value in FORMATS.items():
    schemathesis.openapi.format(name, st.just(value))


async def furnish(services: Services) -> None:
    """One of each thing, under the names that the document gives as examples."""
    async with services.clusters.database.transaction() as unit:
        await unit.fleet.register(Cluster("shanghai"), Registration("uid-1", "https://192.0.2.1"), "ada")
        stack = Stack("payments", "edge", BundleName("v1.6.1"), ControllerSpec("traefik", "3.7.15"))
        await unit.fleet.apply_desired([Team("payments"), stack, Binding("payments", "shanghai", stack="edge")], "ada")
        plan = Plan("payments", "install", (ClusterPlan("shanghai", "uid-1", BundleName("v1.6.1"), ()),))
        await unit.plans.save(plan, "ada")
        rollout = await unit.rollouts.create(plan, "ada", id="r-5f0c2a91")
        await unit.rollouts.append(rollout.id, "started", message("rollout.event.started", plan=plan.hash[:12]))
        await unit.rollouts.set_state(rollout.id, rollout.generation, "aborted")


def environment(home: Path) -> dict[str, str]:
    return {"GATEWRIGHT_HOME": str(home), "GATEWRIGHT_BUNDLES": str(home / "no-bundles")}


class Application:
    """The application with services of the event loop that schemathesis runs it in."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._stack = contextlib.AsyncExitStack()
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        async with self._opened():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        async with open_services(from_environment(environment(self._home))) as services:
            await furnish(services)
            self._app = create_app(services, token=TOKEN)
            yield


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    yield Application(tmp_path)
    shutdown_lifespans()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """``gatewright up`` over a database with one of each thing."""
    home = tmp_path_factory.mktemp("served") / "home"
    home.mkdir()

    async def furnished() -> None:
        async with open_services(from_environment(environment(home))) as services:
            await furnish(services)

    asyncio.run(furnished())
    started = Installation(home, **environment(home))
    started.start()
    yield started
    started.stop()


@schemathesis.check
def carries_what_every_answer_carries(_: Any, response: Any, case: Any) -> None:
    """Whatever the answer, and whoever made it."""
    told = {name.lower(): values[0] for name, values in response.headers.items()}
    missing = [f"{name}: {value}" for name, value in ALWAYS.items() if told.get(name) != value]
    assert not missing, f"{case.method} {case.path}: without {missing}"
    assert told.get("cache-control") in KEPT_BY_NOBODY, f"{case.method} {case.path}: {told.get('cache-control')}"
    assert "server" not in told, f"{case.method} {case.path}: says that it is {told['server']}"


@schemathesis.deserializer(*YAML_MEDIA_TYPES)
def yaml_stream(_: Any, response: Any) -> str:
    """Manifests are several documents in one answer, of which schemathesis would read one."""
    return response.content.decode()


def config(token: str = TOKEN, examples: int = EXAMPLES, **phases: bool) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict({
        "seed": 3,
        "headers": {"Authorization": f"Bearer {token}"},
        "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
        "phases": {name: {"enabled": enabled} for name, enabled in phases.items()},
        "checks": {
            # 502: a cluster that does not do what it should is not a fault of ours.
            "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "502"]},
            # 429: nobody signs in, again and again.
            # 412: the tags of If-Match are those of nothing that is there.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", *REFUSED, "502"]},
            "negative_data_rejection": {"expected-statuses": [*REFUSED, "405", "415", "422"]},
        },
        "operations": [
            {"include-operation-id": operation, "checks": {"positive_data_acceptance": {"enabled": False}}}
            for operation in MEANING
        ],
    })  # fmt: skip


def executed(schema: Any) -> tuple[list[str], set[str]]:
    """What is wrong, and which operations were asked."""
    faults: list[str] = []
    asked: set[str] = set()
    for event in from_schema(schema.exclude(path=ENDLESS)).execute():
        match event:
            case ScenarioFinished():
                for interactions in event.recorder.checks.values():
                    faults += [
                        f"{node.name}: {node.failure_info.failure}\n{node.failure_info.code_sample}"
                        for node in interactions
                        if node.failure_info
                    ]
                asked |= {case.value.operation.label for case in event.recorder.cases.values()}
            case NonFatalError():
                faults.append(str(event.info))
            case EngineFinished():
                assert event.stop_reason.name == "COMPLETED"
            case _:
                pass
    return faults, asked


# A printed body may be long; schemathesis prints each that it sends.
@pytest.mark.filterwarnings("default:Generating overly large repr:hypothesis.errors.HypothesisWarning")
def test_nothing_that_is_documented_is_wrong(application: Application) -> None:
    schema = schemathesis.openapi.from_asgi(
        f"{PREFIX}/openapi.json", application, config=config(), headers={"Authorization": f"Bearer {TOKEN}"}
    )
    faults, asked = executed(schema)
    assert faults == [], "\n\n".join(faults)
    known = {f"{min(route.methods or ())} {PREFIX}{route.path_format}" for route in ROUTES}
    # It asks for the document itself before it begins, and not again.
    assert known - asked == {f"GET {path}" for path in [*ENDLESS, f"{PREFIX}/openapi.json"]}


@pytest.mark.filterwarnings("default:Generating overly large repr:hypothesis.errors.HypothesisWarning")
def test_nothing_is_wrong_through_a_socket_either(installation: Installation) -> None:
    token = (installation.home / "operator-token").read_text().strip()
    schema = schemathesis.openapi.from_url(
        f"{installation.url}{PREFIX}/openapi.json", config=config(token, 1, coverage=False, stateful=False)
    )
    faults, asked = executed(schema)
    assert faults == [], "\n\n".join(faults)
    assert len(asked) > len(ROUTES) / 2


BEYOND: Final = [
    "/",
    "/teams/no-such-team",
    "//elsewhere.test/x",
    "/../../etc/passwd",
    "/%2e%2e%2fetc%2fpasswd",
    "/%00",
]
"""Addresses that are the page's to understand, and lead nowhere else."""


def test_what_is_not_the_api_s_is_the_page(installation: Installation) -> None:
    expected = 200 if (STATIC / "index.html").is_file() else 503
    for target in BEYOND:
        status, headers, body = raw(installation, "GET", target)
        assert (status, headers["content-type"]) == (expected, "text/html; charset=utf-8"), target
        assert b"<!doctype html>" in body.lower()
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
    for target in ("/api", "/api/", "/api/v2/teams", f"{PREFIX}/nowhere", "/assets/nothing.js"):
        status, headers, _ = raw(installation, "GET", target)
        assert (status, headers["content-type"]) == (404, "application/problem+json"), target
    status, headers, _ = raw(installation, "POST", "/")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built: make web")
def test_every_page_has_a_nonce_of_its_own(installation: Installation) -> None:
    policies = {raw(installation, "GET", "/")[1]["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


def raw(installation: Installation, method: str, target: str) -> tuple[int, dict[str, str], bytes]:
    """Sends the target as it is, which other clients would mend."""
    connection = http.client.HTTPConnection(installation.url.removeprefix("http://"), timeout=60)
    with contextlib.closing(connection):
        connection.request(method, target)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
