ALTER TABLE "user_joins" ALTER COLUMN "survivor_knew" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "user_joins" ALTER COLUMN "merged_knew" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "quarantine" ADD COLUMN "persons" jsonb;--> statement-breakpoint
CREATE INDEX "delivery_attempts_requests" ON "delivery_attempts" USING btree ("at_ms") WHERE "delivery_attempts"."request" is not null;--> statement-breakpoint
CREATE INDEX "users_identified" ON "users" USING btree ("updated_at_ms") WHERE "users"."identity" is not null;