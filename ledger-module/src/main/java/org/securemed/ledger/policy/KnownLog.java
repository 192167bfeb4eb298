package org.securemed.ledger.policy;

import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.VerifyKey;

/**
 * A log that a policy accepts.
 *
 * @param key its name is the log's origin
 * @param url as written, where the log may be read; null when the policy does not say
 */
public record KnownLog(VerifyKey key, @Nullable String url) {}
