"""Use cases of tenants and their members: one function, one transaction, inside the tenant's scope."""

from __future__ import annotations

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from saas.kernel.clock import now
from saas.kernel.database import before_tenant, db, tenant_scope, transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from saas.tenants.actor import ROLE_WORDS, Actor
from saas.tenants.audit import note
from saas.tenants.models import Client, Member, Tenant
from saas.tenants.passwords import check_password, fits, hash_password
from saas.tenants.sessions import end_sessions
from saas.tenants.views import MemberView, actor_of

LOCALES = ("zh", "en")
CLIENT_ROLES = ("client_approver", "client_viewer")


def create_tenant(name: str, slug: str, demo: bool = False) -> int:
    """A new agency; its id. Conflict when the slug is taken. Called outside every scope."""
    with before_tenant(), transaction() as session:
        tenant_id = int(session.scalar(text("SELECT nextval(pg_get_serial_sequence('tenants', 'id'))")) or 0)
    with tenant_scope(tenant_id):
        try:
            with transaction() as session:
                session.add(Tenant(id=tenant_id, name=name, slug=slug, demo=demo))
                session.flush()
                note(None, "tenant_created", f"tenant:{tenant_id}", slug=slug)
        except IntegrityError as error:
            raise Conflict(
                "slug_taken",
                (f"“{slug}”不可用", f"the slug '{slug}' cannot be used"),
                ("换一个小写字母和数字的名称", "choose another of a-z, 0-9 and -"),
            ) from error
    return tenant_id


def check_newcomer(email: str, name: str, password: str, locale: str = "zh") -> None:
    """Whether somebody could become a member with these; nothing is asked of the database. Raises Invalid."""
    _check_identity(email, name, locale)
    check_password(password, email, name)


def create_member(
    actor: Actor | None, email: str, name: str, role: str, password: str, client_id: int | None = None, locale: str = "zh"
) -> MemberView:
    """A new member. ``actor`` is None only for the installation itself (seed, command line). Invalid, Conflict, Forbidden."""
    email = email.strip().lower()
    _may_give(actor, role)
    check_newcomer(email, name, password, locale)
    hashed = hash_password(password)
    try:
        with transaction() as session:
            _check_role(role, client_id)
            member = Member(email=email, name=name.strip(), role=role, client_id=client_id, password_hash=hashed, locale=locale)
            session.add(member)
            session.flush()
            note(actor, "member_created", f"member:{member.id}", email=email, role=role)
            return MemberView.of(member)
    except IntegrityError as error:
        raise Conflict(
            "email_taken",
            (f"{email} 已经是成员", f"{email} is a member already"),
            ("换一个邮箱，或启用原成员", "use another e-mail, or enable that member"),
        ) from error


def list_members(actor: Actor) -> list[MemberView]:
    """All members, by e-mail."""
    actor.need("manage_members")
    return [MemberView.of(member) for member in db.session.scalars(select(Member).order_by(Member.email).limit(1000))]


def change_role(actor: Actor, member_id: int, role: str, client_id: int | None = None) -> MemberView:
    """Give a member another role; at once, also for running sessions."""
    with transaction():
        member = _other(actor, member_id)
        _may_give(actor, role)
        _check_role(role, client_id)
        _keep_an_owner(member, role)
        before, member.role, member.client_id = member.role, role, client_id
        note(actor, "role_changed", f"member:{member.id}", before=before, after=role)
        return MemberView.of(member)


def disable_member(actor: Actor, member_id: int) -> MemberView:
    """Lock a member out: sessions end, tokens stop."""
    with transaction():
        member = _other(actor, member_id)
        _keep_an_owner(member, "")
        member.disabled_at = member.disabled_at or now()
        end_sessions(member.id)
        note(actor, "member_disabled", f"member:{member.id}")
        return MemberView.of(member)


def enable_member(actor: Actor, member_id: int) -> MemberView:
    """Let a disabled member in again."""
    with transaction():
        member = _other(actor, member_id)
        member.disabled_at = None
        note(actor, "member_enabled", f"member:{member.id}")
        return MemberView.of(member)


def change_member(
    actor: Actor,
    member_id: int,
    role: str | None = None,
    client_id: int | None = None,
    password: str | None = None,
    disabled: bool | None = None,
) -> MemberView:
    """Change what is given of another member, each as its own use case. NotFound, Forbidden, Invalid, Conflict."""
    view = read_member(actor, member_id)
    if role is not None:
        view = change_role(actor, member_id, role, client_id)
    if password is not None:
        set_password(actor, member_id, password)
    if disabled is not None:
        view = (disable_member if disabled else enable_member)(actor, member_id)
    return view


