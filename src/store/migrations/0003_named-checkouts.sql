ALTER TABLE "order_facts" ADD COLUMN "checkout_id" text;--> statement-breakpoint
ALTER TABLE "user_orders" ADD COLUMN "checkout_hmac" text;--> statement-breakpoint
ALTER TABLE "user_orders" ADD COLUMN "checkout_id" text;