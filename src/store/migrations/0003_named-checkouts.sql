ALTER TABLE "user_orders" ADD COLUMN "checkout_hmac" text;--> statement-breakpoint
ALTER TABLE "user_orders" ADD COLUMN "checkout_id" text;