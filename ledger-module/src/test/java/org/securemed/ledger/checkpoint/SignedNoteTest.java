package org.securemed.ledger.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.ledger.merkle.TreeHash;

class SignedNoteTest {
    private final SigningKey key = SigningKey.generate("log.example/one", new SecureRandom());

    /** RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature. */
    @ParameterizedTest
    @CsvSource({
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60,"
                + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a,'',"
                + "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd"
                + "25bf5f0595bbe24655141438e7a100b",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb,"
                + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,72,"
                + "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c3"
                + "87b2eaeb4302aeeb00d291612bb0c00",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7,"
                + "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025,af82,"
                + "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594"
                + "a7c15e9716ed28dc027beceea1ec40a"
    })
    void ed25519_is_that_of_the_rfc(String seed, String publicKey, String message, String signature) {
        SigningKey rfc = SigningKey.ofSeed("rfc", HexFormat.of().parseHex(seed), false);
        byte[] bytes = HexFormat.of().parseHex(message);
        assertThat(rfc.verifyKey().publicKey()).isEqualTo(HexFormat.of().parseHex(publicKey));
        assertThat(rfc.sign(bytes)).isEqualTo(HexFormat.of().parseHex(signature));
        assertThat(rfc.verifyKey().signed(bytes, HexFormat.of().parseHex(signature)))
                .isTrue();
    }

    @Test
    void a_note_reads_back_and_verifies() throws Exception {
        SignedNote note = SignedNote.sign("one\n\ntwo\n", key);
        SignedNote read = SignedNote.parse(note.toString().getBytes(StandardCharsets.UTF_8));
        assertThat(read).isEqualTo(note);
        assertThat(read.verify(key.verifyKey())).isEqualTo("one\n\ntwo\n");
        assertThat(note.toString()).startsWith("one\n\ntwo\n\n\u2014 log.example/one ");
    }

    @Test
    void a_vkey_reads_back_and_with_another_id_is_refused() throws Exception {
        String vkey = key.verifyKey().toString();
        assertThat(VerifyKey.parse(vkey)).isEqualTo(key.verifyKey());
        for (String wrong : new String[] {
            "",
            "a+b",
            vkey + "x",
            vkey.replace("log.example/one", "log.example/two"),
            "a b+00000000+AA==",
            vkey.toUpperCase(java.util.Locale.ROOT)
        }) {
            assertThatThrownBy(() -> VerifyKey.parse(wrong)).as(wrong).isInstanceOf(NoteException.class);
        }
    }

    @Test
    void no_flipped_bit_of_a_note_survives() {
        byte[] note = new Checkpoint("log.example/one", 7, TreeHash.EMPTY_ROOT)
                .sign(key)
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        for (int bit = 0; bit < note.length * 8; bit++) {
            byte[] flipped = note.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> Checkpoint.verify(SignedNote.parse(flipped), key.verifyKey()))
                    .as("bit %d", bit)
                    .isInstanceOf(NoteException.class);
        }
    }

    @Test
    void a_note_by_another_key_of_the_same_name_is_refused() {
        SigningKey other = SigningKey.generate("log.example/one", new SecureRandom());
        SignedNote note = SignedNote.sign("text\n", other);
        assertThatThrownBy(() -> note.verify(key.verifyKey())).isInstanceOf(NoteException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "text\n",
                "text\n\n",
                "text\n\n\n",
                "text\n\n\u2014 name\n",
                "text\n\n- name AAAAAAA=\n",
                "text\n\n\u2014 name AAAAAAA= x\n",
                "text\n\n\u2014 na+me AAAAAAA=\n",
                "text\n\n\u2014 name AAAA\n",
                "text\n\n\u2014 name AAAAAAA=",
                "text\n\n\u2014 name AAAA*AA=\n",
                "te\u0001xt\n\n\u2014 name AAAAAAA=\n",
                "te\rxt\n\n\u2014 name AAAAAAA=\n"
            })
    void what_is_not_a_note_is_refused(String note) {
        assertThatThrownBy(() -> SignedNote.parse(note)).isInstanceOf(NoteException.class);
    }

    @Test
    void a_note_that_is_too_long_has_too_many_signatures_or_is_not_utf8_is_refused() {
        String line = "\u2014 name AAAAAAA=\n";
        assertThatThrownBy(() -> SignedNote.parse("text\n\n" + line.repeat(65))).isInstanceOf(NoteException.class);
        assertThatThrownBy(() -> SignedNote.parse("x".repeat(SignedNote.MAX_BYTES) + "\n\n" + line))
                .isInstanceOf(NoteException.class);
        assertThatThrownBy(() -> SignedNote.parse(new byte[] {'a', (byte) 0xff, '\n', '\n'}))
                .isInstanceOf(NoteException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "log.example/one\n07\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n",
                "log.example/one\n-7\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n",
                "log.example/one\n7\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\n",
                "log.example/one\n7\nMDEy\n",
                "log.example/one\n7\n",
                "log.example/one\n7\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\nextension\n",
                "log.example/two\n7\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n",
                "log.example/one\n99999999999999999999\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n"
            })
    void a_signed_text_that_is_no_checkpoint_of_this_log_is_refused(String body) {
        SignedNote note = SignedNote.sign(body, key);
        assertThatThrownBy(() -> Checkpoint.verify(note, key.verifyKey())).isInstanceOf(NoteException.class);
    }

    @Test
    void a_certificate_is_not_a_checkpoint_and_a_checkpoint_is_not_a_certificate() throws Exception {
        SigningKey instance = SigningKey.generate("server-1", new SecureRandom());
        InstanceCertificate certificate = new InstanceCertificate("log.example/one", instance.verifyKey());
        SignedNote note = certificate.sign(key);
        assertThat(InstanceCertificate.verify(note, key.verifyKey())).isEqualTo(certificate);
        assertThatThrownBy(() -> Checkpoint.verify(note, key.verifyKey())).isInstanceOf(NoteException.class);
        SignedNote checkpoint = new Checkpoint("log.example/one", 7, TreeHash.EMPTY_ROOT).sign(key);
        assertThatThrownBy(() -> InstanceCertificate.verify(checkpoint, key.verifyKey()))
                .isInstanceOf(NoteException.class);
    }
}
