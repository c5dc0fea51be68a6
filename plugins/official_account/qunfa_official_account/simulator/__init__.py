"""The rehearsal server of the channel: tokens, drafts, mass sends, templates, followers, statistics and pushes.

What an account's record may hold to play a case (``PATCH /_control/accounts/{app id}``) is listed in the README.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from qunfa_official_account.simulator import catalogue
from qunfa_official_account.simulator.component import Components
from qunfa_official_account.simulator.cube import Cube
from qunfa_official_account.simulator.drafts import Drafts
from qunfa_official_account.simulator.errmsg import worded
from qunfa_official_account.simulator.followers import Users
from qunfa_official_account.simulator.jobs import Jobs
from qunfa_official_account.simulator.mass import Mass
from qunfa_official_account.simulator.media import Hosted
from qunfa_official_account.simulator.notice import Notices
from qunfa_official_account.simulator.office import Office
from qunfa_official_account.simulator.own_days import OwnDays
from qunfa_official_account.simulator.owners import LOGIN, Owners
from qunfa_official_account.simulator.people import People
from qunfa_official_account.simulator.publishing import Publishing
from qunfa_official_account.simulator.retired import Retired
from qunfa_official_account.simulator.speed import Speed
from qunfa_official_account.simulator.template import Templates
from qunfa_official_account.simulator.tokens import Tokens
from qunfa_official_account.simulator.world import World, answer
from saas.channels.simulator import Enrolled, Enrolment, Simulator, Stage

TAGS = [{"id": 100, "name": "常客", "every": 5, "members": []}, {"id": 101, "name": "近一月新关注", "every": 20, "members": []}]
KNOBS = frozenset({
    "admin", "admin_delay", "admin_seconds", "blocked", "clears", "comment_right", "console_sends", "daily_limits", "errors",
    "figures", "finish_delay", "leavers", "materials", "notice_status", "publish_verdict", "push_format", "push_mode",
    "removed_media", "repeat_pause", "reprints", "speed", "statistics", "subscribed", "subscribers", "tags", "template_delay",
    "template_push", "templates", "text_limit", "title_limit", "token_seconds", "verdict", "verdict_delay",
})  # fmt: skip
SERVICE = ("service",)


class OfficialAccountSimulator(Simulator):
    """One platform with as many accounts as are enrolled."""

    name = "official_account"
    knobs = KNOBS

    def __init__(self) -> None:
        self._tokens = Tokens()

    def routes(self, stage: Stage) -> Sequence[web.AbstractRouteDef]:
        """Every endpoint. Jobs and keys are read back from the log of effects."""
        world = World(stage, self._tokens)
        drafts, jobs = Drafts(stage.data / "drafts"), Jobs(world)
        self._components = Components(world)
        return [
            *_offices(world),
            *self._components.routes(),
            *Owners(world, self._components).routes(),
            *_contents(world, drafts, Hosted(stage.data / "pictures")),
            *_sends(world, drafts, jobs),
            *_publications(world, Publishing(world, drafts)),
            *_people(world),
            *People(world).routes(),
            *_statistics(world, Cube(world, jobs)),
        ]

    def enrol(self, enrolment: Enrolment, address: str) -> Enrolled:
        """Credentials made from the account's key, the same every time."""
        app_id = "wx" + _digest(enrolment.key, "app")[:16]
        secrets = {"app_secret": _digest(enrolment.key, "secret")[:32], "callback_token": _digest(enrolment.key, "token")[:24]}
        key = base64.b64encode(hashlib.sha256(f"aes:{enrolment.key}".encode()).digest()).decode()[:43]
        gh_id = "gh_" + _digest(enrolment.key, "gh")[:12]
        shown = {"kind": enrolment.kind, "name": enrolment.name, "audience_size": enrolment.audience_size, "gh_id": gh_id}
        record = {**shown, **secrets, "aes_key": key, "verified": True, "ip_allowed": True, "tags": TAGS, "unfollowed": []}
        settings = {"base_url": address, "simulated": True, "verified": True, "gh_id": gh_id}
        return Enrolled(app_id, {"app_id": app_id, **secrets, "aes_key": key}, settings, record)

    def enrol_portal(self, stage: Stage, name: str, path: str) -> Mapping[str, Any]:
        """A third-party platform, and two accounts whose owners have not scanned anything yet."""
        credentials = self._components.enrol(name, path)
        for kind, called in (("subscription", "示例新客户订阅号"), ("service", "示例新客户服务号")):
            made = self.enrol(Enrolment(f"{name} {kind}", kind, called, 1200, ""), stage.address)
            if made.id not in stage.accounts:
                stage.keep(made.id, {**made.record, "key": made.id, "callback_path": ""})
        own = {"api_url": stage.address, "page_url": stage.address + LOGIN, "simulated": True}
        return {"credentials": credentials, "settings": own}

    def error(self, code: str) -> web.Response:
        """Any error as the platform words it."""
        return answer({"errcode": int(code), "errmsg": worded(int(code))})

    def account_of(self, request: web.Request) -> str:
        """By token; the token endpoints by app id, where it stands in the query."""
        return self._tokens.owner(request.query.get("access_token", "")) or request.query.get("appid", "")

    def drop_tokens(self, stage: Stage, account: str) -> None:
        """As if somebody else had fetched a new one."""
        self._tokens.drop(account)


