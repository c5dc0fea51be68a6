-- Review, kept by the database: whoever writes a word here, in whatever way, it is the right person's, of the stage whose turn
-- it is, and of exactly what stands in the plan.

-- Whether the member wrote the campaign, or any version of it.
CREATE OR REPLACE FUNCTION is_author(c campaigns, p_member bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT c.author_id = p_member OR EXISTS (SELECT 1 FROM campaigns v WHERE v.author_id = p_member AND v.id = c.root_id)
    OR EXISTS (SELECT 1 FROM campaigns v WHERE v.author_id = p_member AND v.root_id = coalesce(c.root_id, c.id))
$$;

-- What a word signs, hashed from the rows themselves: the digest, when it goes, and what each account says to how many.
CREATE OR REPLACE FUNCTION plan_seal(c campaigns) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(concat_ws('|', c.digest, c.name, c.author_id, md5(c.draft::text), extract(epoch FROM c.max_lateness),
    CASE WHEN c.draft -> 'schedule' ->> 'form' = 'now' THEN 'now' ELSE extract(epoch FROM c.due_at)::text END,
    (SELECT string_agg(concat_ws(',', d.id, d.account_id, d.route, d.unit, d.intended, md5(d.message::text)), ';' ORDER BY d.id)
     FROM dispatches d WHERE d.campaign_id = c.id)), 'UTF8')), 'hex')
$$;

CREATE OR REPLACE FUNCTION clients_of(p_campaign bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(DISTINCT a.client_id), '{}') FROM dispatches d JOIN accounts a ON a.id = d.account_id WHERE d.campaign_id = p_campaign
$$;

-- The flow that held for a client at a time: its own, else the agency's, else one review. id null: nobody had written one.
CREATE OR REPLACE FUNCTION flow_of(p_client bigint, p_at timestamptz) RETURNS review_flows LANGUAGE sql STABLE AS $$
  SELECT * FROM (
    (SELECT f.* FROM review_flows f WHERE f.tenant_id = tenant() AND f.client_id = p_client AND f.at <= p_at ORDER BY f.id DESC LIMIT 1)
    UNION ALL
    (SELECT f.* FROM review_flows f WHERE f.tenant_id = tenant() AND f.client_id IS NULL AND f.at <= p_at ORDER BY f.id DESC LIMIT 1)
    UNION ALL
    (SELECT NULL::bigint, tenant(), NULL::bigint, '[{"kind": "review", "roles": ["owner", "admin", "reviewer"], "members": [], "hours": 24, "remind": []}]'::jsonb,
       true, false, NULL::bigint, now())) f
  WHERE jsonb_array_length(f.stages) > 0 ORDER BY f.client_id IS NULL, f.id IS NULL LIMIT 1
$$;

