package org.securemed.ledger.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.merkle.TreeHash;

class CosignatureTest {
    private final CosignKey key = CosignKey.generate("log.example/one/pq", new SecureRandom());
    private final Checkpoint checkpoint = new Checkpoint("log.example/one", 7, TreeHash.EMPTY_ROOT);

    @Test
    void a_cosignature_verifies_and_tells_its_time() throws Exception {
        NoteSignature line = key.cosign(checkpoint, Instant.ofEpochSecond(1_794_000_000));
        assertThat(line.signature()).hasSize(8 + 2_420);
        assertThat(key.verifyKey().verify(checkpoint, line)).isEqualTo(1_794_000_000);
    }

    @Test
    void a_cosignature_is_not_one_of_another_checkpoint_time_name_or_key() {
        NoteSignature line = key.cosign(checkpoint, Instant.ofEpochSecond(5));
        Checkpoint larger = new Checkpoint("log.example/one", 8, TreeHash.EMPTY_ROOT);
        Checkpoint elsewhere = new Checkpoint("log.example/two", 7, TreeHash.EMPTY_ROOT);
        byte[] later = line.signature();
        later[7]++;
        NoteSignature restamped = NoteSignature.of(line.name(), line.keyId(), later);
        CosignVerifyKey other =
                CosignKey.generate("log.example/one/pq", new SecureRandom()).verifyKey();
        refused(key.verifyKey(), larger, line);
        refused(key.verifyKey(), elsewhere, line);
        refused(key.verifyKey(), checkpoint, restamped);
        refused(other, checkpoint, line);
        refused(other, checkpoint, NoteSignature.of(line.name(), other.keyId(), line.signature()));
        refused(key.verifyKey(), checkpoint, NoteSignature.of(line.name(), line.keyId(), Arrays.copyOf(later, 2_000)));
    }

    @Test
    void the_message_is_the_structure_of_the_specification() {
        Checkpoint small = new Checkpoint("o", 258, TreeHash.EMPTY_ROOT);
        byte[] message = CosignVerifyKey.message("nm", small, 1);
        assertThat(new String(message, 0, 12, StandardCharsets.US_ASCII)).isEqualTo("subtree/v1\n\0");
        assertThat(Arrays.copyOfRange(message, 12, message.length - 32))
                .containsExactly(
                        2, 'n', 'm', 0, 0, 0, 0, 0, 0, 0, 1, 1, 'o', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2);
        assertThat(Arrays.copyOfRange(message, message.length - 32, message.length))
                .isEqualTo(TreeHash.EMPTY_ROOT.toByteArray());
    }

    @Test
    void a_certificate_reads_back_only_by_the_log_key() throws Exception {
        SigningKey log = SigningKey.generate("log.example/one", new SecureRandom());
        SigningKey other = SigningKey.generate("log.example/one", new SecureRandom());
        CosignerCertificate certificate = new CosignerCertificate("log.example/one", key.verifyKey());
        assertThat(CosignerCertificate.verify(certificate.sign(log), log.verifyKey()))
                .isEqualTo(certificate);
        assertThatThrownBy(() -> CosignerCertificate.verify(certificate.sign(other), log.verifyKey()))
                .isInstanceOf(NoteException.class);
    }

    private static void refused(CosignVerifyKey key, Checkpoint checkpoint, NoteSignature line) {
        assertThatThrownBy(() -> key.verify(checkpoint, line)).isInstanceOf(NoteException.class);
    }
}
