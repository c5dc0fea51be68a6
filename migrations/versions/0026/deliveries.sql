-- Only what is due is sent. Due becomes again only what is being sent (surely not called, or repeated by its key) and what was
-- unknown (found absent by a lookup, or a person's word). A mistake above this is an error here, never a second send.
CREATE FUNCTION out_stays_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'delivery % is %, and does not become % again', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER out_stays_out BEFORE UPDATE OF state ON deliveries FOR EACH ROW
  WHEN ((NEW.state = 'due' AND OLD.state NOT IN ('due', 'sending', 'unknown')) OR (NEW.state = 'sending' AND OLD.state NOT IN ('due', 'sending')))
  EXECUTE FUNCTION out_stays_out();
