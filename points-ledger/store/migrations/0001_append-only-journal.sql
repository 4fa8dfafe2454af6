-- The journal can only grow: a wrong line is corrected by another line, never changed.
CREATE FUNCTION journal_refuses_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only: % is refused, post a correcting line instead', TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER journal_append_only_rows BEFORE UPDATE OR DELETE ON "journal"
  FOR EACH ROW EXECUTE FUNCTION journal_refuses_change();
--> statement-breakpoint
CREATE TRIGGER journal_append_only_table BEFORE TRUNCATE ON "journal"
  FOR EACH STATEMENT EXECUTE FUNCTION journal_refuses_change();
--> statement-breakpoint
-- The accounts that every ledger has. The first, third and fourth may go below zero; carried:traffic may not.
INSERT INTO "balances" ("ledger_account", "asset", "amount") VALUES
  ('issuance:traffic', 'traffic', 0),
  ('carried:traffic', 'traffic', 0),
  ('goodwill:traffic', 'traffic', 0),
  ('issuance:points', 'points', 0);
--> statement-breakpoint
-- Rate card version 1: 1 point (1,000,000 units) per MiB, in force from the epoch.
INSERT INTO "rate_cards" ("version", "in_force_from", "units_per_mib") VALUES (1, '1970-01-01T00:00:00Z', 1000000);
