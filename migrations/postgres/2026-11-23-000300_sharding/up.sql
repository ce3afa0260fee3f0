-- What is sharded by site has no key, and no unique rule, without its site: a secret is random, nobody else has it.
ALTER TABLE device DROP CONSTRAINT device_secret_sha256_key;
CREATE INDEX device_by_secret ON device (secret_sha256);
