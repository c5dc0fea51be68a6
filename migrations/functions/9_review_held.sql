-- Stages that are held in a platform's own approval, kept by the database: no word is said of one but by its application, and an
-- application's word is only of whom the platform named, whoever writes it.

-- The line that holds a stage of a client's reviews at a time: its own, else the agency's; without an account: none holds it.
CREATE OR REPLACE FUNCTION approval_line_of(p_client bigint, p_kind text, p_at timestamptz) RETURNS approval_lines LANGUAGE sql STABLE AS $$
  SELECT * FROM approval_lines l WHERE l.tenant_id = tenant() AND l.kind = p_kind AND l.at <= p_at AND (l.client_id = p_client OR l.client_id IS NULL)
  ORDER BY l.client_id IS NULL, l.id DESC LIMIT 1
$$;

-- When the review of a campaign began: its first version's.
CREATE OR REPLACE FUNCTION review_began(c campaigns) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT f.frozen_at FROM campaign_flows f WHERE f.campaign_id = c.root_id),
                  (SELECT f.frozen_at FROM campaign_flows f WHERE f.campaign_id = c.id), clock_timestamp())
$$;

-- Every line that holds the stage; of several clients there may be several.
CREATE OR REPLACE FUNCTION lines_of_stage(c campaigns, s campaign_stages) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  SELECT DISTINCT l.id
  FROM unnest(CASE WHEN s.kind = 'client' THEN ARRAY[s.client_id] WHEN clients_of(c.id) = '{}' THEN ARRAY[NULL::bigint] ELSE clients_of(c.id) END) k,
    LATERAL approval_line_of(k, s.kind, review_began(c)) l
  WHERE l.account_id IS NOT NULL
$$;

-- Whether the stage is held: it has a line, and nobody has taken it back for exactly this digest.
CREATE OR REPLACE FUNCTION is_held(c campaigns, s campaign_stages) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM lines_of_stage(c, s)) AND NOT EXISTS (
    SELECT 1 FROM stage_applications a WHERE a.campaign_id = c.id AND a.stage = s.stage AND a.digest = c.digest AND a.state = 'released')
$$;

-- Stages whose turn has come and that nobody has applied for. What waits for reasons to let warnings pass, or is too late, waits here.
CREATE OR REPLACE FUNCTION stages_to_apply_for() RETURNS TABLE (campaign_id bigint, stage int, digest text, lines bigint[]) LANGUAGE sql STABLE AS $$
  SELECT c.id, o.stage, c.digest, (SELECT array_agg(l ORDER BY l) FROM lines_of_stage(c, o) l)
  FROM campaigns c CROSS JOIN LATERAL open_stages(c) o
  WHERE c.tenant_id = tenant() AND c.state = 'awaiting_approval' AND is_held(c, o)
    AND (c.draft -> 'schedule' ->> 'form' IS NOT DISTINCT FROM 'now' OR c.due_at + c.max_lateness > clock_timestamp())
    AND NOT EXISTS (SELECT 1 FROM stage_applications a WHERE a.campaign_id = c.id AND a.stage = o.stage AND a.digest = c.digest)
    AND NOT (o.kind <> 'client' AND open_warnings(c) > 0 AND EXISTS (SELECT 1 FROM campaign_flows f WHERE f.campaign_id = c.id AND f.reasons)
             AND NOT EXISTS (SELECT 1 FROM campaign_stages n WHERE n.campaign_id = c.id AND n.place > o.place AND n.kind <> 'client'))
$$;

-- The agencies that hold stages somewhere, for who goes their rounds.
CREATE OR REPLACE FUNCTION tenants_with_approvals() RETURNS TABLE (tenant_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT DISTINCT l.tenant_id FROM approval_lines l WHERE l.account_id IS NOT NULL $$;
ALTER FUNCTION tenants_with_approvals() OWNER TO qunfa_system;
REVOKE ALL ON FUNCTION tenants_with_approvals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenants_with_approvals() TO qunfa_app;

-- After ``right_word``, which has found the stage: the triggers of a table fire by name.
CREATE OR REPLACE FUNCTION guard_held_word() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE c campaigns; s campaign_stages; a stage_applications;
BEGIN
  SELECT * INTO c FROM campaigns k WHERE k.id = NEW.campaign_id;
  IF NEW.application_id IS NULL THEN
    SELECT * INTO s FROM all_stages(c) k WHERE k.stage = NEW.stage;
    IF NEW.decision = 'approved' AND FOUND AND is_held(c, s) THEN
      RAISE EXCEPTION 'this stage is held in the approval of a platform' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO a FROM stage_applications k WHERE k.id = NEW.application_id;
  IF a.campaign_id IS DISTINCT FROM c.id OR a.stage <> NEW.stage OR a.digest <> NEW.digest OR a.state <> 'waiting' OR NOT EXISTS (
       SELECT 1 FROM approval_people p WHERE p.account_id = a.account_id AND p.member_id = NEW.member_id AND NOT is_author(c, p.made_by)) THEN
    RAISE EXCEPTION 'an application speaks for its own stage and digest, by people whom others than the author named' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER within_hold BEFORE INSERT ON approvals FOR EACH ROW EXECUTE FUNCTION guard_held_word();

-- A stage is taken back by an owner or an admin who has not written the campaign; what is over stays so.
CREATE OR REPLACE FUNCTION guard_application() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE c campaigns;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.settled_at IS NOT NULL THEN
    RAISE EXCEPTION 'an application that is over stays as it is' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.approval <> '' AND NEW.approval <> OLD.approval THEN
    RAISE EXCEPTION 'the number of an application stays' USING ERRCODE = 'check_violation';
  END IF;
  SELECT * INTO c FROM campaigns k WHERE k.id = NEW.campaign_id;
  IF TG_OP = 'INSERT' AND (NEW.digest IS DISTINCT FROM c.digest OR c.state <> 'awaiting_approval') THEN
    RAISE EXCEPTION 'an application is for what the campaign says now' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state = 'released' AND (NEW.settled_by IS NULL OR is_author(c, NEW.settled_by) OR NOT EXISTS (
       SELECT 1 FROM members m WHERE m.id = NEW.settled_by AND m.role IN ('owner', 'admin') AND m.disabled_at IS NULL)) THEN
    RAISE EXCEPTION 'an owner or an admin who has not written it takes a stage back' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER right_application BEFORE INSERT OR UPDATE ON stage_applications FOR EACH ROW EXECUTE FUNCTION guard_application();
