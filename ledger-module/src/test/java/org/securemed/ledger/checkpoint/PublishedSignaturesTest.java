package org.securemed.ledger.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.digests.SHAKEDigest;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.signers.MLDSASigner;
import org.junit.jupiter.api.Test;

/** What others signed. RFC 8032's own vectors are in {@link SignedNoteTest}. */
class PublishedSignaturesTest {
    /** The example of c2sp.org/signed-note. */
    @Test
    void the_note_of_the_specification_verifies_and_reads_back() throws Exception {
        String text = "This is an example message.\n\n"
                + "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1"
                + "Yu72IneyaQM=\n";
        VerifyKey key = VerifyKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
        SignedNote note = SignedNote.parse(text.getBytes(StandardCharsets.UTF_8));
        assertThat(note.verify(key)).isEqualTo("This is an example message.\n");
        assertThat(note).hasToString(text);
    }

    /** The example of golang.org/x/mod/sumdb/note. */
    @Test
    void the_note_of_go_verifies() throws Exception {
        String text = "If you think cryptography is the answer to your problem,\n"
                + "then you don't know what your problem is.\n\n"
                + "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6Ry"
                + "yBwJnAM=\n";
        VerifyKey key = VerifyKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
        assertThat(SignedNote.parse(text).verify(key)).startsWith("If you think");
    }

    /** The example of c2sp.org/tlog-cosignature. Its keys are not published. */
    @Test
    void the_cosigned_checkpoint_of_the_specification_is_read() throws Exception {
        String text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
                + "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGz"
                + "Gku9nTo+zyWE+xeMcTOAYQ8=\n"
                + "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1"
                + "nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
        SignedNote note = SignedNote.parse(text);
        Checkpoint claimed = Checkpoint.claimed(note);
        assertThat(claimed.size()).isEqualTo(20_852_163);
        assertThat(note.signatures().get(1).signature()).hasSize(8 + 64);
        assertThat(new String(CosignVerifyKey.ed25519Message(claimed, 1_679_315_147L), StandardCharsets.UTF_8))
                .isEqualTo("""
                        cosignature/v1
                        time 1679315147
                        example.com/behind-the-sofa
                        20852163
                        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
                        """);
        assertThat(note).hasToString(text);
    }

    /** Sixteen signatures of the longest kind must be read: signed-note. */
    @Test
    void a_note_with_sixteen_of_the_longest_signatures_is_read() throws Exception {
        SignedNote note = SignedNote.parse("text\n\n\u2014 w.example AAAAAAAA\n");
        byte[] longest = new byte[4_627 + 8];
        Arrays.fill(longest, (byte) 0xa5);
        for (int i = 0; i < 15; i++) {
            note = note.with(NoteSignature.of("witness%d.example".formatted(i), i, longest));
        }
        assertThat(SignedNote.parse(note.toString().getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(note);
    }

    /** C2SP CCTV, ML-DSA/accumulated/README.md: the accumulated test of ML-DSA-44, 100 iterations. */
    @Test
    void ml_dsa_44_accumulates_to_the_published_hash() throws Exception {
        SHAKEDigest seeds = new SHAKEDigest(128);
        SHAKEDigest accumulated = new SHAKEDigest(128);
        byte[] seed = new byte[32];
        for (int i = 0; i < 100; i++) {
            seeds.doOutput(seed, 0, seed.length);
            byte[] publicKey =
                    CosignKey.ofSeed("vector", seed, false).verifyKey().publicKey();
            MLDSASigner signer = new MLDSASigner();
            signer.init(true, new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_44, seed));
            byte[] signature = signer.generateSignature();
            MLDSASigner verifier = new MLDSASigner();
            verifier.init(false, new MLDSAPublicKeyParameters(MLDSAParameters.ml_dsa_44, publicKey));
            assertThat(verifier.verifySignature(signature)).isTrue();
            accumulated.update(publicKey, 0, publicKey.length);
            accumulated.update(signature, 0, signature.length);
        }
        byte[] result = new byte[32];
        accumulated.doFinal(result, 0, result.length);
        assertThat(HexFormat.of().formatHex(result))
                .isEqualTo("d51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203beeae4");
    }
}
