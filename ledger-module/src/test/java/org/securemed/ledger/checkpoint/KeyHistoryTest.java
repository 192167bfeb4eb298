package org.securemed.ledger.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.merkle.TreeHash;

class KeyHistoryTest {
    private static final String ORIGIN = "log.example/one";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final SigningKey first = SigningKey.generate(ORIGIN, RANDOM);
    private final SigningKey second = SigningKey.generate(ORIGIN, RANDOM);
    private final SigningKey third = SigningKey.generate(ORIGIN, RANDOM);
    private final SigningKey server = SigningKey.generate("server-1", RANDOM);
    private final CosignKey cosigner = CosignKey.generate(ORIGIN + "/pq", RANDOM);
    private final KeyHistory history = new KeyHistory(first.verifyKey());

    @Test
    void each_checkpoint_is_signed_by_the_newest_key_that_its_tree_announces() throws Exception {
        history.learn(10, succession(first, second));
        history.learn(20, succession(second, third));
        assertThat(history.logKeyAt(0)).isEqualTo(first.verifyKey());
        assertThat(history.logKeyAt(10)).isEqualTo(first.verifyKey());
        assertThat(history.logKeyAt(11)).isEqualTo(second.verifyKey());
        assertThat(history.logKeyAt(21)).isEqualTo(third.verifyKey());
        assertThat(history.verify(checkpoint(10).sign(first)).size()).isEqualTo(10);
        assertThatThrownBy(() -> history.verify(checkpoint(11).sign(first))).isInstanceOf(NoteException.class);
        assertThatThrownBy(() -> history.verify(checkpoint(10).sign(second))).isInstanceOf(NoteException.class);
        assertThat(history.outgoingAt(21)).containsExactly(first.verifyKey(), second.verifyKey());
    }

    @Test
    void the_first_key_is_found_from_every_later_one_and_from_no_other() {
        List<String> statements = List.of(succession(first, second), succession(second, third));
        for (SigningKey known : List.of(first, second, third)) {
            assertThat(KeyHistory.initial(known.verifyKey(), statements)).isEqualTo(first.verifyKey());
        }
        assertThat(KeyHistory.initial(server.verifyKey(), statements)).isEqualTo(server.verifyKey());
    }

    @Test
    void nobody_follows_without_the_signatures_of_both() throws Exception {
        LogKeySuccession word = new LogKeySuccession(first.verifyKey(), second.verifyKey());
        SignedNote both = word.sign(first, second);
        for (int one = 0; one < 2; one++) {
            String half = new SignedNote(both.text(), List.of(both.signatures().get(one))).toString();
            assertThatThrownBy(() -> history.learn(1, half)).isInstanceOf(NoteException.class);
        }
        assertThatThrownBy(() -> history.learn(1, succession(second, third))).isInstanceOf(NoteException.class);
        history.learn(1, both.toString());
        history.learn(2, both.toString());
        assertThatThrownBy(() -> history.learn(3, succession(second, first))).isInstanceOf(NoteException.class);
        assertThat(history.logKeys()).containsExactly(first.verifyKey(), second.verifyKey());
    }

    @Test
    void a_key_signs_from_the_block_with_its_certificate_to_the_block_with_its_revocation() throws Exception {
        history.learn(
                5,
                new InstanceCertificate(ORIGIN, server.verifyKey()).sign(first).toString());
        history.learn(9, revocation(server.verifyKey().toString(), first));
        assertThat(mayServerSign(3, 5)).isFalse();
        assertThat(mayServerSign(3, 6)).isTrue();
        assertThat(mayServerSign(9, 12)).isTrue();
        assertThat(mayServerSign(10, 12)).isFalse();
        assertThat(history.isInForce(server.verifyKey().fingerprint())).isFalse();
        assertThatThrownBy(() -> history.learn(
                        10,
                        new InstanceCertificate(ORIGIN, server.verifyKey())
                                .sign(first)
                                .toString()))
                .isInstanceOf(NoteException.class);
    }