-- The flow a campaign begins under: the strictest of its clients' flows. A stage is there when any of them has it, and whoever
-- signs it fits all who have it; each client that approves has a stage of its own. Frozen once, by this function alone; a new
-- version goes by what held when the first began.
CREATE OR REPLACE FUNCTION freeze_flow(p_campaign bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_clients bigint[]; v_began timestamptz;
BEGIN
  PERFORM 1 FROM campaigns c WHERE c.id = p_campaign AND c.tenant_id = tenant();
  IF NOT FOUND OR EXISTS (SELECT 1 FROM campaign_flows f WHERE f.campaign_id = p_campaign) THEN RETURN; END IF;
  v_clients := clients_of(p_campaign);
  SELECT coalesce((SELECT f.frozen_at FROM campaigns c JOIN campaign_flows f ON f.campaign_id = c.root_id WHERE c.id = p_campaign), clock_timestamp()) INTO v_began;
  INSERT INTO campaign_flows (campaign_id, clients, flows, distinct_people, reasons)
  SELECT p_campaign, v_clients, coalesce(array_agg(DISTINCT f.id) FILTER (WHERE f.id IS NOT NULL), '{}'), bool_or(f.distinct_people), bool_or(f.reasons)
  FROM unnest(CASE WHEN v_clients = '{}' THEN ARRAY[NULL::bigint] ELSE v_clients END) k, LATERAL flow_of(k, v_began) f;
  INSERT INTO campaign_stages (campaign_id, stage, place, kind, client_id, who, hours, remind)
  SELECT p_campaign, row_number() OVER (ORDER BY x.place, x.client), x.place, x.kind, x.client, x.who, x.hours, x.remind
  FROM (
    SELECT o.place, o.kind, CASE WHEN o.kind = 'client' THEN k END AS client,
      jsonb_agg(DISTINCT jsonb_build_object('roles', coalesce(s -> 'roles', '[]'), 'members', coalesce(s -> 'members', '[]'))) AS who,
      min((s ->> 'hours')::int) AS hours,
      (SELECT coalesce(array_agg(DISTINCT r::int ORDER BY r::int), '{}') FROM jsonb_array_elements_text(jsonb_agg(s -> 'remind') -> 0) r) AS remind
    FROM unnest(CASE WHEN v_clients = '{}' THEN ARRAY[NULL::bigint] ELSE v_clients END) k, LATERAL flow_of(k, v_began) f,
      LATERAL jsonb_array_elements(f.stages) s
      JOIN unnest(ARRAY['review', 'first', 'second', 'final', 'client']) WITH ORDINALITY o(kind, place) ON o.kind = s ->> 'kind'
    WHERE o.kind <> 'client' OR k IS NOT NULL
    GROUP BY o.place, o.kind, CASE WHEN o.kind = 'client' THEN k END) x;
END $$;
ALTER FUNCTION freeze_flow(bigint) OWNER TO qunfa_system;
REVOKE ALL ON FUNCTION freeze_flow(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION freeze_flow(bigint) TO qunfa_app;

-- Whether the member has the right of the stage at all: as somebody's substitute too.
CREATE OR REPLACE FUNCTION has_right(s campaign_stages, p_member bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM members m WHERE m.id = p_member AND m.tenant_id = s.tenant_id AND m.disabled_at IS NULL AND
    CASE WHEN s.kind = 'client' THEN m.role = 'client_approver' AND m.client_id = s.client_id ELSE m.role IN ('owner', 'admin', 'reviewer') END)
$$;

-- Whether the flow lets the member sign the stage: by role or by name, for each flow that has the stage.
CREATE OR REPLACE FUNCTION may_sign(s campaign_stages, p_member bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT has_right(s, p_member) AND (s.kind = 'client' OR NOT EXISTS (
    SELECT 1 FROM members m, jsonb_array_elements(s.who) w
    WHERE m.id = p_member AND NOT (w -> 'roles' ? m.role OR w -> 'members' @> to_jsonb(m.id))))
$$;

CREATE OR REPLACE FUNCTION stands_in(s campaign_stages, p_substitute bigint, p_member bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT has_right(s, p_substitute) AND may_sign(s, p_member) AND EXISTS (
    SELECT 1 FROM review_delegations g WHERE g.member_id = p_member AND g.substitute_id = p_substitute
      AND g.ended_at IS NULL AND clock_timestamp() BETWEEN g.from_at AND g.until_at)
$$;

-- The stages of a campaign; before a flow is frozen (a campaign older than flows) one review.
CREATE OR REPLACE FUNCTION all_stages(c campaigns) RETURNS SETOF campaign_stages LANGUAGE sql STABLE AS $$
  SELECT s.* FROM campaign_stages s WHERE s.campaign_id = c.id
  UNION ALL
  SELECT c.tenant_id, c.id, 1, 1, 'review', NULL::bigint, '[{"roles": ["owner", "admin", "reviewer"], "members": []}]'::jsonb, 24, '{}'::int[]
  WHERE NOT EXISTS (SELECT 1 FROM campaign_flows f WHERE f.campaign_id = c.id)
$$;

-- The stages whose turn it is: the lowest place that lacks a word.
CREATE OR REPLACE FUNCTION open_stages(c campaigns) RETURNS SETOF campaign_stages LANGUAGE sql STABLE AS $$
  WITH missing AS (SELECT s.* FROM all_stages(c) s WHERE NOT EXISTS (
    SELECT 1 FROM approvals a WHERE a.campaign_id = c.id AND a.digest = c.digest AND a.decision = 'approved' AND a.stage = s.stage))
  SELECT m.* FROM missing m WHERE m.place = (SELECT min(place) FROM missing) ORDER BY m.stage
$$;

-- Since when an open stage is open.
CREATE OR REPLACE FUNCTION open_since(c campaigns, s campaign_stages) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce(max(a.at), c.created_at) FROM approvals a JOIN campaign_stages b ON b.campaign_id = a.campaign_id AND b.stage = a.stage
  WHERE a.campaign_id = c.id AND a.digest = c.digest AND a.decision = 'approved' AND b.place < s.place
$$;

-- Record the reminders that flows ask for and that are due; of several slept through only the last. The scheduler asks.
CREATE OR REPLACE FUNCTION remind_reviewers() RETURNS bigint LANGUAGE sql AS $$
  WITH due AS (
    SELECT c.id, o.stage, o.kind, (SELECT count(*)::int FROM unnest(o.remind) h WHERE open_since(c, o) + h * interval '1 hour' <= clock_timestamp()) AS number
    FROM campaigns c CROSS JOIN LATERAL open_stages(c) o WHERE c.tenant_id = tenant() AND c.state = 'awaiting_approval' AND o.remind <> '{}'),
  written AS (
    INSERT INTO review_reminders (campaign_id, stage, number)
    SELECT d.id, d.stage, d.number FROM due d
    WHERE d.number > (SELECT coalesce(max(r.number), 0) FROM review_reminders r WHERE r.campaign_id = d.id AND r.stage = d.stage)
    ON CONFLICT DO NOTHING RETURNING campaign_id, stage, number),
  told AS (
    INSERT INTO audit_log (actor, action, subject, detail)
    SELECT 'system', 'review.remind', campaign_id::text, jsonb_build_object('stage', stage, 'number', number) FROM written RETURNING 1)
  SELECT count(*) FROM told
$$;

-- Warnings nobody has let pass. All checks of this digest count: a later one hides nothing.
CREATE OR REPLACE FUNCTION open_warnings(c campaigns) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(DISTINCT md5(f::text)) FROM checks k, jsonb_array_elements(k.findings) f
  WHERE k.campaign_id = c.id AND k.digest = c.digest AND f ->> 'severity' = 'warn'
    AND NOT EXISTS (SELECT 1 FROM finding_overrides o WHERE o.campaign_id = c.id AND o.digest = c.digest AND o.finding = md5(f::text))
$$;

CREATE OR REPLACE FUNCTION guard_word() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE c campaigns; s campaign_stages; l review_links; v_secret text := NEW.link_secret;
BEGIN
  NEW.link_secret := NULL;
  SELECT * INTO c FROM campaigns k WHERE k.id = NEW.campaign_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN NEW; END IF;  -- the foreign key says it
  IF c.state <> 'awaiting_approval' THEN RAISE EXCEPTION 'this campaign is not waiting for a word' USING ERRCODE = 'check_violation'; END IF;
  IF NEW.digest <> c.digest THEN RAISE EXCEPTION 'a word counts only for what the campaign says now' USING ERRCODE = 'check_violation'; END IF;
  IF NEW.member_id IS NOT NULL AND (is_author(c, NEW.member_id) OR is_author(c, NEW.on_behalf_of)) THEN
    RAISE EXCEPTION 'the author never signs: a second person does' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM freeze_flow(c.id);
  IF NEW.link_id IS NOT NULL THEN
    SELECT * INTO l FROM review_links k WHERE k.id = NEW.link_id FOR UPDATE;
    IF NOT FOUND OR l.campaign_id <> c.id OR l.digest <> c.digest OR l.used_at IS NOT NULL OR l.revoked_at IS NOT NULL OR l.expires_at <= clock_timestamp()
       OR l.hash IS DISTINCT FROM encode(sha256(convert_to(coalesce(v_secret, ''), 'UTF8')), 'hex') THEN
      RAISE EXCEPTION 'this link decides nothing' USING ERRCODE = 'check_violation';
    END IF;
    NEW.person := l.person;
    UPDATE review_links SET used_at = clock_timestamp() WHERE id = l.id;
  END IF;
  SELECT o.* INTO s FROM open_stages(c) o
  WHERE (NEW.stage = 0 OR o.stage = NEW.stage) AND CASE WHEN NEW.link_id IS NOT NULL THEN o.kind = 'client' AND o.stage = l.stage
    WHEN NEW.on_behalf_of IS NOT NULL THEN stands_in(o, NEW.member_id, NEW.on_behalf_of) ELSE may_sign(o, NEW.member_id) END
  ORDER BY o.stage LIMIT 1;
  IF NOT FOUND THEN RAISE EXCEPTION 'a second person with the right to sign the stage whose turn it is must say this' USING ERRCODE = 'check_violation'; END IF;
  NEW.stage := s.stage;
  NEW.kind := s.kind;
  NEW.seal := plan_seal(c);
  NEW.at := clock_timestamp();
  NEW.overrides := (SELECT coalesce(array_agg(o.id ORDER BY o.id), '{}') FROM finding_overrides o WHERE o.campaign_id = c.id AND o.digest = c.digest);
  IF NEW.decision = 'approved' THEN PERFORM check_approving(c, s, NEW.member_id, NEW.on_behalf_of); END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER right_word BEFORE INSERT ON approvals FOR EACH ROW EXECUTE FUNCTION guard_word();

-- What holds for a yes beyond who says it: nobody signs twice, and no warning is passed over in silence.
CREATE OR REPLACE FUNCTION check_approving(c campaigns, s campaign_stages, p_member bigint, p_for bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE f campaign_flows;
BEGIN
  SELECT * INTO f FROM campaign_flows k WHERE k.campaign_id = c.id;
  IF f.distinct_people AND EXISTS (SELECT 1 FROM approvals a WHERE a.campaign_id = c.id AND a.digest = c.digest AND a.decision = 'approved'
       AND (a.member_id IN (p_member, p_for) OR a.on_behalf_of IN (p_member, p_for))) THEN
    RAISE EXCEPTION 'one person does not sign two stages' USING ERRCODE = 'check_violation';
  END IF;
  IF f.reasons AND s.kind <> 'client' AND open_warnings(c) > 0
     AND NOT EXISTS (SELECT 1 FROM campaign_stages n WHERE n.campaign_id = c.id AND n.place > s.place AND n.kind <> 'client') THEN
    RAISE EXCEPTION 'warnings stand that nobody has let pass with a reason' USING ERRCODE = 'check_violation';
  END IF;
END $$;

-- Whether each stage has its word, of exactly this, by one who still has the right to say it. No frozen flow: a campaign of a
-- time before there were stages, whose word was one.
CREATE OR REPLACE FUNCTION is_signed(c campaigns) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN EXISTS (SELECT 1 FROM campaign_flows f WHERE f.campaign_id = c.id) THEN NOT EXISTS (
    SELECT 1 FROM campaign_stages s WHERE s.campaign_id = c.id AND NOT EXISTS (
      SELECT 1 FROM approvals a WHERE a.campaign_id = c.id AND a.digest = c.approved_digest AND a.decision = 'approved' AND a.stage = s.stage
        AND (a.link_id IS NOT NULL OR (NOT is_author(c, a.member_id) AND
             CASE WHEN a.on_behalf_of IS NULL THEN may_sign(s, a.member_id) ELSE has_right(s, a.member_id) END))))
  ELSE EXISTS (
    SELECT 1 FROM approvals a JOIN members m ON m.tenant_id = a.tenant_id AND m.id = a.member_id
    WHERE a.tenant_id = c.tenant_id AND a.campaign_id = c.id AND a.digest = c.approved_digest AND a.decision = 'approved'
      AND a.member_id <> c.author_id AND m.role IN ('owner', 'admin', 'reviewer') AND m.disabled_at IS NULL) END
$$;

-- The two-person rule: whatever the application believes, a campaign is approved and let go only when every stage has its word for
-- exactly what it now says; and what was approved can only change by losing it.
CREATE OR REPLACE FUNCTION guard_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.digest IS DISTINCT FROM OLD.digest THEN
    IF OLD.state = 'released' THEN RAISE EXCEPTION 'a released campaign cannot change' USING ERRCODE = 'check_violation'; END IF;
    NEW.approved_digest := NULL;
    NEW.state := 'awaiting_approval';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.author_id IS DISTINCT FROM OLD.author_id THEN
    RAISE EXCEPTION 'the author of a campaign cannot change' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.state = 'cancelled' AND NEW.state <> 'cancelled' THEN
    RAISE EXCEPTION 'a cancelled campaign stays cancelled' USING ERRCODE = 'check_violation';
  END IF;
  -- Stopping must always be possible, whatever has become of the reviewers since.
  IF NEW.state = 'cancelled' OR (TG_OP = 'UPDATE' AND OLD.state = 'released' AND NEW.state = 'released' AND NEW.approved_digest = OLD.approved_digest) THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.state = 'awaiting_approval' AND OLD.state = 'rejected' AND NEW.digest = OLD.digest THEN
    RAISE EXCEPTION 'what was sent back is not signed as it was' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.approved_digest IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' OR NOT is_signed(NEW) THEN
    RAISE EXCEPTION 'a campaign is approved only by a second person at every stage, for exactly this digest' USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM approvals a WHERE a.campaign_id = NEW.id AND a.digest = NEW.approved_digest AND a.decision = 'approved'
               AND a.seal <> '' AND a.seal <> plan_seal(NEW)) THEN
    RAISE EXCEPTION 'the plan is not the one that was signed' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.approved_digest IS DISTINCT FROM NEW.approved_digest
     AND EXISTS (SELECT 1 FROM campaign_flows f WHERE f.campaign_id = NEW.id AND NOT f.clients @> clients_of(NEW.id)) THEN
    RAISE EXCEPTION 'the plan reaches a client whose flow was not followed' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- A link is for a client, made by somebody who has not written the campaign, and used once.
CREATE OR REPLACE FUNCTION guard_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE c campaigns;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at) OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at) THEN
      RAISE EXCEPTION 'a link that is used or revoked stays so' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO c FROM campaigns k WHERE k.id = NEW.campaign_id;
  IF NEW.digest IS DISTINCT FROM c.digest OR c.state <> 'awaiting_approval' THEN
    RAISE EXCEPTION 'a link is made for what the campaign says now' USING ERRCODE = 'check_violation';
  END IF;
  IF is_author(c, NEW.made_by) THEN RAISE EXCEPTION 'the author does not hand out the client''s link' USING ERRCODE = 'check_violation'; END IF;
  IF NOT EXISTS (SELECT 1 FROM campaign_stages s WHERE s.campaign_id = c.id AND s.stage = NEW.stage AND s.kind = 'client') THEN
    RAISE EXCEPTION 'links are for the approval of a client' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER right_link BEFORE INSERT OR UPDATE ON review_links FOR EACH ROW EXECUTE FUNCTION guard_link();

CREATE OR REPLACE FUNCTION guard_override() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE c campaigns;
BEGIN
  SELECT * INTO c FROM campaigns k WHERE k.id = NEW.campaign_id FOR NO KEY UPDATE;
  IF c.state <> 'awaiting_approval' OR NEW.digest <> c.digest THEN
    RAISE EXCEPTION 'only what is being reviewed can be let pass' USING ERRCODE = 'check_violation';
  END IF;
  IF is_author(c, NEW.member_id) OR NOT EXISTS (
       SELECT 1 FROM members m WHERE m.id = NEW.member_id AND m.role IN ('owner', 'admin', 'reviewer') AND m.disabled_at IS NULL) THEN
    RAISE EXCEPTION 'a reviewer who is not the author lets a warning pass' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM checks k, jsonb_array_elements(k.findings) f
                 WHERE k.campaign_id = c.id AND k.digest = c.digest AND md5(f::text) = NEW.finding AND f ->> 'severity' = 'warn') THEN
    RAISE EXCEPTION 'only a warning can be let pass' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER right_override BEFORE INSERT ON finding_overrides FOR EACH ROW EXECUTE FUNCTION guard_override();

CREATE OR REPLACE FUNCTION guard_flow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM members m WHERE m.id = NEW.member_id AND m.role IN ('owner', 'admin') AND m.disabled_at IS NULL) THEN
    RAISE EXCEPTION 'an owner or an admin writes how campaigns are reviewed' USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM jsonb_array_elements(NEW.stages) s
             WHERE NOT (s ->> 'kind' IN ('review', 'first', 'second', 'final', 'client') AND (s ->> 'hours')::int BETWEEN 1 AND 720
                        AND jsonb_typeof(s -> 'roles') = 'array' AND jsonb_typeof(s -> 'members') = 'array' AND jsonb_typeof(s -> 'remind') = 'array'
                        AND (s ->> 'kind' = 'client' OR s -> 'roles' <> '[]' OR s -> 'members' <> '[]')))
     OR (SELECT count(*) <> count(DISTINCT s ->> 'kind') FROM jsonb_array_elements(NEW.stages) s) THEN
    RAISE EXCEPTION 'a stage has a kind, people who may sign it, and hours' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER right_flow BEFORE INSERT ON review_flows FOR EACH ROW EXECUTE FUNCTION guard_flow();

