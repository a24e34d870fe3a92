CREATE TABLE "tiktok_count_runs" (
	"integration" text PRIMARY KEY NOT NULL,
	"finished_at_ms" bigint NOT NULL,
	"error" text,
	"notes" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tiktok_counts" (
	"integration" text NOT NULL,
	"day" integer NOT NULL,
	"event" text NOT NULL,
	"counted_at_ms" bigint NOT NULL,
	"total" bigint,
	"server" bigint,
	"browser" bigint,
	"ours" jsonb NOT NULL,
	"not_compared" text,
	CONSTRAINT "tiktok_counts_integration_day_event_pk" PRIMARY KEY("integration","day","event")
);
