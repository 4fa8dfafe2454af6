CREATE TABLE "accounts" (
	"account_id" text PRIMARY KEY NOT NULL,
	"carried_bytes" bigint DEFAULT 0 NOT NULL,
	"credited_bytes" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"key_sha256" "bytea" PRIMARY KEY NOT NULL,
	"customer_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"exchange_id" text NOT NULL,
	"attempt" integer NOT NULL,
	"link_id" text NOT NULL,
	"customer_id" text NOT NULL,
	"hold_id" text,
	"carried_up" bigint NOT NULL,
	"carried_down" bigint NOT NULL,
	"charged" boolean NOT NULL,
	"outcome" text NOT NULL,
	"charged_bytes" bigint NOT NULL,
	"goodwill_bytes" bigint NOT NULL,
	"recovered_bytes" bigint NOT NULL,
	"posted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "attempts_exchange_id_attempt_pk" PRIMARY KEY("exchange_id","attempt"),
	CONSTRAINT "attempts_are_borne_to_the_byte" CHECK ("attempts"."charged_bytes" + "attempts"."goodwill_bytes" + "attempts"."recovered_bytes" = "attempts"."carried_up" + "attempts"."carried_down"),
	CONSTRAINT "attempts_count_upwards" CHECK (least("attempts"."carried_up", "attempts"."carried_down", "attempts"."charged_bytes", "attempts"."goodwill_bytes", "attempts"."recovered_bytes") >= 0),
	CONSTRAINT "attempts_free_is_free" CHECK ("attempts"."charged" or "attempts"."charged_bytes" = 0)
);
--> statement-breakpoint
CREATE TABLE "balances" (
	"ledger_account" text PRIMARY KEY NOT NULL,
	"asset" text NOT NULL,
	"amount" bigint NOT NULL,
	CONSTRAINT "balances_asset_is_known" CHECK ("balances"."asset" in ('traffic', 'points')),
	CONSTRAINT "balances_ordinary_never_negative" CHECK ("balances"."amount" >= 0 or "balances"."ledger_account" in ('issuance:traffic', 'goodwill:traffic', 'issuance:points'))
);
--> statement-breakpoint
CREATE TABLE "customers" (
	"customer_id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "disputes" (
	"link_id" text PRIMARY KEY NOT NULL,
	"relay_up" bigint NOT NULL,
	"relay_down" bigint NOT NULL,
	"node_up" bigint NOT NULL,
	"node_down" bigint NOT NULL,
	"difference_bytes" bigint NOT NULL,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "exchanges" (
	"exchange_id" text PRIMARY KEY NOT NULL,
	"customer_id" text NOT NULL,
	"node_id" text NOT NULL,
	"method" text NOT NULL,
	"host" text NOT NULL,
	"target_status" integer,
	"outcome" text NOT NULL,
	"purpose" text,
	"attempts" integer NOT NULL,
	"carried_up" bigint NOT NULL,
	"carried_down" bigint NOT NULL,
	"charged_bytes" bigint NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"took_ms" integer NOT NULL,
	"posted_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"hold_id" text PRIMARY KEY NOT NULL,
	"relay_id" text NOT NULL,
	"customer_id" text NOT NULL,
	"taken_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"closed_as" text,
	CONSTRAINT "holds_closed_as_is_known" CHECK ("holds"."closed_as" in ('returned', 'expired'))
);
--> statement-breakpoint
CREATE TABLE "journal" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "journal_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"asset" text NOT NULL,
	"source" text NOT NULL,
	"destination" text NOT NULL,
	"amount" bigint NOT NULL,
	"kind" text NOT NULL,
	"ref" text NOT NULL,
	"posted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "journal_asset_is_known" CHECK ("journal"."asset" in ('traffic', 'points')),
	CONSTRAINT "journal_amount_is_positive" CHECK ("journal"."amount" > 0),
	CONSTRAINT "journal_moves_between_two" CHECK ("journal"."source" <> "journal"."destination")
);
--> statement-breakpoint
CREATE TABLE "link_points" (
	"link_id" text NOT NULL,
	"rate_card_version" integer NOT NULL,
	"credited_bytes" bigint NOT NULL,
	"posted_units" bigint NOT NULL,
	CONSTRAINT "link_points_link_id_rate_card_version_pk" PRIMARY KEY("link_id","rate_card_version")
);
--> statement-breakpoint
CREATE TABLE "links" (
	"link_id" text PRIMARY KEY NOT NULL,
	"node_id" text NOT NULL,
	"relay_id" text NOT NULL,
	"account_id" text NOT NULL,
	"sequence" bigint DEFAULT -1 NOT NULL,
	"exchanges" bigint DEFAULT 0 NOT NULL,
	"up_frames" bigint DEFAULT 0 NOT NULL,
	"relay_up" bigint DEFAULT 0 NOT NULL,
	"relay_down" bigint DEFAULT 0 NOT NULL,
	"shortfall_up" bigint DEFAULT 0 NOT NULL,
	"shortfall_down" bigint DEFAULT 0 NOT NULL,
	"receipt_at" timestamp with time zone,
	"receipt_text" text,
	"relay_signature" text,
	"node_signature" text,
	"unilateral" boolean DEFAULT false NOT NULL,
	"explained_up" bigint DEFAULT 0 NOT NULL,
	"explained_down" bigint DEFAULT 0 NOT NULL,
	"recovered_up" bigint DEFAULT 0 NOT NULL,
	"recovered_down" bigint DEFAULT 0 NOT NULL,
	"credited_bytes" bigint DEFAULT 0 NOT NULL,
	"ended" boolean DEFAULT false NOT NULL,
	"first_posted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_posted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "links_count_upwards" CHECK (least("links"."relay_up", "links"."relay_down", "links"."shortfall_up", "links"."shortfall_down", "links"."explained_up", "links"."explained_down", "links"."recovered_up", "links"."recovered_down", "links"."credited_bytes") >= 0),
	CONSTRAINT "links_post_no_more_than_receipted" CHECK ("links"."explained_up" + "links"."recovered_up" <= "links"."relay_up" and "links"."explained_down" + "links"."recovered_down" <= "links"."relay_down")
);
--> statement-breakpoint
CREATE TABLE "nodes" (
	"node_id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"public_key" text NOT NULL,
	"kind" text NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rate_cards" (
	"version" integer PRIMARY KEY NOT NULL,
	"in_force_from" timestamp with time zone NOT NULL,
	"units_per_mib" bigint NOT NULL,
	CONSTRAINT "rate_cards_pay_something" CHECK ("rate_cards"."units_per_mib" > 0)
);
--> statement-breakpoint
CREATE TABLE "relay_keys" (
	"relay_id" text PRIMARY KEY NOT NULL,
	"public_key" text NOT NULL,
	"public_url" text NOT NULL,
	"registered_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_customer_id_customers_customer_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("customer_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_link_id_links_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("link_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_customer_id_customers_customer_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("customer_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "disputes" ADD CONSTRAINT "disputes_link_id_links_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("link_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exchanges" ADD CONSTRAINT "exchanges_customer_id_customers_customer_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("customer_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "holds" ADD CONSTRAINT "holds_customer_id_customers_customer_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("customer_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_points" ADD CONSTRAINT "link_points_link_id_links_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("link_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_points" ADD CONSTRAINT "link_points_rate_card_version_rate_cards_version_fk" FOREIGN KEY ("rate_card_version") REFERENCES "public"."rate_cards"("version") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_node_id_nodes_node_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("node_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_account_id_accounts_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "nodes" ADD CONSTRAINT "nodes_account_id_accounts_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attempts_by_link" ON "attempts" USING btree ("link_id");--> statement-breakpoint
CREATE INDEX "attempts_by_customer" ON "attempts" USING btree ("customer_id");--> statement-breakpoint
CREATE INDEX "exchanges_by_customer" ON "exchanges" USING btree ("customer_id","started_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "holds_open_by_expiry" ON "holds" USING btree ("expires_at") WHERE "holds"."closed_as" is null;--> statement-breakpoint
CREATE INDEX "holds_open_by_customer" ON "holds" USING btree ("customer_id") WHERE "holds"."closed_as" is null;--> statement-breakpoint
CREATE INDEX "holds_open_by_relay" ON "holds" USING btree ("relay_id") WHERE "holds"."closed_as" is null;--> statement-breakpoint
CREATE INDEX "links_by_account" ON "links" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "links_by_node" ON "links" USING btree ("node_id");