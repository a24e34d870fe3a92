CREATE OR REPLACE FUNCTION count_purchase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF tg_op <> 'INSERT' THEN
		INSERT INTO purchase_total_changes
			("integration", "psp", "day", "purchase_type", "phase", "state", "reason", "currency", "count", "charged_minor")
		VALUES
			(old.integration, old.psp, old.occurred_at_ms / 86400000, old.purchase_type, coalesce(old.phase, ''), old.state,
			 CASE WHEN old.state IN ('suppressed', 'not_a_purchase') THEN coalesce(old.reason, '')
				WHEN old.state = 'pending' AND old.waiting_for = 'hold' THEN 'hold' ELSE '' END,
			 old.currency, -1, -old.charged_minor);
	END IF;
	IF tg_op <> 'DELETE' THEN
		INSERT INTO purchase_total_changes
			("integration", "psp", "day", "purchase_type", "phase", "state", "reason", "currency", "count", "charged_minor")
		VALUES
			(new.integration, new.psp, new.occurred_at_ms / 86400000, new.purchase_type, coalesce(new.phase, ''), new.state,
			 CASE WHEN new.state IN ('suppressed', 'not_a_purchase') THEN coalesce(new.reason, '')
				WHEN new.state = 'pending' AND new.waiting_for = 'hold' THEN 'hold' ELSE '' END,
			 new.currency, 1, new.charged_minor);
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER purchases_recounted AFTER UPDATE ON "purchases" FOR EACH ROW
WHEN (
	(old.occurred_at_ms / 86400000, old.purchase_type, old.phase, old.state, old.reason, old.currency, old.charged_minor,
	 old.waiting_for IS NOT DISTINCT FROM 'hold')
	IS DISTINCT FROM
	(new.occurred_at_ms / 86400000, new.purchase_type, new.phase, new.state, new.reason, new.currency, new.charged_minor,
	 new.waiting_for IS NOT DISTINCT FROM 'hold')
)
EXECUTE FUNCTION count_purchase();
