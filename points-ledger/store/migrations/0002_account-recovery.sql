ALTER TABLE "accounts" ADD COLUMN "recovery_sha256" "bytea";--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "joined_into" text;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "carried_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_joined_into_accounts_account_id_fk" FOREIGN KEY ("joined_into") REFERENCES "public"."accounts"("account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "accounts_joined" ON "accounts" USING btree ("joined_into") WHERE "accounts"."joined_into" is not null;--> statement-breakpoint
CREATE INDEX "nodes_by_account" ON "nodes" USING btree ("account_id");--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_recovery_sha256_unique" UNIQUE("recovery_sha256");--> statement-breakpoint
UPDATE "nodes" SET "carried_bytes" = coalesce((
  SELECT sum("explained_up" + "explained_down" + "recovered_up" + "recovered_down") FROM "links" WHERE "links"."node_id" = "nodes"."node_id"
), 0);
