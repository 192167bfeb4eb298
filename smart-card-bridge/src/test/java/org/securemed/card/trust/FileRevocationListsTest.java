package org.securemed.card.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.CRLException;
import java.security.cert.X509CRL;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.simulated.SettableClock;
import org.securemed.card.simulated.TestCa;

class FileRevocationListsTest {
    private static final TestCa CA = new TestCa("Hospital CA");

    @TempDir
    private Path directory;

    private final SettableClock clock = new SettableClock(Instant.now());
    private final X509CRL first = CA.revoke();
    private final X509CRL second = CA.revoke(CA.certificate());
    private Path file;
    private int changes;

    @BeforeEach
    void write() throws Exception {
        file = directory.resolve("crl");
        write(first.getEncoded());
    }

    @Test
    void a_list_that_was_exchanged_counts_within_a_minute() throws Exception {
        FileRevocationLists lists = new FileRevocationLists(file, clock);
        write(second.getEncoded());

        clock.pass(Duration.ofSeconds(59));
        assertThat(lists.current()).containsExactly(first);
        clock.pass(Duration.ofSeconds(1));
        assertThat(lists.current()).containsExactly(second);
    }

    @Test
    void a_list_that_is_half_written_or_away_leaves_the_one_before_until_it_is_whole() throws Exception {
        FileRevocationLists lists = new FileRevocationLists(file, clock);

        write(new byte[] {0x30, (byte) 0x82});
        clock.pass(Duration.ofMinutes(1));
        assertThat(lists.current()).containsExactly(first);
        Files.delete(file);
        clock.pass(Duration.ofMinutes(1));
        assertThat(lists.current()).containsExactly(first);
        write(second.getEncoded());
        clock.pass(Duration.ofMinutes(1));
        assertThat(lists.current()).containsExactly(second);
    }

    @Test
    void a_file_that_did_not_change_is_not_read_again() throws Exception {
        FileRevocationLists lists = new FileRevocationLists(file, clock);
        X509CRL read = lists.current().get(0);

        clock.pass(Duration.ofMinutes(1));

        assertThat(lists.current().get(0)).isSameAs(read);
    }

    @Test
    void what_is_said_of_their_age_is_that_of_the_oldest() throws Exception {
        X509CRL older = new TestCa("Older CA").revoke();
        Instant oldest = older.getThisUpdate().toInstant();
        X509CRL younger = CA.revokeSince(oldest.plusSeconds(3600));
        for (X509CRL[] both : new X509CRL[][] {{older, younger}, {younger, older}}) {
            write(all(both));
            assertThat(new FileRevocationLists(file, clock).asOf()).isEqualTo(oldest);
        }
    }

    @Test
    void without_a_list_nothing_starts() throws Exception {
        write(CA.certificate().getEncoded());
        assertThatThrownBy(() -> new FileRevocationLists(file, clock)).isInstanceOf(TrustMaterialException.class);
        Files.delete(file);
        assertThatThrownBy(() -> new FileRevocationLists(file, clock)).isInstanceOf(IOException.class);
    }

    private static byte[] all(X509CRL... lists) throws CRLException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (X509CRL list : lists) {
            out.writeBytes(list.getEncoded());
        }
        return out.toByteArray();
    }

    /** File systems count seconds at worst, and tests are faster. */
    private void write(byte[] content) throws IOException {
        Files.write(file, content);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(++changes * 10L)));
    }
}
