CREATE FUNCTION count_purchase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF tg_op <> 'INSERT' THEN
		INSERT INTO purchase_total_changes
			("integration", "psp", "day", "purchase_type", "phase", "state", "reason", "currency", "count", "charged_minor")
		VALUES
			(old.integration, old.psp, old.occurred_at_ms / 86400000, old.purchase_type, coalesce(old.phase, ''), old.state,
			 CASE WHEN old.state IN ('suppressed', 'not_a_purchase') THEN coalesce(old.reason, '') ELSE '' END,
			 old.currency, -1, -old.charged_minor);
	END IF;
	IF tg_op <> 'DELETE' THEN
		INSERT INTO purchase_total_changes
			("integration", "psp", "day", "purchase_type", "phase", "state", "reason", "currency", "count", "charged_minor")
		VALUES
			(new.integration, new.psp, new.occurred_at_ms / 86400000, new.purchase_type, coalesce(new.phase, ''), new.state,
			 CASE WHEN new.state IN ('suppressed', 'not_a_purchase') THEN coalesce(new.reason, '') ELSE '' END,
			 new.currency, 1, new.charged_minor);
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER purchases_counted AFTER INSERT OR DELETE ON "purchases" FOR EACH ROW EXECUTE FUNCTION count_purchase();
--> statement-breakpoint
CREATE TRIGGER purchases_recounted AFTER UPDATE ON "purchases" FOR EACH ROW
WHEN (
	(old.occurred_at_ms / 86400000, old.purchase_type, old.phase, old.state, old.reason, old.currency, old.charged_minor)
	IS DISTINCT FROM
	(new.occurred_at_ms / 86400000, new.purchase_type, new.phase, new.state, new.reason, new.currency, new.charged_minor)
)
EXECUTE FUNCTION count_purchase();
--> statement-breakpoint
INSERT INTO "purchase_totals"
	("integration", "psp", "day", "purchase_type", "phase", "state", "reason", "currency", "count", "charged_minor")
SELECT "integration", "psp", "occurred_at_ms" / 86400000, "purchase_type", coalesce("phase", ''), "state",
	CASE WHEN "state" IN ('suppressed', 'not_a_purchase') THEN coalesce("reason", '') ELSE '' END,
	"currency", count(*), sum("charged_minor")
FROM "purchases"
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
