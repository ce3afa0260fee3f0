DROP INDEX device_by_secret;
ALTER TABLE device ADD CONSTRAINT device_secret_sha256_key UNIQUE (secret_sha256);
