CREATE TABLE "acknowledgements" (
	"integration" text NOT NULL,
	"error_type" text NOT NULL,
	"by_whom" text NOT NULL,
	"at_ms" bigint NOT NULL,
	CONSTRAINT "acknowledgements_integration_error_type_pk" PRIMARY KEY("integration","error_type")
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "alerts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"integration" text NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"message" text NOT NULL,
	"opened_at_ms" bigint NOT NULL,
	"closed_at_ms" bigint,
	"opening_told_at_ms" bigint,
	"closing_told_at_ms" bigint
);
--> statement-breakpoint
CREATE TABLE "delivery_attempts" (
	"integration" text NOT NULL,
	"psp" text collate "C" NOT NULL,
	"money_id" text collate "C" NOT NULL,
	"number" integer NOT NULL,
	"at_ms" bigint NOT NULL,
	"duration_ms" integer NOT NULL,
	"outcome" text NOT NULL,
	"code" integer,
	"message" text,
	"request_id" text,
	"by_whom" text,
	"destination" text NOT NULL,
	"request" text,
	CONSTRAINT "delivery_attempts_integration_psp_money_id_number_pk" PRIMARY KEY("integration","psp","money_id","number")
);
--> statement-breakpoint
CREATE TABLE "provider_secrets" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"kind" text NOT NULL,
	"id" text NOT NULL,
	"sealed" text NOT NULL,
	"added_by" text NOT NULL,
	"added_at_ms" bigint NOT NULL,
	CONSTRAINT "provider_secrets_integration_psp_kind_id_pk" PRIMARY KEY("integration","psp","kind","id")
);
--> statement-breakpoint
CREATE TABLE "purchase_total_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "purchase_total_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"day" integer NOT NULL,
	"purchase_type" text NOT NULL,
	"phase" text NOT NULL,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"currency" text NOT NULL,
	"count" bigint NOT NULL,
	"charged_minor" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "purchase_totals" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"day" integer NOT NULL,
	"purchase_type" text NOT NULL,
	"phase" text NOT NULL,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"currency" text NOT NULL,
	"count" bigint NOT NULL,
	"charged_minor" bigint NOT NULL,
	CONSTRAINT "purchase_totals_pk" PRIMARY KEY("integration","day","psp","purchase_type","phase","state","reason","currency")
);
--> statement-breakpoint
CREATE TABLE "tallies" (
	"integration" text NOT NULL,
	"day" integer NOT NULL,
	"name" text NOT NULL,
	"psp" text NOT NULL,
	"label" text NOT NULL,
	"count" bigint NOT NULL,
	"last_at_ms" bigint NOT NULL,
	CONSTRAINT "tallies_integration_day_name_psp_label_pk" PRIMARY KEY("integration","day","name","psp","label")
);
--> statement-breakpoint
DROP INDEX "purchases_by_subscription";--> statement-breakpoint
DROP INDEX "purchases_by_event";--> statement-breakpoint
ALTER TABLE "purchases" ADD COLUMN "destination" text;--> statement-breakpoint
ALTER TABLE "purchases" ADD COLUMN "waiting_for" text;--> statement-breakpoint
ALTER TABLE "purchases" ADD COLUMN "next_attempt_at_ms" bigint;--> statement-breakpoint
ALTER TABLE "purchases" ADD COLUMN "gives_up_at_ms" bigint;--> statement-breakpoint
ALTER TABLE "purchases" ADD COLUMN "matched_by" jsonb;--> statement-breakpoint
ALTER TABLE "quarantine" ADD COLUMN "mentions" jsonb;--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_open" ON "alerts" USING btree ("integration","kind","subject") WHERE "alerts"."closed_at_ms" is null;--> statement-breakpoint
CREATE INDEX "alerts_newest" ON "alerts" USING btree ("integration","opened_at_ms" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "purchase_total_changes_of" ON "purchase_total_changes" USING btree ("integration","day");--> statement-breakpoint
CREATE INDEX "purchases_by_reason" ON "purchases" USING btree ("integration","reason","occurred_at_ms" DESC NULLS FIRST) WHERE "purchases"."state" in ('suppressed', 'not_a_purchase');--> statement-breakpoint
CREATE INDEX "purchases_by_subscription" ON "purchases" USING btree ("integration","subscription" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "purchases_by_event" ON "purchases" USING btree ("integration","event_id" text_pattern_ops);