"""The whole platform: every endpoint, and how it comes back after a restart."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from qunfa_wecom.simulator import group_messages, moments
from qunfa_wecom.simulator.appchats import AppChats
from qunfa_wecom.simulator.approvals import Approvals
from qunfa_wecom.simulator.behaviour import Behaviour
from qunfa_wecom.simulator.chats import Chats
from qunfa_wecom.simulator.consent import Consent
from qunfa_wecom.simulator.contacts import Contacts
from qunfa_wecom.simulator.gate import Endpoint, Gate
from qunfa_wecom.simulator.group_messages import GroupMessages
from qunfa_wecom.simulator.journal import Journal
from qunfa_wecom.simulator.made_chats import MadeChats
from qunfa_wecom.simulator.mediatheque import Mediatheque
from qunfa_wecom.simulator.messages import Messages
from qunfa_wecom.simulator.moments import Moments
from qunfa_wecom.simulator.pushes import Pushes
from qunfa_wecom.simulator.robots import Robots
from qunfa_wecom.simulator.suite_api import SuiteApi
from qunfa_wecom.simulator.suites import Suites
from saas.channels.simulator import Stage

ROOT = "/cgi-bin/"


class World:
    """The parts of the platform, on one stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.gate = Gate(stage)
        self.suites = Suites(stage, self.gate)
        self._journal = Journal(stage.data / "tasks.jsonl")
        self._media = Mediatheque(stage, self._journal)
        self._messages = Messages(stage, self._media)
        self._group = GroupMessages(stage, self.gate, self._journal, self._media)
        self._moments = Moments(stage, self.gate, self._journal, self._media)
        self._approvals = Approvals(stage, self.gate, self._journal)
        self._restore()

    def routes(self) -> list[web.AbstractRouteDef]:
        """Every endpoint."""
        robots, pushes = Robots(self.stage), Pushes(self.stage, self.gate, self.suites.tell_of)
        open_to_all = [
            web.get(ROOT + "gettoken", self.gate.gettoken),
            web.post(ROOT + "webhook/send", robots.send),
            web.post(ROOT + "webhook/upload_media", robots.upload),
            web.post("/people/{corp}", pushes.change),
            web.post("/people/{corp}/say", pushes.say),
            *SuiteApi(self.suites, self.gate).routes(),
            *Consent(self.suites).routes(),
        ]
        parts = [self._media_routes(), self._message_routes(), self._contact_routes(), self._moment_routes()]
        return [*open_to_all, *(route for part in parts for route in part), *self._approval_routes()]

    def _media_routes(self) -> list[web.AbstractRouteDef]:
        return [
            self._post("media/upload", self._media.upload),
            self._post("media/uploadimg", self._media.uploadimg),
            self._post("media/upload_attachment", self._media.upload_attachment),
        ]

    def _message_routes(self) -> list[web.AbstractRouteDef]:
        contacts, chats = Contacts(self.stage), AppChats(self.stage, self._messages)
        making = MadeChats(self.stage)
        return [
            self._post("appchat/create", making.create, "message"),
            self._post("appchat/update", making.update, "message"),
            self._get("appchat/get", chats.get, "message"),
            self._post("appchat/send", chats.send, "message"),
            self._post("message/send", self._messages.send, "message"),
            self._post("message/recall", self._messages.recall, "message"),
            self._get("user/simplelist", contacts.simple_list),
            self._get("agent/get", contacts.agent),
            self._get("tag/list", contacts.tags),
            self._get("tag/get", contacts.tag),
        ]

    def _contact_routes(self) -> list[web.AbstractRouteDef]:
        contacts, group, chats = Contacts(self.stage), self._group, Chats(self.stage)
        return [
            self._get("externalcontact/get_follow_user_list", contacts.follow_users, "contact"),
            self._get("externalcontact/list", contacts.customers, "contact"),
            self._post("externalcontact/batch/get_by_user", contacts.by_user, "contact"),
            self._post("externalcontact/get_user_behavior_data", Behaviour(self.stage).days, "contact"),
            self._post("externalcontact/get_corp_tag_list", contacts.corp_tags, "contact"),
            self._post("externalcontact/groupchat/list", chats.listing, "contact"),
            self._post("externalcontact/groupchat/get", chats.get, "contact"),
            self._post("externalcontact/groupchat/statistic_group_by_day", chats.by_day, "contact"),
            self._post("externalcontact/add_msg_template", group.create, "contact"),
            self._post("externalcontact/get_groupmsg_list_v2", group.listing, "contact"),
            self._post("externalcontact/get_groupmsg_task", group.tasks, "contact"),
            self._post("externalcontact/get_groupmsg_send_result", group.results, "contact"),
            self._post("externalcontact/remind_groupmsg_send", group.remind, "contact"),
            self._post("externalcontact/cancel_groupmsg_send", group.cancel, "contact"),
        ]

    def _moment_routes(self) -> list[web.AbstractRouteDef]:
        parts = self._moments
        return [
            self._post("externalcontact/add_moment_task", parts.create, "contact"),
            self._get("externalcontact/get_moment_task_result", parts.job, "contact"),
            self._post("externalcontact/get_moment_list", parts.listing, "contact"),
            self._post("externalcontact/get_moment_task", parts.tasks, "contact"),
            self._post("externalcontact/get_moment_customer_list", parts.customers, "contact"),
            self._post("externalcontact/get_moment_send_result", parts.results, "contact"),
            self._post("externalcontact/cancel_moment_task", parts.cancel, "contact"),
        ]

    def _approval_routes(self) -> list[web.AbstractRouteDef]:
        parts = self._approvals
        return [
            web.get("/people/{corp}/approvals", parts.page),
            web.post("/people/{corp}/approvals/{number}", parts.decide),
            self._post("oa/gettemplatedetail", parts.template),
            self._post("oa/applyevent", parts.apply),
            self._post("oa/getapprovalinfo", parts.listing),
            self._post("oa/getapprovaldetail", parts.detail),
        ]

    def _post(self, path: str, endpoint: Endpoint, right: str = "") -> web.RouteDef:
        return web.post(ROOT + path, self.gate.guarded(endpoint, right))

    def _get(self, path: str, endpoint: Endpoint, right: str = "") -> web.RouteDef:
        return web.get(ROOT + path, self.gate.guarded(endpoint, right))

    def _restore(self) -> None:
        """What was created comes from the journal, what people saw from the log of effects, in its order."""
        for line in self._journal.lines():
            self._media.replay(line)
            self._group.replay(line)
            self._moments.replay(line)
            self._approvals.replay(line)
        corps = {record["key"]: id for id, record in self.stage.accounts.items()}
        for effect in self.stage.effects:
            at = datetime.fromisoformat(effect.at).timestamp()
            corp = self.gate.corp(corps.get(effect.account, ""))
            if effect.kind in group_messages.EFFECTS.values():
                self._group.replay_press(effect.platform_id, effect.detail["member"], at)
            elif effect.kind == moments.EFFECT:
                self._moments.replay_publish(effect.platform_id, effect.detail["member"], at)
            elif corp:
                self._messages.replay(corp, effect)
        self._group.resume()
        self._moments.resume()
