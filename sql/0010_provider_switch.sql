-- What can be connected where. Turned off, nothing is sent to or taken from the
-- provider; connections and what waits stay.

-- What the operator said last, and so what a new organisation begins with.
CREATE TABLE provider_switch (
	provider VARBINARY(32) NOT NULL PRIMARY KEY,
	mode TINYINT UNSIGNED NOT NULL			-- 0 on 1 off 2 only for some
);

-- What everybody obeys.
CREATE TABLE provider_off (
	org_id BIGINT UNSIGNED NOT NULL,
	provider VARBINARY(32) NOT NULL,
	PRIMARY KEY (org_id, provider),
	CONSTRAINT provider_off_org FOREIGN KEY (org_id) REFERENCES org (id)
);
