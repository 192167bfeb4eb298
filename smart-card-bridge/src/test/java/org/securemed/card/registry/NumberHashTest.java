package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.securemed.card.simulated.TestCa;

class NumberHashTest {
    @Test
    void numbers_and_keys_are_told_apart_only_by_who_has_the_secret() {
        UUID guid = UUID.randomUUID();
        var key = TestCa.keyPair("secp256r1").getPublic();
        NumberHash hash = new NumberHash(new byte[32]);
        byte[] secret = new byte[32];
        secret[0] = 1;
        NumberHash other = new NumberHash(secret);

        assertThat(hash.of(guid)).isEqualTo(hash.of(guid)).hasSize(32).isNotEqualTo(hash.of(UUID.randomUUID()));
        assertThat(hash.of(guid)).isNotEqualTo(other.of(guid));
        assertThat(hash.of(key)).isEqualTo(hash.of(key)).isNotEqualTo(other.of(key));
    }
}
