"""Writes the parts of docs/ that are read from the code: run it after changing an error, a command, a setting, ...

    python scripts/make_docs.py            write
    python scripts/make_docs.py --check    exit with 1 and name the pages that are out of date

A page holds ``<!-- generated: NAME -->`` and ``<!-- end -->``; what is between them comes from the function of that
name in ``BLOCKS``, in Chinese for pages under docs/zh. Everything else on a page is written by hand.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import string
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from typer.core import TyperGroup

import gatewright
from gatewright.cli import exits
from gatewright.cli.help import described, translated
from gatewright.cli.main import build
from gatewright.gatewayapi.access import access_rules
from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.controllers import controllers
from gatewright.gatewayapi.health import rules as health_rules
from gatewright.gatewayapi.writers import WRITERS
from gatewright.model import desired
from gatewright.model.errors import GatewrightError, error_classes
from gatewright.model.manifest import ManifestError, parse
from gatewright.planning import leave, preflight
from gatewright.server.app import PREFIX, api_routes
from gatewright.server.permissions import permission_of
from gatewright.server.settings import SETTINGS
from gatewright.text import LANGUAGES, Language, templates

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Every page that has a generated part."""
    return [p for p in sorted(DOCS.rglob("*.md")) if _BLOCK.search(p.read_text(encoding="utf-8"))]


def rendered(page: Path) -> str:
    """The page as it should be. Raises ``KeyError`` for a block that nothing generates, or for something in the code
    that has no description here."""
    language: Language = "zh" if page.parent.name == "zh" else "en"

    def fill(match: re.Match[str]) -> str:
        return match[1] + BLOCKS[match[2]](language).strip("\n") + "\n" + match[3]

    return _BLOCK.sub(fill, page.read_text(encoding="utf-8"))


# Words of the tables

