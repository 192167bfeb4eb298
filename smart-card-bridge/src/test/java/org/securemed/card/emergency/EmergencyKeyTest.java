package org.securemed.card.emergency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.CompressionAlgorithm;
import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDHEncrypter;
import com.nimbusds.jose.jwk.ECKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.outbound.StrictJson;

class EmergencyKeyTest {
    private static final byte[] RECORD = "allergic to penicillin".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path directory;

    private final EmergencyKey.Made made = EmergencyKey.make(5, 3);
    private final String sealed = made.key().seal(RECORD);

    @Test
    void every_three_of_five_open_it_and_no_two() throws Exception {
        for (int people = 0; people < 32; people++) {
            List<KeyShare> shares = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                if ((people & 1 << i) != 0) {
                    shares.add(made.shares().get(i));
                }
            }
            if (shares.size() >= 3) {
                assertThat(made.key().open(sealed, shares)).isEqualTo(RECORD);
            } else {
                assertThatThrownBy(() -> made.key().open(sealed, shares)).isInstanceOf(EmergencyException.class);
            }
        }
    }

    @Test
    void two_people_who_say_that_two_are_enough_open_nothing_nor_does_one_who_counts_twice() {
        List<KeyShare> two = made.shares().subList(0, 2).stream()
                .map(share -> new KeyShare(share.key(), 2, share.number(), share.value()))
                .toList();
        assertThatThrownBy(() -> made.key().open(sealed, two)).hasMessageContaining("was changed");
        KeyShare one = made.shares().get(0);
        assertThatThrownBy(() -> made.key().open(sealed, List.of(one, one, one)))
                .hasMessageContaining("there are 1");
    }

    @Test
    void what_was_sealed_in_another_way_or_packed_is_not_opened() throws Exception {
        ECKey open =
                ECKey.parse(StrictJson.object(made.key().json()).path("public").toString());
        for (JWEHeader header : List.of(
                new JWEHeader(JWEAlgorithm.ECDH_ES, EncryptionMethod.A256GCM),
                new JWEHeader(JWEAlgorithm.ECDH_ES_A256KW, EncryptionMethod.A128GCM),
                new JWEHeader.Builder(JWEAlgorithm.ECDH_ES_A256KW, EncryptionMethod.A256GCM)
                        .compressionAlgorithm(CompressionAlgorithm.DEF)
                        .build())) {
            JWEObject other = new JWEObject(header, new Payload(RECORD));
            other.encrypt(new ECDHEncrypter(open));
            assertThatThrownBy(() -> made.key().open(other.serialize(), made.shares()))
                    .hasMessageContaining("not sealed with");
        }
    }

    @Test
    void a_changed_share_another_key_and_changed_ciphertext_open_nothing() throws Exception {
        List<KeyShare> shares = new ArrayList<>(made.shares().subList(0, 3));
        byte[] value = shares.get(2).value();
        value[31] ^= 1;
        shares.set(2, new KeyShare(shares.get(2).key(), 3, 3, value));
        assertThatThrownBy(() -> made.key().open(sealed, shares)).hasMessageContaining("was changed");

        EmergencyKey.Made other = EmergencyKey.make(3, 2);
        assertThatThrownBy(() -> made.key().open(sealed, other.shares())).hasMessageContaining("another key");
        assertThatThrownBy(() -> other.key().open(sealed, other.shares())).hasMessageContaining("not sealed with");

        int middle = sealed.lastIndexOf('.') - 3;
        String changed =
                sealed.substring(0, middle) + (sealed.charAt(middle) == 'A' ? 'B' : 'A') + sealed.substring(middle + 1);
        for (String bad : List.of(changed, "", "a.b.c.d.e", sealed.substring(5))) {
            assertThatThrownBy(() -> made.key().open(bad, made.shares())).hasMessageContaining("not sealed with");
        }
    }

    @Test
    void what_lies_about_holds_no_secret_and_says_nothing_in_logs() throws Exception {
        String json = new String(made.key().json(), StandardCharsets.UTF_8);
        assertThat(json).doesNotContain("\"d\"");
        assertThat(EmergencyKey.parse(made.key().json()).open(sealed, made.shares()))
                .isEqualTo(RECORD);
        assertThat(made.shares().get(0).toString()).isEqualTo("KeyShare[1]");
        for (String bad : List.of("", "{}", json.replace("\"kid\":\"", "\"kid\":\"x"), json + "x")) {
            assertThatThrownBy(() -> EmergencyKey.parse(bad.getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(EmergencyException.class);
        }
        for (String bad :
                List.of("", "securemed-share:x", made.shares().get(0).line().replace(":3:", ":1:"))) {
            assertThatThrownBy(() -> KeyShare.parse(bad)).isInstanceOf(EmergencyException.class);
        }
    }

    @Test
    void the_command_makes_seals_and_opens_and_overwrites_nothing() throws Exception {
        String out = directory.resolve("key").toString();
        assertThat(run(new byte[0], "make", "--shares", "3", "--needed", "2", "--out", out)
                        .code())
                .isZero();
        assertThat(run(new byte[0], "make", "--shares", "3", "--needed", "2", "--out", out)
                        .code())
                .isEqualTo(1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("key/share-1.txt"))))
                .isEqualTo("rw-------");
        Ended file = run(RECORD, "seal", "--key", out + "/emergency-key.json");
        assertThat(file.code()).isZero();

        Ended opened = run(
                file.out(),
                "open",
                "--key",
                out + "/emergency-key.json",
                "--share",
                out + "/share-3.txt",
                "--share",
                out + "/share-1.txt");
        assertThat(opened.out()).isEqualTo(RECORD);
        assertThat(run(file.out(), "open", "--key", out + "/emergency-key.json", "--share", out + "/share-3.txt")
                        .code())
                .isEqualTo(1);
        assertThat(run(new byte[0]).code()).isEqualTo(2);
        assertThat(run(new byte[0], "make", "--shares", "3", "--needed", "1", "--out", out)
                        .code())
                .isEqualTo(2);
    }

    private record Ended(int code, byte[] out) {}

    private static Ended run(byte[] in, String... options) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = new EmergencyKeyCommand(new ByteArrayInputStream(in))
                .run(
                        Arrays.asList(options),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
        return new Ended(code, out.toByteArray());
    }
}
