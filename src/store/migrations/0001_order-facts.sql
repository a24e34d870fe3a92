CREATE TABLE "order_facts" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"subscription" text NOT NULL,
	"fact_hash" text NOT NULL,
	"fact" json NOT NULL,
	"settings_version" integer NOT NULL,
	"too_old" boolean NOT NULL,
	"accepted_at_ms" bigint NOT NULL,
	CONSTRAINT "order_facts_integration_psp_subscription_fact_hash_pk" PRIMARY KEY("integration","psp","subscription","fact_hash")
);