_WORDS: dict[str, tuple[str, str]] = {
    "argument": ("argument or option", "参数或选项"),
    "meaning": ("meaning", "含义"),
    "field": ("field", "字段"),
    "type": ("type", "类型"),
    "required": ("required", "必填"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "default": ("default", "默认值"),
    "variable": ("variable", "变量"),
    "code": ("code", "代码"),
    "severity": ("severity", "级别"),
    "block": ("blocks", "阻止"),
    "warn": ("warns", "提醒"),
    "info": ("info", "提示"),
    "warning": ("warning", "警告"),
    "error": ("error", "错误"),
    "finding": ("finding", "问题"),
    "accounts": ("explains these conditions", "可解释的 condition"),
    "evidence": ("evidence", "证据"),
    "remedy": ("remedy", "处理办法"),
    "raised": ("When", "何时出现"),
    "exit": ("exit", "退出码"),
    "branch": ("branch", "分支"),
    "writer": ("writer", "写入者"),
    "key": ("key", "键"),
    "release": ("release", "版本"),
    "date": ("date", "日期"),
    "floor": ("Kubernetes from", "最低 Kubernetes"),
    "tested": ("tested upstream on", "上游测试范围"),
    "crds": ("CRDs (standard / experimental)", "CRD 数（标准 / 实验）"),
    "policy": ("admission policy", "准入策略"),
    "controller": ("controller", "网关控制器"),
    "names": ("controllerName", "controllerName"),
    "installs": ("installed by a stack", "可由网关方案安装"),
    "pairs": ("tested with (newest bundle per minor)", "已测试组合（各小版本的最新发行包）"),
    "sentence": ("sentence", "说明"),
}


def _w(key: str, language: Language) -> str:
    return _WORDS[key][LANGUAGES.index(language)]


def _cell(value: str) -> str:
    return re.sub(r"\s*\n\s*", " ", value).replace("|", "\\|")


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(columns)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _prose(docstring: str | None) -> str:
    """A docstring as one paragraph of Markdown."""
    return " ".join((docstring or "").replace("``", "`").split())


def _shown(key: str, language: Language) -> str:
    """A template with its parameters as ``{name}`` shows them in code, and doubled braces undone."""
    parts: list[str] = []
    for literal, name, _, _ in string.Formatter().parse(templates()[key][language]):
        parts.append(literal)
        if name is not None:
            parts.append(f"‹{name}›")
    return "".join(parts)


# Errors


def known_errors() -> list[type[GatewrightError]]:
    """Every error class of the project, by code."""
    for module in pkgutil.walk_packages(gatewright.__path__, "gatewright."):
        if not module.name.endswith((".migrations.env", ".__main__")):
            importlib.import_module(module.name)
    return sorted(set(error_classes(GatewrightError)), key=lambda error: error.code)


def _branches() -> list[type[GatewrightError]]:
    return [c for c in GatewrightError.__subclasses__() if c.__module__ == GatewrightError.__module__]


def _branch(error: type[GatewrightError]) -> str:
    return next(c.__name__ for c in reversed(error.__mro__[:-1]) if c.__mro__[1] is GatewrightError)


def _two_languages(key: str) -> list[str]:
    lines: list[str] = []
    for language, name in (("en", "English"), ("zh", "中文")):
        lines += [f"- **{name}**: {_shown(key, language)}"]
        lines += [f"  *{_shown(key + '.remedy', language)}*"]
    return lines


def errors(_: Language) -> str:
    lines: list[str] = []
    area = ""
    for error in known_errors():
        first = error.code.partition(".")[0]
        if first != area:
            area = first
            lines += ["", f"## {area}", ""]
        lines += [f"### {error.code}", "", f"Exit {error.exit_code}, HTTP {error.http_status} ({_branch(error)}). "]
        lines[-1] += _prose(error.__doc__)
        lines += ["", *_two_languages(error.code), ""]
    return "\n".join(lines)


def plan_stops(_: Language) -> str:
    """What a plan says that stops it and is no error: verdicts and clashes (preflight has a page of its own)."""
    keys = sorted(k for k in templates() if k.startswith("planning.") and f"{k}.remedy" in templates())
    return "\n".join(line for key in keys for line in (f"### {key}", "", *_two_languages(key), ""))


def reasons(language: Language) -> str:
    """Every reason that a verdict may give, with its remedy where it has one."""
    keys = sorted(k for k in templates() if re.match(r"planning\.(namespace|crd|object|policy|class|keep|delete)-", k))
    own = [k for k in keys if not k.endswith(".remedy")]
    return _table((_w("code", language), _w("sentence", language)), ((f"`{k}`", _shown(k, language)) for k in own))


def branches(language: Language) -> str:
    found = sorted(_branches(), key=lambda branch: branch.exit_code)
    rows = ((f"`{b.__name__}`", str(b.http_status), str(b.exit_code)) for b in found)
    return _table((_w("branch", language), "HTTP", _w("exit", language)), rows)


_EXITS: dict[int, tuple[str, str]] = {
    0: ("done", "完成"),
    1: ("an unexpected fault of Gatewright", "Gatewright 自身的意外故障"),
    2: (
        "bad input: a command line, a manifest or a kubeconfig that cannot be used",
        "输入有误：命令行、清单或 kubeconfig 不可用",
    ),
    3: ("nothing to do", "无事可做"),
    4: ("not found", "未找到"),
    5: ("conflict: it has an owner", "冲突：已有归属"),
    6: ("stale: the world moved since the plan was made", "已过期：计划做出后情况已变"),
    7: (
        "blocked: a plan that must not run, or a command that the state does not allow",
        "受阻：不得执行的计划，或当前状态不允许的命令",
    ),
    8: ("a cluster failed", "某个集群失败"),
    9: ("this machine lacks something", "本机缺少所需条件"),
    10: ("denied, or not confirmed", "被拒绝，或未确认"),
    11: ("the rollout is paused or was aborted", "发布已暂停或已中止"),
    12: ("something that was looked at is degraded, unhealthy or unknown", "所查看的内容存在降级、异常或未知"),
    130: ("interrupted with Ctrl-C", "被 Ctrl-C 中断"),
}


def exit_codes(language: Language) -> str:
    used = {0, *(b.exit_code for b in GatewrightError.__subclasses__())}
    used |= {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    rows = ((str(code), _EXITS[code][LANGUAGES.index(language)]) for code in sorted(used))
    return _table((_w("exit", language), _w("meaning", language)), rows)


# Commands


def commands() -> Iterator[tuple[str, Any, Any]]:
    """Every command that does something: its path (``gatewright cluster add``), itself, its Click context."""
    tree = build()

    def walk(command: Any, path: str, parent: Any) -> Iterator[tuple[str, Any, Any]]:
        context = command.context_class(command, info_name=path.rpartition(" ")[2], parent=parent)
        if not isinstance(command, TyperGroup):
            yield path, command, context
            return
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from walk(child, f"{path} {name}", context)

    yield from walk(tree, "gatewright", None)


def _key_by_sentence() -> dict[str, str]:
    """The keys of sentences that were rendered at import already (the lab's help)."""
    return {sentence: key for key, both in templates().items() for sentence in both.values()}


def _in(given: str, language: Language) -> str:
    return translated(_key_by_sentence().get(given, given), language)


def cli(language: Language) -> str:
    lines: list[str] = []
    for path, command, context in commands():
        rows = list(_parameters(command, context, language))
        arguments = " ".join(p.metavar or p.name.upper() for p in command.params if p.param_type_name == "argument")
        lines += [f"### {path} {arguments}".rstrip(), ""]
        lines += [_in(described(command, path, language), language), ""]
        if rows:
            lines += [_table((_w("argument", language), _w("meaning", language), _w("default", language)), rows), ""]
    return "\n".join(lines)


def _parameters(command: Any, context: Any, language: Language) -> Iterator[tuple[str, str, str]]:
    for parameter in command.get_params(context):
        everywhere = parameter.name == "help" or (parameter.name == "output" and parameter.default == "table")
        if everywhere or getattr(parameter, "hidden", False):
            continue
        if parameter.param_type_name == "argument":
            name = parameter.metavar or parameter.name.upper()
        else:
            name = ", ".join(sorted(parameter.opts, key=len))
            if not parameter.is_flag:
                kind = parameter.metavar or parameter.display_type(context).strip("<>")
                name = f"{name} {kind}"
        default = parameter.default
        text = (
            "" if default in (None, "", False, ()) or callable(default) else f"`{getattr(default, 'value', default)}`"
        )
        yield f"`{name}`", _in(parameter.help or "", language), text


# Settings

_LAB_SETTINGS: dict[str, tuple[str, str, str]] = {
    "GATEWRIGHT_LAB_HOME": (
        "",
        "The folder with one directory per lab; the user's state folder if not set.",
        "每个实验环境一个子目录的文件夹；未设置时为用户的状态目录。",
    ),
    "GATEWRIGHT_LAB_CACHE": (
        "",
        "The folder of the binaries that labs share and keep; the user's cache folder if not set.",
        "各实验环境共用并保留的程序所在文件夹；未设置时为用户的缓存目录。",
    ),
    "KUBEBUILDER_ASSETS": (
        "",
        "A folder with etcd, kube-apiserver, kube-controller-manager and kubectl for labs; it is looked at first.",
        "实验环境所用 etcd、kube-apiserver、kube-controller-manager、kubectl 所在文件夹，最先查找。",
    ),
}


def settings(language: Language) -> str:
    rows = [(f"`{s.name}`", f"`{s.default}`" if s.default else "", s.about.render(language)) for s in SETTINGS]
    index = 1 + LANGUAGES.index(language)
    rows += [(f"`{name}`", "", row[index]) for name, row in _LAB_SETTINGS.items()]
    return _table((_w("variable", language), _w("default", language), _w("meaning", language)), rows)


# Manifests

_FIELDS: dict[str, tuple[str, str]] = {
    "Cluster.name": (
        "The cluster's name in this installation, an RFC 1123 label. The identity is the UID of its kube-system "
        "namespace, not the name.",
        "集群在本安装中的名称（RFC 1123 标签）。集群的身份是 kube-system 命名空间的 UID，而不是名称。",
    ),
    "Cluster.custody": (
        "Who owns the CRDs and the controller's objects: `own` (Gatewright shall, and adopts what others wrote), "
        "`observe` (Gatewright never writes CRDs). Empty: own what is absent, share or refuse the rest.",
        "CRD 和控制器对象的归属：`own`（自管，并接管他人写入的对象）、`observe`（只观察，绝不写 CRD）。"
        "留空：自管尚未存在的，其余共用或拒绝。",
    ),
    "Cluster.kubeconfig": (
        "The path of a kubeconfig on the operator's machine, read once when the cluster is registered. Never its "
        "content: credentials in a manifest are refused.",
        "操作者机器上 kubeconfig 的路径，仅在注册集群时读取一次。不能写其内容：清单中的凭据会被拒绝。",
    ),
    "Cluster.context": (
        "The context in that kubeconfig; its current-context if empty.",
        "该 kubeconfig 中的 context；留空用 current-context。",
    ),
    "Cluster.insecureSkipTLSVerify": (
        "`true` skips the verification of the API server's certificate; every view of the cluster then says so.",
        "`true` 表示不校验 API Server 的证书；此后该集群的所有视图都会标明。",
    ),
    "Cluster.readSecrets": (
        "`true` lets Gatewright read the Secrets that listeners name, to judge their certificates; a key is never kept. "
        "Without it certificates are judged by TLS probes alone.",
        "`true` 允许 Gatewright 读取监听器引用的 Secret 以判断证书；私钥从不保留。否则只通过 TLS 探测判断证书。",
    ),
    "Cluster.probes": (
        "`false` sends no requests through the cluster's Gateways.",
        "`false` 表示不经由该集群的 Gateway 发送探测请求。",
    ),
    "Team.name": ("The team's name, unique in this installation.", "团队名称，在本安装内唯一。"),
    "Team.defaultNamespace": (
        "The namespace of a binding that names none; the team's name if empty. Only a default: it is unique nowhere.",
        "绑定未指定命名空间时所用的默认值；留空为团队名称。它只是默认值，不要求唯一。",
    ),
    "Team.versions": (
        "How far the versions of the team's clusters may differ ([versions](versions.md)).",
        "团队各集群的版本可以相差多少（参见[版本](../versions.md)）。",
    ),
    "Team.versions.skew": (
        "Allowed without limit: `none`, `patch` (of one minor), `minor`, `any` (also channels and mixed clusters).",
        "不受时限的差异：`none`、`patch`（同一小版本内）、`minor`、`any`（含不同通道和混杂集群）。",
    ),
    "Team.versions.for": (
        "For how long a greater skew is a warning before it is an error: minutes, hours or days, from `1m` to `365d`.",
        "更大的差异在多长时间内只是警告，之后视为错误：分钟、小时或天，从 `1m` 到 `365d`。",
    ),
    "Binding.team": ("The team.", "团队。"),
    "Binding.cluster": ("The cluster.", "集群。"),
    "Binding.namespace": (
        "The team's namespace on this cluster, unique within the cluster only.",
        "团队在该集群上的命名空间，仅在该集群内唯一。",
    ),
    "Binding.stack": (
        "The team's stack to claim here. Empty: the binding claims its namespace only, and a plan for the whole team "
        "leaves the cluster out.",
        "在此集群采用的网关方案。留空：绑定只要求命名空间，面向整个团队的计划会略过该集群。",
    ),
    "Stack.team": ("The team that the stack belongs to.", "方案所属的团队。"),
    "Stack.name": ("The stack's name, unique in its team.", "方案名称，在团队内唯一。"),
    "Stack.bundle": ("The Gateway API release and channel.", "Gateway API 的版本与通道。"),
    "Stack.bundle.version": ("A release of the catalogue, such as `v1.6.1`.", "目录中的版本，例如 `v1.6.1`。"),
    "Stack.bundle.channel": ("`standard` or `experimental`.", "`standard` 或 `experimental`。"),
    "Stack.controller": (
        "A gateway controller to install; leave it out for CRDs alone.",
        "要安装的网关控制器；省略则只装 CRD。",
    ),
    "Stack.controller.name": ("A controller that Gatewright can install: `traefik`.", "可安装的控制器：`traefik`。"),
    "Stack.controller.version": (
        "Its version, such as `3.7.15`: any patch release of a minor that was verified.",
        "其版本，例如 `3.7.15`：已验证小版本下的任意补丁版本。",
    ),
    "Stack.controller.namespace": (
        "Its namespace; the controller's usual one if empty (`traefik`).",
        "其命名空间；留空为惯用名称（`traefik`）。",
    ),
    "Stack.controller.gatewayClass": (
        "The name of its GatewayClass; the usual one if empty (`traefik`).",
        "其 GatewayClass 名称；留空为惯用名称（`traefik`）。",
    ),
    "Stack.controller.ports": (
        "The ports it listens on. A listener of a Gateway must use one of them. The ports that several teams want are "
        "united.",
        "监听端口。Gateway 的监听器必须使用其中之一。多个团队的端口取并集。",
    ),
    "Stack.drift": (
        "What becomes of what others change of it: `report` says who did what, `heal` also puts it back "
        "([drift](drift.md)).",
        "他人改动该方案的对象时如何处理：`report` 只报告谁改了什么，`heal` 还会将其恢复（参见[漂移](../drift.md)）。",
    ),
    "Notification.name": ("The notification's name, unique in this installation.", "通知名称，在本安装内唯一。"),
    "Notification.type": (
        "`webhook` (signed JSON), `slack` (and what is compatible), `dingtalk`, `feishu` or `wecom`.",
        "`webhook`（签名的 JSON）、`slack`（及兼容服务）、`dingtalk`、`feishu` 或 `wecom`。",
    ),
    "Notification.team": (
        "Only what concerns this team: its own events, and those of no team about its clusters.",
        "只通知与该团队有关的事件：团队自身的，以及其所用集群上不属于任何团队的。",
    ),
    "Notification.events": (
        "Beginnings of the [kinds of events](notifications.md#kinds-of-events) to tell.",
        "要通知的[事件类型](../notifications.md#kinds-of-events)的开头。",
    ),
    "Notification.minimum": (
        "The mildest severity that is told: `info`, `warning` or `error`. Whoever was told of a problem is told of its "
        "end in any case.",
        "需要通知的最低级别：`info`、`warning` 或 `error`。问题一经通知，其结束也一定会通知。",
    ),
    "Notification.language": ("The language of the messages: `en` or `zh`.", "消息的语言：`en` 或 `zh`。"),
    "Notification.urlFile": (
        "The path of a file on the operator's machine that holds the address of the webhook, read when the "
        "notification is new or a path changes. The address is a credential and never stands in a manifest.",
        "操作者机器上保存 Webhook 地址的文件路径，在通知新建或路径变化时读取。地址属于凭据，不得写入清单。",
    ),
    "Notification.secretFile": (
        "The same for the signing secret (`webhook`, `dingtalk`, `feishu`).",
        "签名密钥文件的路径，用法相同（适用于 `webhook`、`dingtalk`、`feishu`）。",
    ),
}

_WHOLE: dict[str, dict[str, Any]] = {
    "Cluster": {
        "metadata": {"name": "shanghai"},
        "spec": {"custody": "own", "kubeconfig": "/k", "context": "c", "insecureSkipTLSVerify": True, "readSecrets": True, "probes": False},
    },
    "Team": {
        "metadata": {"name": "payments"},
        "spec": {"defaultNamespace": "payments", "versions": {"skew": "patch", "for": "72h"}},
    },
    "Stack": {
        "metadata": {"name": "edge"},
        "spec": {
            "team": "payments",
            "bundle": {"version": "v1.6.1", "channel": "standard"},
            "controller": {
                "name": "traefik", "version": "3.7.15", "namespace": "n", "gatewayClass": "g", "ports": [8000],
            },
            "drift": "heal",
        },
    },
    "Binding": {
        "metadata": {"name": "payments.shanghai"},
        "spec": {"team": "payments", "cluster": "shanghai", "namespace": "n", "stack": "edge"},
    },
    "Notification": {
        "metadata": {"name": "ops"},
        "spec": {
            "type": "webhook", "team": "payments", "events": ["health."], "minimum": "warning", "language": "en",
            "urlFile": "/u", "secretFile": "/s",
        },
    },
}  # fmt: skip


def _struct_fields(kind: str, struct: type[msgspec.Struct], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(struct):
        path = f"{prefix}{field.encode_name}"
        yield path, field
        nested = [t for t in (field.type, *getattr(field.type, "__args__", ())) if _is_struct(t)]
        for inner in nested:
            yield from _struct_fields(kind, inner, f"{path}.")


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _required(kind: str, path: list[str]) -> bool:
    """Whether the parser refuses the manifest without the field."""
    document = msgspec.json.decode(msgspec.json.encode(_WHOLE[kind]))
    at = document
    for part in path[:-1]:
        at = at[part]
    del at[path[-1]]
    text = msgspec.json.encode({"apiVersion": desired.API_VERSION, "kind": kind, **document})
    try:
        parse(text)
    except ManifestError:
        return True
    return False


def _type_of(field: Any) -> str:
    name = str(field.type)
    if "bool" in name:
        return "boolean"
    if "tuple[int" in name:
        return "list of integers"
    if "tuple[str" in name:
        return "list of strings"
    if "Struct" in name or any(_is_struct(t) for t in (field.type, *getattr(field.type, "__args__", ()))):
        return "mapping"
    return "string"


_TYPES_ZH = {
    "boolean": "布尔", "list of integers": "整数列表", "list of strings": "字符串列表", "mapping": "映射",
    "string": "字符串",
}  # fmt: skip


def manifest_fields(kind: str, language: Language) -> str:
    parse(msgspec.json.encode({"apiVersion": desired.API_VERSION, "kind": kind, **_WHOLE[kind]}))
    rows: list[tuple[str, str, str, str, str]] = []
    for path, field in _struct_fields(kind, getattr(desired, kind)):
        where = ["metadata", "name"] if path == "name" else ["spec", *path.split(".")]
        default = field.default
        shown = "" if default in (msgspec.NODEFAULT, None, "", False) else f"`{_listed(default)}`"
        kind_of = _type_of(field)
        rows.append((
            f"`{'.'.join(where)}`",
            kind_of if language == "en" else _TYPES_ZH[kind_of],
            _w("yes" if _required(kind, where) else "no", language),
            shown,
            _FIELDS[f"{kind}.{path}"][LANGUAGES.index(language)],
        ))  # fmt: skip
    columns = ("field", "type", "required", "default", "meaning")
    return _table((_w(c, language) for c in columns), rows)


def _listed(default: object) -> str:
    return str(list(default)) if isinstance(default, tuple) else str(default)


def _fields_of(kind: str) -> Callable[[Language], str]:
    return lambda language: manifest_fields(kind, language)


# Preflight


def findings_of(function: Callable[..., Any]) -> dict[str, set[str]]:
    """The codes that a rule may give, each with its severities, read from its source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    known = {k.removeprefix("preflight.") for k in templates() if k.startswith("preflight.")}
    named = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value in known}
    found: dict[str, set[str]] = {}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "finding":
            rule, severity = call.args[0], call.args[1]
            codes = {rule.value} if isinstance(rule, ast.Constant) else named
            levels = {
                n.value for n in ast.walk(severity) if isinstance(n, ast.Constant) and n.value in ("block", "warn")
            }
            for code in codes:
                found.setdefault(str(code), set()).update(str(level) for level in levels)
    return found


def rules(language: Language) -> str:
    lines: list[str] = []
    for rule in (*preflight.RULES, leave._lost_controllers):  # pyright: ignore[reportPrivateUsage]
        for code, levels in sorted(findings_of(rule).items()):
            lines += [f"### preflight.{code}", ""]
            severity = " / ".join(_w(level, language) for level in sorted(levels))
            why = _prose(rule.__doc__)
            lines += [f"**{severity}**" + (f". {why}" if language == "en" else ""), ""]
            colon = ": " if language == "en" else "："
            lines += [f"- {_w('evidence', language)}{colon}{_shown(f'preflight.{code}', language)}"]
            lines += [f"- {_w('remedy', language)}{colon}{_shown(f'preflight.{code}.remedy', language)}", ""]
    return "\n".join(lines)


# Health


def health_findings(language: Language) -> str:
    """Every finding of the registry, with its sentences and what it stands for."""
    colon = ": " if language == "en" else "："
    lines: list[str] = []
    for rule in health_rules.ALL:
        severity = " / ".join(_w(level, language) for level in rule.severities)
        lines += [f"### {rule.code}", "", f"**{severity}**", ""]
        lines += [f"- {_w('finding', language)}{colon}{_shown(rule.code, language)}"]
        lines += [f"- {_w('remedy', language)}{colon}{_shown(f'{rule.code}.remedy', language)}"]
        if rule.accounts:
            lines += [f"- {_w('accounts', language)}{colon}{', '.join(f'`{c}`' for c in sorted(rule.accounts))}"]
        lines += [""]
    return "\n".join(lines)


# Writers

_TITLES: dict[str, str] = {
    "sveltos": "Sveltos",
    "karmada": "Karmada",
    "ocm": "Open Cluster Management",
    "argocd": "Argo CD",
    "flux": "Flux",
    "k3s": "k3s, RKE2 and their Helm controller",
    "rancher": "Rancher",
    "fleet": "Fleet",
    "openshift": "OpenShift",
    "gke": "Google Kubernetes Engine",
    "addon-manager": "Kubernetes add-on manager",
    "doks": "DigitalOcean Kubernetes",
    "helm": "Helm",
    "terraform": "Terraform, OpenTofu",
    "pulumi": "Pulumi",
    "rainbond": "Rainbond",
    "kubectl": "kubectl",
}


def writers(_: Language) -> str:
    def pattern(found: re.Pattern[str] | None) -> str:
        return "" if found is None else f"`{found.pattern}`"

    rows = ((f"`{w.key}`", _TITLES[w.key], pattern(w.keys), pattern(w.managers), pattern(w.hints)) for w in WRITERS)
    return _table(("key", "writer", "labels and annotations of its own", "field managers", "hints"), rows)


# Bundles and controllers


def bundles(language: Language) -> str:
    rows: list[tuple[str, ...]] = []
    for version in reversed(catalogue().versions):
        channels = [b for b in catalogue().bundles if b.version == version]
        first = channels[0]
        low, high = first.kubernetes.tested
        counts = " / ".join(str(len(b.crds)) for b in channels)
        policy = _w("yes" if any(b.policy for b in channels) else "no", language)
        rows.append(
            (version, first.released, first.kubernetes.floor, f"{low} – {high}" if low else "-", counts, policy)
        )
    columns = ("release", "date", "floor", "tested", "crds", "policy")
    return _table((_w(c, language) for c in columns), rows)


def controller_rows(language: Language) -> str:
    rows = (
        (
            f"{c.title} (`{c.name}`)",
            "<br>".join(f"`{n}`" for n in c.controller_names),
            ", ".join(c.verified) if c.renderable else "-",
            ", ".join(f"{minor} → {bundle}" for minor, bundle in c.tested.items()) or "-",
        )
        for c in controllers().values()
    )
    return _table((_w(k, language) for k in ("controller", "names", "installs", "pairs")), rows)


# Access


def access(_: Language) -> str:
    usual = access_rules()
    removal = [rule for rule in access_rules(allow_namespace_removal=True) if rule not in usual]
    rows = [
        (
            f"`{rule.group or 'core'}`",
            ", ".join(rule.resources),
            ", ".join(rule.verbs),
            ", ".join(rule.names) or "every",
            rule.namespace or "every",
            "with `--allow-namespace-removal`" if rule in removal else "always",
        )
        for rule in (*usual, *removal)
    ]
    return _table(("group", "resources", "verbs", "names", "namespace", "granted"), rows)


# The API


def routes(_: Language) -> str:
    rows: list[tuple[str, ...]] = []
    for route in api_routes():
        given: Any = route
        about = _prose(given.endpoint.__doc__)
        for method in sorted(given.methods):
            rows.append((f"`{method} {PREFIX}{given.path}`", f"`{permission_of(given)}`", about))
    return _table(("route", "permission", "about"), sorted(rows, key=lambda r: r[0].split()[1]))


BLOCKS: dict[str, Callable[[Language], str]] = {
    "errors": errors,
    "plan-stops": plan_stops,
    "reasons": reasons,
    "branches": branches,
    "exit-codes": exit_codes,
    "cli": cli,
    "settings": settings,
    "manifest-cluster": _fields_of("Cluster"),
    "manifest-team": _fields_of("Team"),
    "manifest-stack": _fields_of("Stack"),
    "manifest-binding": _fields_of("Binding"),
    "manifest-notification": _fields_of("Notification"),
    "preflight": rules,
    "health": health_findings,
    "writers": writers,
    "bundles": bundles,
    "controllers": controller_rows,
    "access": access,
    "routes": routes,
}


def main(arguments: list[str]) -> int:
    stale = [page for page in pages() if rendered(page) != page.read_text(encoding="utf-8")]
    for page in stale:
        if "--check" in arguments:
            print(f"out of date: {page.relative_to(ROOT)}")
        else:
            page.write_text(rendered(page), encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