def _offices(world: World) -> list[web.RouteDef]:
    office = Office(world)
    return [
        web.get("/cgi-bin/token", office.token),
        web.post("/cgi-bin/stable_token", office.stable_token),
        web.post("/_rehearse/{app_id}/push", office.rehearse),
        world.get("/cgi-bin/getcallbackip", office.addresses),
        world.get("/cgi-bin/get_api_domain_ip", office.addresses),
        world.post("/cgi-bin/openapi/quota/get", office.quota),
        world.post("/cgi-bin/clear_quota", office.clear),
    ]


def _contents(world: World, drafts: Drafts, hosted: Hosted) -> list[web.RouteDef]:
    return [
        world.upload("/cgi-bin/media/uploadimg", hosted.body_picture),
        world.upload("/cgi-bin/material/add_material", hosted.material),
        web.get("/{form:mmbiz_[a-z]+}/{name:[0-9a-f]+}/0", hosted.serve),
        world.post("/cgi-bin/draft/batchget", drafts.batch),
        world.post("/cgi-bin/draft/add", drafts.add),
        world.post("/cgi-bin/draft/get", drafts.get),
        world.post("/cgi-bin/draft/delete", drafts.delete),
        world.get("/cgi-bin/draft/count", drafts.count),
    ]


def _sends(world: World, drafts: Drafts, jobs: Jobs) -> list[web.RouteDef]:
    mass, speed, root = Mass(world, drafts, jobs), Speed(world), "/cgi-bin/message/mass/"
    return [
        world.post(root + "sendall", mass.to_all, verified=True),
        world.post(root + "send", mass.to_list, verified=True, kinds=SERVICE),
        world.post(root + "preview", mass.preview, verified=True),
        world.post(root + "get", mass.status, verified=True),
        world.post(root + "delete", mass.take_down, verified=True),
        world.post(root + "speed/get", speed.get, verified=True),
        world.post(root + "speed/set", speed.set, verified=True),
        world.get("/cgi-bin/material/get_materialcount", speed.materials),
        world.post("/cgi-bin/message/template/send", Templates(world).send, verified=True, kinds=SERVICE),
        world.get("/cgi-bin/template/get_all_private_template", catalogue.messages, verified=True, kinds=SERVICE),
        world.post("/cgi-bin/message/subscribe/bizsend", Notices(world).send, verified=True),
        world.get("/wxaapi/newtmpl/gettemplate", catalogue.notices, verified=True),
    ]


def _publications(world: World, publishing: Publishing) -> list[web.RouteDef]:
    actions = {
        "submit": publishing.submit,
        "get": publishing.get,
        "delete": publishing.delete,
        "getarticle": publishing.article,
        "batchget": publishing.batch,
    }
    return [world.post(f"/cgi-bin/freepublish/{name}", action, verified=True) for name, action in actions.items()]


def _people(world: World) -> list[web.RouteDef]:
    users = Users(world)
    return [
        world.get("/cgi-bin/user/get", users.get, verified=True),
        world.get("/cgi-bin/user/info", users.info, verified=True),
        world.get("/cgi-bin/tags/get", users.tags, verified=True),
        world.post("/cgi-bin/tags/create", users.create, verified=True),
        world.post("/cgi-bin/user/tag/get", users.tagged, verified=True),
        world.post("/cgi-bin/tags/members/batchtagging", users.batch, verified=True),
    ]


def _statistics(world: World, cube: Cube) -> list[web.RouteDef]:
    return [
        world.post("/datacube/getarticleread", cube.read, verified=True),
        world.post("/datacube/getarticleshare", cube.share, verified=True),
        world.post("/datacube/getarticletotaldetail", cube.total, verified=True),
        world.post("/datacube/getarticletotal", Retired(cube).total, verified=True),
        world.post("/datacube/getarticlesummary", Retired(cube).summary, verified=True),
        world.post("/datacube/getusersummary", OwnDays(world).users, verified=True),
        world.post("/datacube/getusercumulate", OwnDays(world).totals, verified=True),
        world.post("/datacube/getupstreammsg", OwnDays(world).messages, verified=True),
    ]


def _digest(key: str, what: str) -> str:
    return hashlib.sha256(f"{what}:{key}".encode()).hexdigest()
