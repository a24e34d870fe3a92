CREATE TABLE "user_joins" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "user_joins_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"integration" text NOT NULL,
	"survivor_id" bigint NOT NULL,
	"merged_id" bigint NOT NULL,
	"at_ms" bigint NOT NULL,
	"evidence" text NOT NULL,
	"kinds" jsonb NOT NULL,
	"identifiers" jsonb NOT NULL,
	"orders" jsonb NOT NULL,
	"survivor_knew" text NOT NULL,
	"merged_knew" text NOT NULL,
	"undone_at_ms" bigint,
	"undone_by" text
);
--> statement-breakpoint
CREATE TABLE "visits" (
	"integration" text NOT NULL,
	"kind" text NOT NULL,
	"hmac" text NOT NULL,
	"words" text,
	"consent" text,
	"consent_at_ms" bigint,
	"checkout_id" text,
	"user_id_hmac" text,
	"email_hmac" text,
	"reported_at_ms" bigint,
	"caller" text,
	"created_at_ms" bigint NOT NULL,
	"updated_at_ms" bigint NOT NULL,
	CONSTRAINT "visits_integration_kind_hmac_pk" PRIMARY KEY("integration","kind","hmac")
);
--> statement-breakpoint
ALTER TABLE "browser_purchases" ADD COLUMN "caller" text;--> statement-breakpoint
ALTER TABLE "purchases" ADD COLUMN "refused_by_page" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "user_joins" ADD CONSTRAINT "user_joins_survivor_id_users_id_fk" FOREIGN KEY ("survivor_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_joins" ADD CONSTRAINT "user_joins_merged_id_users_id_fk" FOREIGN KEY ("merged_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "user_joins_newest" ON "user_joins" USING btree ("integration","id");--> statement-breakpoint
CREATE INDEX "user_joins_pair" ON "user_joins" USING btree ("merged_id","survivor_id");--> statement-breakpoint
CREATE INDEX "user_joins_survivor" ON "user_joins" USING btree ("survivor_id");--> statement-breakpoint
CREATE INDEX "visits_idle" ON "visits" USING btree ("updated_at_ms");--> statement-breakpoint
CREATE INDEX "visits_refused" ON "visits" USING btree ("integration","consent_at_ms") WHERE "visits"."consent" = 'denied' and "visits"."kind" <> 'checkout';--> statement-breakpoint
CREATE INDEX "visits_of_user_id" ON "visits" USING btree ("integration","user_id_hmac") WHERE "visits"."user_id_hmac" is not null;--> statement-breakpoint
CREATE INDEX "visits_of_email" ON "visits" USING btree ("integration","email_hmac") WHERE "visits"."email_hmac" is not null;--> statement-breakpoint
CREATE INDEX "visits_caller" ON "visits" USING btree ("integration","caller") WHERE "visits"."caller" is not null;--> statement-breakpoint
CREATE INDEX "browser_purchases_caller" ON "browser_purchases" USING btree ("integration","caller") WHERE "browser_purchases"."caller" is not null;--> statement-breakpoint
CREATE INDEX "purchases_refused_by_page" ON "purchases" USING btree ("integration","occurred_at_ms") WHERE "purchases"."refused_by_page";