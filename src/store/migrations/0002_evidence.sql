CREATE TABLE "open_payments" (
	"integration" text NOT NULL,
	"psp" text NOT NULL,
	"payment_id" text NOT NULL,
	"listed_at_ms" bigint NOT NULL,
	CONSTRAINT "open_payments_integration_psp_payment_id_pk" PRIMARY KEY("integration","psp","payment_id")
);
--> statement-breakpoint
ALTER TABLE "quarantine" ADD COLUMN "item" text;--> statement-breakpoint
ALTER TABLE "user_orders" ADD COLUMN "own_identity" text;--> statement-breakpoint
ALTER TABLE "user_orders" ADD COLUMN "due_said_at_ms" bigint;--> statement-breakpoint
ALTER TABLE "user_orders" ADD COLUMN "resumed_at_ms" bigint;--> statement-breakpoint
CREATE INDEX "quarantine_by_item" ON "quarantine" USING btree ("integration","psp","item") WHERE "quarantine"."item" is not null;