package org.securemed.card.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.securemed.card.simulated.TestCa;

class TrustMaterialTest {
    private static final TestCa ONE = new TestCa("One");
    private static final TestCa TWO = new TestCa("Two");
    private static final X509Certificate A = ONE.certificate();
    private static final X509Certificate B = TWO.certificate();
    private static final X509CRL LIST = ONE.revoke();

    @Test
    void der_and_pem_are_read_however_the_lines_end() throws Exception {
        String pem = pem(A);

        assertThat(TrustMaterial.certificates(A.getEncoded())).containsExactly(A);
        for (String same :
                List.of(pem, pem.replace("\n", "\r\n"), "\uFEFF" + pem, pem.strip(), "\n\n" + pem + "\n \n")) {
            assertThat(TrustMaterial.certificates(bytes(same))).containsExactly(A);
        }
        assertThat(TrustMaterial.revocationLists(LIST.getEncoded())).containsExactly(LIST);
        assertThat(TrustMaterial.revocationLists(bytes(pem(LIST)))).containsExactly(LIST);
    }

    @Test
    void of_a_bundle_everything_that_is_wanted_is_taken_and_the_rest_passed_over() throws Exception {
        String bundle = "0 s:CN = One\n" + pem(A) + "# the other one\nsubject=CN=Two\n" + pem(B) + pem(LIST)
                + "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";

        assertThat(TrustMaterial.certificates(bytes(bundle))).containsExactly(A, B);
        assertThat(TrustMaterial.revocationLists(bytes(bundle))).containsExactly(LIST);
    }

    @Test
    void a_file_without_what_is_wanted_is_refused() throws Exception {
        for (byte[] wrong : List.of(
                new byte[0], bytes("0"), bytes("hello"), bytes(pem(LIST)), LIST.getEncoded(), new byte[] {0x30})) {
            assertThatThrownBy(() -> TrustMaterial.certificates(wrong)).isInstanceOf(TrustMaterialException.class);
        }
        for (byte[] wrong : List.of(new byte[0], bytes("hello"), bytes(pem(A)), A.getEncoded())) {
            assertThatThrownBy(() -> TrustMaterial.revocationLists(wrong)).isInstanceOf(TrustMaterialException.class);
        }
    }

    /** Of two lists it may be the newer one. */
    @Test
    void a_file_of_which_a_part_is_damaged_is_refused_as_a_whole() throws Exception {
        String newer = pem(ONE.revoke(A));
        for (String damaged : List.of(
                newer.substring(0, newer.length() - 9),
                newer.substring(0, 100),
                newer.replace("-----END X509 CRL-----", "-----END CERTIFICATE-----"),
                newer.replace("M", "*"))) {
            for (String file : List.of(pem(LIST) + damaged, damaged + "\n" + pem(LIST))) {
                assertThatThrownBy(() -> TrustMaterial.revocationLists(bytes(file)))
                        .as(file)
                        .isInstanceOf(TrustMaterialException.class);
            }
        }
    }

    @Test
    void more_than_any_list_holds_is_not_looked_at() {
        byte[] large = new byte[64 * 1024 * 1024 + 1];
        assertThatThrownBy(() -> TrustMaterial.revocationLists(large)).hasMessageContaining("too large");
    }

    private static String pem(X509Certificate certificate) throws Exception {
        return pem("CERTIFICATE", certificate.getEncoded());
    }

    private static String pem(X509CRL list) throws Exception {
        return pem("X509 CRL", list.getEncoded());
    }

    private static String pem(String label, byte[] der) {
        return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                .formatted(label, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
