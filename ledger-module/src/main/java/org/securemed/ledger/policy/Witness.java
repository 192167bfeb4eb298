package org.securemed.ledger.policy;

import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.CosignVerifyKey;

/**
 * A witness that a policy knows.
 *
 * @param name within the policy; octets beyond ASCII are opaque and stand here as U+0080 to U+00FF
 * @param key what it cosigns with
 * @param url as written, by convention its submission prefix (C2SP tlog-witness); null when the policy does not say
 */
public record Witness(
        String name, CosignVerifyKey key, @Nullable String url) {}
