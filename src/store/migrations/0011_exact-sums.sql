-- minimum-reader: 12
ALTER TABLE "purchase_total_changes" ALTER COLUMN "charged_minor" SET DATA TYPE numeric;--> statement-breakpoint
ALTER TABLE "purchase_totals" ALTER COLUMN "charged_minor" SET DATA TYPE numeric;