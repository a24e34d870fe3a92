CREATE TABLE "declined_orders" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"subscription" text NOT NULL,
	"declined_at_ms" bigint NOT NULL,
	CONSTRAINT "declined_orders_integration_psp_subscription_pk" PRIMARY KEY("integration","psp","subscription")
);
--> statement-breakpoint
CREATE TABLE "waiting_facts" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"id" text NOT NULL,
	"fact_hash" text NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "waiting_facts_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"sealed" text NOT NULL,
	"kept_at_ms" bigint NOT NULL,
	CONSTRAINT "waiting_facts_integration_psp_id_fact_hash_pk" PRIMARY KEY("integration","psp","id","fact_hash")
);
--> statement-breakpoint
CREATE INDEX "declined_orders_oldest" ON "declined_orders" USING btree ("declined_at_ms");--> statement-breakpoint
CREATE INDEX "waiting_facts_oldest" ON "waiting_facts" USING btree ("kept_at_ms");