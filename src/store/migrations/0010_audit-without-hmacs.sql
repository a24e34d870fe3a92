-- An erasure was noted with the HMAC of the erased user's id: whoever has the pepper could find out whose it was.
UPDATE "audit" SET "target" = 'user' WHERE "action" = 'user.erase' AND "target" ~ '^[A-Za-z0-9_-]{43}$';
