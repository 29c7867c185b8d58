"""No answer of any route, and no problem, tells a credential."""

from __future__ import annotations

import re
from typing import Any

import httpx
from fastapi.routing import APIRoute

from gatewright.server.app import api_routes

SECRET = "Zq7-token-of-the-cluster"


async def test_no_answer_tells_a_credential(api: httpx.AsyncClient, kubernetes: Any) -> None:
    kubeconfig = kubernetes.kubeconfig(token=SECRET)
    told = [await api.post("/clusters", json={"name": "x", "kubeconfig": kubeconfig})]
    assert told[0].status_code == 201
    await api.put("/teams/x", json={})
    await api.put("/teams/x/bindings/x", json={})
    for route in api_routes():
        assert isinstance(route, APIRoute)
        path = re.sub(r"{\w+}", "x", route.path.replace("{command}", "pause"))
        for method in route.methods or ():
            if method != "DELETE":
                told.append(await api.request(method, path, params={"kinds": "gateways"}))
    wrong = kubernetes.kubeconfig(token=SECRET).replace(f'"{SECRET}"', f'["{SECRET}"]')
    for path, method in (("/clusters", "POST"), ("/clusters/x/credentials", "PUT")):
        for text in (wrong, kubeconfig + "}", kubeconfig.replace("http://", "ftp://"), kubeconfig):
            told.append(await api.request(method, path, json={"name": "y", "kubeconfig": text}))
            told.append(await api.request(method, path, json={"name": "y", "kubeconfig": text, "unknown": SECRET}))
    kubernetes.answers["/version"] = 401
    told.append(await api.put("/clusters/x/credentials", json={"kubeconfig": kubeconfig}))
    assert len(told) > 40
    for answer in told:
        assert SECRET not in answer.text
        assert SECRET not in str(answer.headers)
