-- Search. Chinese has no spaces to cut at, so words are found by their characters and pairs of characters, each marked with its
-- tenant so that one agency's lists are never walked for another's.
CREATE TABLE library_words (
  tenant_id   bigint NOT NULL DEFAULT tenant(),
  item_id     bigint NOT NULL,
  words       text NOT NULL,                    -- title, text and tags of the version that holds, folded
  PRIMARY KEY (tenant_id, item_id),
  FOREIGN KEY (tenant_id, item_id) REFERENCES library_items (tenant_id, id)
);
CALL wall('library_words');

CREATE FUNCTION library_grams(p_tenant bigint, p_words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 AS $$
  SELECT coalesce(array_agg(DISTINCT p_tenant || ':' || g), '{}') FROM (
    SELECT unnest(ARRAY[c, c || lead(c) OVER (ORDER BY n)]) AS g FROM string_to_table(p_words, NULL) WITH ORDINALITY AS s (c, n)
  ) x WHERE position(' ' IN g) = 0
$$;
CREATE INDEX library_words_grams ON library_words USING gin (library_grams(tenant_id, words));

-- Row-level security lets no operator look into a row before the tenant is compared, and so no index of grams either. This
-- crossing compares the tenant itself: in the grams, and once more in each row, in a form that leaves only the index of grams to
-- choose (cutting a row into grams takes milliseconds).
CREATE FUNCTION library_matches(p_words text[]) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY EXECUTE
    'SELECT w.item_id FROM library_words w WHERE w.tenant_id + 0 = $1 AND library_grams(w.tenant_id, w.words) @> $2
       AND NOT EXISTS (SELECT FROM unnest($3) q WHERE length(q) > 2 AND position(q IN w.words) = 0)'
    USING tenant(), library_grams(tenant(), array_to_string(p_words, ' ')), p_words;
END $$;
CREATE POLICY crossing ON library_words FOR SELECT TO qunfa_system USING (true);
GRANT SELECT ON library_words TO qunfa_system;
ALTER FUNCTION library_matches(text[]) OWNER TO qunfa_system;
REVOKE ALL ON FUNCTION library_matches(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION library_matches(text[]) TO qunfa_app;