    @Test
    void certificates_and_revocations_are_by_the_log_key_of_their_place() throws Exception {
        history.learn(1, succession(first, second));
        assertThatThrownBy(() -> history.learn(
                        2,
                        new InstanceCertificate(ORIGIN, server.verifyKey())
                                .sign(first)
                                .toString()))
                .isInstanceOf(NoteException.class);
        history.learn(
                2,
                new InstanceCertificate(ORIGIN, server.verifyKey()).sign(second).toString());
        assertThatThrownBy(() -> history.learn(3, revocation(server.verifyKey().toString(), first)))
                .isInstanceOf(NoteException.class);
        assertThatThrownBy(() -> history.learn(3, revocation(second.verifyKey().toString(), second)))
                .isInstanceOf(NoteException.class);
        assertThatThrownBy(() -> history.learn(3, revocation(third.verifyKey().toString(), second)))
                .isInstanceOf(NoteException.class);
        history.learn(3, revocation(first.verifyKey().toString(), second));
        assertThat(history.outgoingAt(3)).containsExactly(first.verifyKey());
        assertThat(history.outgoingAt(4)).isEmpty();
    }

    @Test
    void a_revoked_cosigner_is_needed_no_more() throws Exception {
        history.learn(
                4,
                new CosignerCertificate(ORIGIN, cosigner.verifyKey())
                        .sign(first)
                        .toString());
        history.learn(8, revocation(cosigner.verifyKey().toString(), first));
        assertThat(history.cosignersAt(4)).isEmpty();
        assertThat(history.cosignersAt(5)).containsExactly(cosigner.verifyKey());
        assertThat(history.cosignersAt(8)).containsExactly(cosigner.verifyKey());
        assertThat(history.cosignersAt(9)).isEmpty();
    }

    @Test
    void a_log_key_may_be_ecdsa_on_p_256() throws Exception {
        SigningKey p256 = p256(ORIGIN, "secp256r1");
        VerifyKey key = VerifyKey.parse(p256.verifyKey().toString());
        assertThat(key).isEqualTo(p256.verifyKey());
        assertThat(key.keyId())
                .isEqualTo(java.nio.ByteBuffer.wrap(
                                TreeHash.sha256(key.publicKey()).toByteArray())
                        .getInt());
        byte[] signature = p256.sign(new byte[] {1, 2});
        assertThat(key.signed(new byte[] {1, 2}, signature)).isTrue();
        assertThat(key.signed(new byte[] {1, 3}, signature)).isFalse();
        for (int i = 0; i < signature.length; i++) {
            byte[] flipped = signature.clone();
            flipped[i] ^= 1;
            assertThat(key.signed(new byte[] {1, 2}, flipped)).as("byte %d", i).isFalse();
        }
        history.learn(
                0,
                new LogKeySuccession(first.verifyKey(), key).sign(first, p256).toString());
        assertThat(history.verify(checkpoint(1).sign(p256)).size()).isEqualTo(1);
        assertThatThrownBy(() -> p256(ORIGIN, "secp384r1")).isInstanceOf(IllegalArgumentException.class);
    }

    private boolean mayServerSign(long firstIndex, long treeSize) {
        return history.maySign(server.verifyKey().fingerprint(), firstIndex, treeSize);
    }

    private static SigningKey p256(String name, String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
        generator.initialize(new ECGenParameterSpec(curve));
        KeyPair pair = generator.generateKeyPair();
        return SigningKey.inToken(name, pair.getPrivate(), pair.getPublic(), generator.getProvider());
    }

    private static Checkpoint checkpoint(long size) {
        return new Checkpoint(ORIGIN, size, TreeHash.EMPTY_ROOT);
    }

    private static String succession(SigningKey from, SigningKey to) {
        return new LogKeySuccession(from.verifyKey(), to.verifyKey())
                .sign(from, to)
                .toString();
    }

    private static String revocation(String vkey, SigningKey logKey) {
        return new KeyRevocation(ORIGIN, vkey).sign(logKey).toString();
    }
}
