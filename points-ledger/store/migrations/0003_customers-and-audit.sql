CREATE TABLE "audit_attempts" (
	"exchange_id" text NOT NULL,
	"attempt" integer NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone NOT NULL,
	"ran_long" boolean NOT NULL,
	"customer_id" text NOT NULL,
	"node_id" text NOT NULL,
	"method" text NOT NULL,
	"target_status" integer,
	"outcome" text NOT NULL,
	"home_digest" "bytea" NOT NULL,
	"sealed" "bytea" NOT NULL,
	CONSTRAINT "audit_attempts_exchange_id_attempt_pk" PRIMARY KEY("exchange_id","attempt")
);
--> statement-breakpoint
CREATE TABLE "audit_keys" (
	"key_id" text PRIMARY KEY NOT NULL,
	"first_used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "customers" RENAME COLUMN "name" TO "label";--> statement-breakpoint
-- Until now a request that named no purpose meant this one.
ALTER TABLE "customers" ADD COLUMN "purposes" text[] NOT NULL DEFAULT '{ai-retrieval}';--> statement-breakpoint
ALTER TABLE "customers" ALTER COLUMN "purposes" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "contact" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "suspended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "suspended_reason" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "changed_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
CREATE INDEX "audit_attempts_by_home" ON "audit_attempts" USING btree ("home_digest","started_at");--> statement-breakpoint
CREATE INDEX "audit_attempts_long_by_home" ON "audit_attempts" USING btree ("home_digest","ended_at","started_at") WHERE "audit_attempts"."ran_long";--> statement-breakpoint
CREATE INDEX "audit_attempts_by_start" ON "audit_attempts" USING btree ("started_at");--> statement-breakpoint
CREATE INDEX "customers_by_change" ON "customers" USING btree ("changed_at");--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_have_a_purpose" CHECK (cardinality("customers"."purposes") > 0);--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_are_suspended_for_a_reason" CHECK (("customers"."suspended_at" is null) = ("customers"."suspended_reason" is null));