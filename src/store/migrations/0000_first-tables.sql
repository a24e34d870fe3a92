CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"integration" text NOT NULL,
	"at_ms" bigint NOT NULL,
	"by_whom" text NOT NULL,
	"action" text NOT NULL,
	"target" text NOT NULL,
	"reason" text
);
--> statement-breakpoint
CREATE TABLE "browser_purchases" (
	"integration" text NOT NULL,
	"hmac" text NOT NULL,
	"checkout_id" text NOT NULL,
	"user_id" bigint NOT NULL,
	"authorized_at_ms" bigint NOT NULL,
	"event_id" text NOT NULL,
	CONSTRAINT "browser_purchases_integration_hmac_pk" PRIMARY KEY("integration","hmac")
);
--> statement-breakpoint
CREATE TABLE "checkouts" (
	"integration" text NOT NULL,
	"hmac" text NOT NULL,
	"psp" text NOT NULL,
	"subscription" text NOT NULL,
	CONSTRAINT "checkouts_integration_hmac_pk" PRIMARY KEY("integration","hmac")
);
--> statement-breakpoint
CREATE TABLE "checks" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"up_to_ms" bigint NOT NULL,
	"finished_at_ms" bigint NOT NULL,
	"summary" jsonb NOT NULL,
	CONSTRAINT "checks_integration_psp_pk" PRIMARY KEY("integration","psp")
);
--> statement-breakpoint
CREATE TABLE "first_purchases" (
	"integration" text NOT NULL,
	"psp" text collate "C" NOT NULL,
	"subscription" text collate "C" NOT NULL,
	"money_id" text collate "C" NOT NULL,
	"user_id" bigint NOT NULL,
	"claimed_at_ms" bigint NOT NULL,
	CONSTRAINT "first_purchases_integration_psp_subscription_money_id_pk" PRIMARY KEY("integration","psp","subscription","money_id")
);
--> statement-breakpoint
CREATE TABLE "payment_ids" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"payment_id" text NOT NULL,
	"money_id" text NOT NULL,
	CONSTRAINT "payment_ids_integration_psp_payment_id_money_id_pk" PRIMARY KEY("integration","psp","payment_id","money_id")
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"money_id" text NOT NULL,
	"subscription" text NOT NULL,
	CONSTRAINT "payments_integration_psp_money_id_pk" PRIMARY KEY("integration","psp","money_id")
);
--> statement-breakpoint
CREATE TABLE "purchases" (
	"integration" text NOT NULL,
	"psp" text collate "C" NOT NULL,
	"money_id" text collate "C" NOT NULL,
	"subscription" text NOT NULL,
	"purchase_type" text NOT NULL,
	"phase" text,
	"state" text NOT NULL,
	"reason" text,
	"held_by" jsonb,
	"event_id" text NOT NULL,
	"event_name" text NOT NULL,
	"value_minor" bigint,
	"value_currency" text,
	"charged_minor" bigint NOT NULL,
	"refunded_minor" bigint NOT NULL,
	"currency" text NOT NULL,
	"occurred_at_ms" bigint NOT NULL,
	"attempts" integer NOT NULL,
	"first_attempt_at_ms" bigint,
	"error_type" text,
	"error_code" integer,
	"error_message" text,
	"request_id" text,
	"sent_at_ms" bigint,
	"by_whom" text,
	"settings_version" integer NOT NULL,
	"revision" integer NOT NULL,
	CONSTRAINT "purchases_integration_psp_money_id_pk" PRIMARY KEY("integration","psp","money_id")
);
--> statement-breakpoint
CREATE TABLE "quarantine" (
	"integration" text NOT NULL,
	"id" text collate "C" NOT NULL,
	"psp" text NOT NULL,
	"type" text NOT NULL,
	"reason" text NOT NULL,
	"received_at_ms" bigint NOT NULL,
	"key_id" text NOT NULL,
	"sealed_body" "bytea" NOT NULL,
	CONSTRAINT "quarantine_integration_id_pk" PRIMARY KEY("integration","id")
);
--> statement-breakpoint
CREATE TABLE "settings_versions" (
	"integration" text NOT NULL,
	"version" integer NOT NULL,
	"document" jsonb NOT NULL,
	"access_token" text,
	"saved_by" text NOT NULL,
	"saved_at_ms" bigint,
	CONSTRAINT "settings_versions_integration_version_pk" PRIMARY KEY("integration","version")
);
--> statement-breakpoint
CREATE TABLE "signalled_facts" (
	"integration" text NOT NULL,
	"fact_hash" text NOT NULL,
	"signalled_at_ms" bigint NOT NULL,
	CONSTRAINT "signalled_facts_integration_fact_hash_pk" PRIMARY KEY("integration","fact_hash")
);
--> statement-breakpoint
CREATE TABLE "unmatched_refunds" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"payment_id" text NOT NULL,
	"fact_hash" text NOT NULL,
	"fact" jsonb NOT NULL,
	"kept_at_ms" bigint NOT NULL,
	CONSTRAINT "unmatched_refunds_integration_psp_payment_id_fact_hash_pk" PRIMARY KEY("integration","psp","payment_id","fact_hash")
);
--> statement-breakpoint
CREATE TABLE "user_identifiers" (
	"integration" text NOT NULL,
	"kind" text NOT NULL,
	"hmac" text NOT NULL,
	"user_id" bigint NOT NULL,
	CONSTRAINT "user_identifiers_integration_kind_hmac_pk" PRIMARY KEY("integration","kind","hmac")
);
--> statement-breakpoint
CREATE TABLE "user_orders" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"subscription" text NOT NULL,
	"user_id" bigint NOT NULL,
	"due_at_ms" bigint,
	"ended_at_ms" bigint,
	"polled_at_ms" bigint,
	CONSTRAINT "user_orders_integration_psp_subscription_pk" PRIMARY KEY("integration","psp","subscription")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "users_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"integration" text NOT NULL,
	"identity" text,
	"consent" text,
	"consent_at_ms" bigint,
	"merged_into" bigint,
	"erased_at_ms" bigint,
	"created_at_ms" bigint NOT NULL,
	"updated_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "webhook_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"received_at_ms" bigint NOT NULL,
	"type" text,
	"outcome" text NOT NULL,
	"reason" text
);
--> statement-breakpoint
ALTER TABLE "browser_purchases" ADD CONSTRAINT "browser_purchases_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "first_purchases" ADD CONSTRAINT "first_purchases_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_identifiers" ADD CONSTRAINT "user_identifiers_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_orders" ADD CONSTRAINT "user_orders_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_merged_into_users_id_fk" FOREIGN KEY ("merged_into") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_newest" ON "audit" USING btree ("integration","at_ms" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "browser_purchases_user" ON "browser_purchases" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "checkouts_by_order" ON "checkouts" USING btree ("integration","psp","subscription");--> statement-breakpoint
CREATE INDEX "first_purchases_user" ON "first_purchases" USING btree ("user_id","claimed_at_ms");--> statement-breakpoint
CREATE INDEX "payment_ids_money" ON "payment_ids" USING btree ("integration","psp","money_id");--> statement-breakpoint
CREATE INDEX "payments_by_order" ON "payments" USING btree ("integration","psp","subscription");--> statement-breakpoint
CREATE INDEX "purchases_newest" ON "purchases" USING btree ("integration","occurred_at_ms" DESC NULLS FIRST,"money_id" DESC NULLS FIRST,"psp" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "purchases_by_state" ON "purchases" USING btree ("integration","state","occurred_at_ms" DESC NULLS FIRST,"money_id" DESC NULLS FIRST,"psp" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "purchases_by_psp" ON "purchases" USING btree ("integration","psp","occurred_at_ms" DESC NULLS FIRST,"money_id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "purchases_by_subscription" ON "purchases" USING btree ("integration","subscription");--> statement-breakpoint
CREATE INDEX "purchases_by_payment" ON "purchases" USING btree ("integration","money_id");--> statement-breakpoint
CREATE INDEX "purchases_by_event" ON "purchases" USING btree ("integration","event_id");--> statement-breakpoint
CREATE INDEX "purchases_by_error" ON "purchases" USING btree ("integration","error_type","occurred_at_ms" DESC NULLS FIRST) WHERE "purchases"."error_type" is not null;--> statement-breakpoint
CREATE INDEX "quarantine_newest" ON "quarantine" USING btree ("integration","received_at_ms" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "signalled_facts_oldest" ON "signalled_facts" USING btree ("signalled_at_ms");--> statement-breakpoint
CREATE INDEX "user_identifiers_user" ON "user_identifiers" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "user_orders_user" ON "user_orders" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "user_orders_due" ON "user_orders" USING btree ("integration","psp","due_at_ms","subscription") WHERE "user_orders"."ended_at_ms" is null and "user_orders"."due_at_ms" is not null;--> statement-breakpoint
CREATE INDEX "users_merged" ON "users" USING btree ("merged_into") WHERE "users"."merged_into" is not null;--> statement-breakpoint
CREATE INDEX "users_idle" ON "users" USING btree ("updated_at_ms");--> statement-breakpoint
CREATE INDEX "webhook_log_newest" ON "webhook_log" USING btree ("integration","psp","id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "webhook_log_oldest" ON "webhook_log" USING btree ("received_at_ms");