ALTER TABLE "user_orders" ADD COLUMN "settled_as" text[];--> statement-breakpoint
ALTER TABLE "user_orders" ADD COLUMN "settled_for" text;--> statement-breakpoint
-- A hash of what is known of a buyer: of the user, and by the order's own facts.
CREATE FUNCTION settled_mark(_user_id bigint, _own_identity text, _checkout_hmac text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT md5(concat_ws('|', "identity", '-', "consent", '-', "consent_at_ms", '-', _own_identity, '-', _checkout_hmac))
	FROM "users" WHERE "id" = _user_id
$$;
--> statement-breakpoint
-- The one-offs that have an id of this payment, and are no other order's payment.
CREATE FUNCTION has_one_off(_integration text, _psp text, _money_id text, _ids text[]) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN EXISTS (
		SELECT FROM "payments" p
		WHERE p."integration" = _integration AND p."psp" = _psp AND p."money_id" = p."subscription" AND p."money_id" <> _money_id
			AND p."money_id" = ANY (_ids || ARRAY(
				SELECT i."money_id" FROM "payment_ids" i
				WHERE i."integration" = _integration AND i."psp" = _psp AND i."payment_id" = ANY (_ids)))
	);
END $$;
--> statement-breakpoint
-- True when a payment that has been registered met something: a one-off that is the same payment, or a refund that came before it. A refund may
-- name a charge, that belongs to an intent, that belongs to an invoice.
CREATE FUNCTION has_met(_integration text, _psp text, _money_id text, _told jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
	_ids text[] := ARRAY(SELECT jsonb_array_elements_text(_told));
	_all text[] := _ids;
	_next text[] := _ids;
BEGIN
	FOR _hop IN 1..3 LOOP
		_next := ARRAY(
			SELECT DISTINCT "payment_id" FROM "payment_ids"
			WHERE "integration" = _integration AND "psp" = _psp AND "money_id" = ANY (_next) AND "payment_id" <> ALL (_all));
		EXIT WHEN cardinality(_next) = 0;
		_all := _all || _next;
	END LOOP;
	RETURN EXISTS (
		SELECT FROM "unmatched_refunds" WHERE "integration" = _integration AND "psp" = _psp AND "payment_id" = ANY (_all)
	) OR has_one_off(_integration, _psp, _money_id, _ids);
END $$;
--> statement-breakpoint
-- Registers a fact of a known order whose buyer has said all of it before, and keeps the fact. NULL where anything else has to be looked at:
-- then nothing is written. `_pending` is a row of `purchases`, or NULL. The order of locks is that of every registration: the user, then the
-- order. Each statement sees what others have committed by then.
CREATE FUNCTION register_settled(_told jsonb, _pending jsonb, _fact json) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	_integration text := _told ->> 'integration';
	_psp text := _told ->> 'psp';
	_subscription text := _told ->> 'subscription';
	_money_id text := _told ->> 'moneyId';
	_at_ms bigint := (_told ->> 'atMs')::bigint;
	_due_at_ms bigint := (_told ->> 'dueAtMs')::bigint;
	_said_at_ms bigint := (_told ->> 'saidAtMs')::bigint;
	_ended_at_ms bigint := (_told ->> 'endedAtMs')::bigint;
	_resumed_at_ms bigint := (_told ->> 'resumedAtMs')::bigint;
	_checkout_hmac text := _told ->> 'checkoutHmac';
	_checkout_id text := _told ->> 'checkoutId';
	_ids text[];
	_user "users"%ROWTYPE;
	_order "user_orders"%ROWTYPE;
	_keys integer;
	_owns_checkout boolean := false;
	_is_repeated boolean;
BEGIN
	SELECT u.* INTO _user FROM "user_orders" o JOIN "users" u ON u."id" = o."user_id"
	WHERE o."integration" = _integration AND o."psp" = _psp AND o."subscription" = _subscription
		AND _told ->> 'saying' = ANY (o."settled_as")
	FOR KEY SHARE OF u;
	IF NOT FOUND OR _user."erased_at_ms" IS NOT NULL OR _user."merged_into" IS NOT NULL THEN RETURN NULL; END IF;
	SELECT * INTO _order FROM "user_orders"
	WHERE "integration" = _integration AND "psp" = _psp AND "subscription" = _subscription FOR NO KEY UPDATE;
	IF _order."user_id" <> _user."id"
		OR _order."settled_for" IS DISTINCT FROM settled_mark(_user."id", _order."own_identity", _order."checkout_hmac")
	THEN RETURN NULL; END IF;

	SELECT count(*) INTO _keys FROM jsonb_to_recordset(_told -> 'keys') AS k("kind" text, "hmac" text)
	JOIN "user_identifiers" i ON i."integration" = _integration AND i."kind" = k."kind" AND i."hmac" = k."hmac"
	WHERE i."user_id" = _user."id";
	IF _keys <> jsonb_array_length(_told -> 'keys') THEN RETURN NULL; END IF;

	-- A payment that names no checkout is of the one that the order has named.
	IF _checkout_hmac IS NULL AND _pending IS NOT NULL AND _order."checkout_id" IS NOT NULL THEN
		_checkout_hmac := _order."checkout_hmac";
		_checkout_id := _order."checkout_id";
	END IF;
	IF _checkout_hmac IS NOT NULL THEN
		IF EXISTS (SELECT FROM "visits" WHERE "integration" = _integration AND "kind" = 'checkout' AND "hmac" = _checkout_hmac)
			OR NOT EXISTS (
				SELECT FROM "checkouts"
				WHERE "integration" = _integration AND "hmac" = _checkout_hmac AND "psp" = _psp AND "subscription" = _subscription)
			OR NOT EXISTS (
				SELECT FROM "user_identifiers"
				WHERE "integration" = _integration AND "kind" = 'checkout' AND "hmac" = _checkout_hmac AND "user_id" = _user."id")
		THEN RETURN NULL; END IF;
		-- As `decideOrderCheckout` does: an event id that the browser was given stays.
		_owns_checkout := NOT EXISTS (
			SELECT FROM "checkouts" c
			JOIN "browser_purchases" b ON b."integration" = c."integration" AND b."hmac" = c."hmac"
			WHERE c."integration" = _integration AND c."psp" = _psp AND c."subscription" = _subscription
				AND (b."hmac" <> _checkout_hmac OR b."event_id" <> b."checkout_id"));
	END IF;

	-- Another order's payment may be this one, or may have become it.
	IF _money_id IS NOT NULL THEN
		_ids := ARRAY(SELECT jsonb_array_elements_text(_told -> 'paymentIds'));
		IF has_one_off(_integration, _psp, _money_id, _ids) OR EXISTS (
			SELECT FROM "payment_ids" i
			JOIN "user_orders" o ON o."integration" = i."integration" AND o."psp" = i."psp" AND o."subscription" = i."payment_id"
			WHERE i."integration" = _integration AND i."psp" = _psp AND i."money_id" = _money_id)
		THEN RETURN NULL; END IF;
	END IF;

	-- An order of which no fact is kept may have lost its workflow.
	IF NOT EXISTS (SELECT FROM "order_facts" WHERE "integration" = _integration AND "psp" = _psp AND "subscription" = _subscription)
		AND NOT EXISTS (
			SELECT FROM "purchases"
			WHERE "integration" = _integration AND "psp" = _psp AND "subscription" = _subscription AND "revision" > 0)
	THEN RETURN NULL; END IF;

	-- The workflow has been told of this very fact, has decided its payment, and nothing was added to its ids.
	_is_repeated := EXISTS (
			SELECT FROM "signalled_facts" WHERE "integration" = _integration AND "fact_hash" = _told ->> 'factHash')
		AND (_pending IS NULL OR EXISTS (
			SELECT FROM "purchases"
			WHERE "integration" = _integration AND "psp" = _psp AND "subscription" = _subscription AND "money_id" = _money_id
				AND "revision" > 0 AND "state" <> 'pending'))
		AND NOT EXISTS (
			SELECT FROM unnest(_ids) AS i
			WHERE i <> _money_id AND NOT EXISTS (
				SELECT FROM "payment_ids" WHERE "integration" = _integration AND "psp" = _psp AND "payment_id" = i));

	IF _due_at_ms IS NOT NULL OR _ended_at_ms IS NOT NULL OR _resumed_at_ms IS NOT NULL THEN
		UPDATE "user_orders" o SET
			"due_at_ms" = CASE
				WHEN _due_at_ms IS NULL THEN o."due_at_ms"
				WHEN _said_at_ms > coalesce(o."due_said_at_ms", -1) THEN _due_at_ms
				WHEN _said_at_ms = o."due_said_at_ms" AND o."due_at_ms" IS NOT NULL THEN greatest(o."due_at_ms", _due_at_ms)
				ELSE o."due_at_ms" END,
			"due_said_at_ms" = greatest(o."due_said_at_ms", CASE WHEN _due_at_ms IS NOT NULL THEN _said_at_ms END),
			"ended_at_ms" = CASE
				WHEN greatest(o."ended_at_ms", _ended_at_ms) > coalesce(greatest(o."resumed_at_ms", _resumed_at_ms), -1)
				THEN greatest(o."ended_at_ms", _ended_at_ms) END,
			"resumed_at_ms" = greatest(o."resumed_at_ms", _resumed_at_ms)
		WHERE "integration" = _integration AND "psp" = _psp AND "subscription" = _subscription;
	END IF;
	IF _at_ms >= _user."updated_at_ms" + 86400000 THEN
		UPDATE "users" SET "updated_at_ms" = greatest("updated_at_ms", _at_ms) WHERE "id" = _user."id";
	END IF;
	IF _money_id IS NOT NULL THEN
		INSERT INTO "payments" ("integration", "psp", "money_id", "subscription")
		VALUES (_integration, _psp, _money_id, _subscription) ON CONFLICT DO NOTHING;
		INSERT INTO "payment_ids" ("integration", "psp", "payment_id", "money_id")
		SELECT DISTINCT _integration, _psp, i, _money_id FROM unnest(_ids) AS i WHERE i <> _money_id ORDER BY 3 ON CONFLICT DO NOTHING;
	END IF;
	IF _pending IS NOT NULL THEN
		-- Column by column: a newer version may have added some, which have defaults.
		INSERT INTO "purchases" (
			"integration", "psp", "money_id", "subscription", "purchase_type", "phase", "state", "reason", "held_by", "event_id",
			"event_name", "value_minor", "value_currency", "charged_minor", "refunded_minor", "currency", "occurred_at_ms", "attempts",
			"first_attempt_at_ms", "error_type", "error_code", "error_message", "request_id", "sent_at_ms", "by_whom",
			"settings_version", "revision", "as_of_ms", "destination", "waiting_for", "next_attempt_at_ms", "gives_up_at_ms",
			"matched_by", "refused_by_page")
		SELECT
			"integration", "psp", "money_id", "subscription", "purchase_type", "phase", "state", "reason", "held_by", "event_id",
			"event_name", "value_minor", "value_currency", "charged_minor", "refunded_minor", "currency", "occurred_at_ms", "attempts",
			"first_attempt_at_ms", "error_type", "error_code", "error_message", "request_id", "sent_at_ms", "by_whom",
			"settings_version", "revision", "as_of_ms", "destination", "waiting_for", "next_attempt_at_ms", "gives_up_at_ms",
			"matched_by", "refused_by_page"
		FROM jsonb_populate_record(NULL::"purchases", _pending) ON CONFLICT DO NOTHING;
	END IF;
	INSERT INTO "order_facts"
		("integration", "psp", "subscription", "fact_hash", "fact", "settings_version", "too_old", "accepted_at_ms", "checkout_id")
	VALUES (
		_integration, _psp, _subscription, _told ->> 'factHash', _fact, (_told ->> 'settingsVersion')::integer,
		(_told ->> 'tooOld')::boolean, _at_ms, CASE WHEN _owns_checkout THEN _checkout_id END)
	ON CONFLICT DO NOTHING;
	RETURN jsonb_build_object('ownsCheckout', _owns_checkout, 'checkoutId', CASE WHEN _owns_checkout THEN _checkout_id END,
		'isRepeated', _is_repeated);
END $$;
--> statement-breakpoint
-- All that is known of the buyer of these identifiers and of this order, as `identity` reads it: the users whom the identifiers lead to, the
-- checkouts among them that belong to an order, what the order's own facts said, and what pages said of the user id and the e-mail.
CREATE FUNCTION known_of_buyer(_integration text, _keys jsonb, _psp text, _subscription text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN jsonb_build_object(
		'users', (
			SELECT coalesce(jsonb_agg(jsonb_build_object('kind', k."kind", 'hmac', k."hmac", 'id', u."id", 'identity', u."identity",
				'consent', u."consent", 'consentAtMs', u."consent_at_ms", 'isErased', u."erased_at_ms" IS NOT NULL) ORDER BY u."id"), '[]')
			FROM jsonb_to_recordset(_keys) AS k("kind" text, "hmac" text)
			JOIN "user_identifiers" i ON i."integration" = _integration AND i."kind" = k."kind" AND i."hmac" = k."hmac"
			JOIN "users" u ON u."id" = i."user_id"),
		'ownedCheckouts', (
			SELECT coalesce(jsonb_agg(c."hmac"), '[]')
			FROM jsonb_to_recordset(_keys) AS k("kind" text, "hmac" text)
			JOIN "checkouts" c ON c."integration" = _integration AND c."hmac" = k."hmac"
			WHERE k."kind" = 'checkout'),
		'ownIdentity', (
			SELECT "own_identity" FROM "user_orders"
			WHERE "integration" = _integration AND "psp" = _psp AND "subscription" = _subscription),
		'visits', (
			SELECT coalesce(jsonb_agg(jsonb_build_object('words', v."words", 'consent', v."consent", 'consentAtMs', v."consent_at_ms")
				ORDER BY v."created_at_ms", v."kind"), '[]')
			FROM jsonb_to_recordset(_keys) AS k("kind" text, "hmac" text)
			JOIN "visits" v ON v."integration" = _integration AND v."kind" = k."kind" AND v."hmac" = k."hmac"
			WHERE k."kind" IN ('user_id', 'email')));
END $$;