def read_member(actor: Actor, member_id: int) -> MemberView:
    """A member to manage. NotFound; Forbidden for oneself and for owners by others."""
    return MemberView.of(_other(actor, member_id))


def set_password(actor: Actor, member_id: int, password: str) -> None:
    """Set another member's password; all their sessions end."""
    with transaction():
        member = _other(actor, member_id)
        _change(member, password)
        note(actor, "password_set", f"member:{member.id}")


def change_own_password(actor: Actor, current: str, password: str, keep_session: str = "") -> None:
    """Change one's own password; every other session of one's own ends. Invalid."""
    with transaction() as session:
        member = session.get_one(Member, actor.member_id)
        if not fits(member.password_hash, current):
            raise Invalid("password_wrong", ("当前密码不对", "the current password is wrong"), field="current")
        _change(member, password, keep_session)
        note(actor, "password_changed", f"member:{member.id}")


def set_locale(actor: Actor, locale: str) -> None:
    """Choose one's own language."""
    _check_locale(locale)
    with transaction() as session:
        session.get_one(Member, actor.member_id).locale = locale


def member_by_email(email: str, via: str = "cli") -> Actor:
    """The member of the tenant in scope, as an actor (``approve … --as MEMBER``). NotFound."""
    member = db.session.scalar(select(Member).where(Member.email == email.strip().lower(), Member.disabled_at.is_(None)))
    if member is None:
        raise NotFound(("成员", "member"), email)
    return actor_of(member, via)


def _change(member: Member, password: str, keep_session: str = "") -> None:
    check_password(password, member.email, member.name)
    member.password_hash, member.password_changed_at = hash_password(password), now()
    end_sessions(member.id, keep_session)


def _other(actor: Actor, member_id: int) -> Member:
    """The member to manage: not oneself, and owners only by owners."""
    actor.need("manage_members")
    member = db.session.get(Member, member_id)
    if member is None:
        raise NotFound(("成员", "member"))
    if member.id == actor.member_id:
        raise Forbidden(("不能对自己进行此操作", "not on yourself"), ("请另一位管理员操作", "ask another admin"))
    _may_give(actor, member.role)
    return member


def _may_give(actor: Actor | None, role: str) -> None:
    if actor is None:
        return
    actor.need("manage_members")
    if role == "owner" and actor.role != "owner":
        raise Forbidden(("只有所有者能管理所有者", "only an owner manages owners"), ("请联系所有者", "ask an owner"))


def _check_role(role: str, client_id: int | None) -> None:
    if role not in ROLE_WORDS:
        raise Invalid(
            "role",
            (f"没有“{role}”这个角色", f"there is no role '{role}'"),
            ("可选：" + "、".join(ROLE_WORDS), "one of " + ", ".join(ROLE_WORDS)),
            "role",
        )
    if (role in CLIENT_ROLES) != (client_id is not None):
        raise Invalid(
            "client_id", ("客户角色要指定客户，其他角色不能", "client roles need a client, others have none"), field="client_id"
        )
    if client_id is not None and db.session.get(Client, client_id) is None:
        raise Invalid("client_id", ("没有这个客户", "there is no such client"), field="client_id")


def _keep_an_owner(member: Member, role: str) -> None:
    if member.role != "owner" or role == "owner":
        return
    active = select(Member.id).where(Member.role == "owner", Member.disabled_at.is_(None)).with_for_update()
    if set(db.session.scalars(active)) <= {member.id}:
        raise Conflict(
            "last_owner",
            ("至少要留一位所有者", "at least one owner must stay"),
            ("先指定另一位所有者", "make someone else an owner first"),
        )


def _check_identity(email: str, name: str, locale: str) -> None:
    local, at, domain = email.partition("@")
    if not (local and at and domain) or len(email) > 254 or any(c.isspace() for c in email):
        raise Invalid(
            "email", ("邮箱格式不对", "this is no e-mail address"), ("例如 lin@example.com", "such as lin@example.com"), "email"
        )
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid("name", ("姓名要有 1–100 个字符", "a name has 1–100 characters"), field="name")
    _check_locale(locale)


def _check_locale(locale: str) -> None:
    if locale not in LOCALES:
        raise Invalid("locale", ("语言只能是 zh 或 en", "the language is zh or en"), field="locale")


def count_members() -> int:
    """How many members the tenant in scope has."""
    return db.session.scalar(select(func.count()).select_from(Member)) or 0