CREATE OR REPLACE FUNCTION guard_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM campaigns c JOIN dispatches d ON d.campaign_id = c.id
                 WHERE c.id = NEW.campaign_id AND d.id = NEW.dispatch_id AND c.released_at IS NOT NULL) THEN
    RAISE EXCEPTION 'only what went out can be amended on the platform' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER right_amendment BEFORE INSERT ON amendments FOR EACH ROW EXECUTE FUNCTION guard_amendment();

-- What was sent stays as it was sent, for whoever has the right to change tables too.
CREATE OR REPLACE FUNCTION guard_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'campaigns' THEN
    IF OLD.released_at IS NOT NULL AND (OLD.draft, OLD.name, OLD.kind, OLD.marketing, OLD.digest) IS DISTINCT FROM (NEW.draft, NEW.name, NEW.kind, NEW.marketing, NEW.digest) THEN
      RAISE EXCEPTION 'what was sent stays as it was sent' USING ERRCODE = 'check_violation';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM campaigns c WHERE c.id = OLD.campaign_id AND c.released_at IS NOT NULL)
     AND (OLD.message, OLD.route, OLD.account_id, OLD.campaign_id) IS DISTINCT FROM (NEW.message, NEW.route, NEW.account_id, NEW.campaign_id) THEN
    RAISE EXCEPTION 'what was sent stays as it was sent' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER sent_for_ever BEFORE UPDATE OF draft, name, kind, marketing, digest ON campaigns FOR EACH ROW EXECUTE FUNCTION guard_sent();
CREATE OR REPLACE TRIGGER sent_for_ever BEFORE UPDATE OF message, route, account_id, campaign_id ON dispatches FOR EACH ROW EXECUTE FUNCTION guard_sent();
