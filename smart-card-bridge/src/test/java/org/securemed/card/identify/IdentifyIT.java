package org.securemed.card.identify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.securemed.card.simulated.TestObjects;
import org.securemed.card.simulated.VirtualReader;

/** The command, over the real PC/SC daemon and a virtual reader. */
class IdentifyIT {
    private static final int CHUID = 0x5FC102;
    private static final int CARD_CERTIFICATE = 0x5FC101;
    private static final int HOLDER_CERTIFICATE = 0x5FC105;

    private static VirtualReader reader;

    @TempDir
    private Path directory;

    private final UUID guid = UUID.randomUUID();
    private final TestCa ca = new TestCa("Hospital CA");

    @BeforeAll
    static void start() {
        reader = new VirtualReader();
    }

    @AfterAll
    static void stop() {
        if (reader != null) {
            reader.close();
        }
    }

    @AfterEach
    void pull() {
        reader.remove();
    }

    @ParameterizedTest
    @EnumSource
    void a_genuine_piv_card_of_every_key_is_accepted(CardKey key) throws Exception {
        reader.insert(SimulatedCard.piv(ca, guid, key));

        assertAccepted(identify());
    }

    @Test
    void a_genuine_card_of_our_own_is_accepted_once_and_again() throws Exception {
        reader.insert(SimulatedCard.secureMed(ca, guid));

        assertAccepted(identify());
        assertAccepted(identify());
    }

    @Test
    void the_packaged_program_prints_one_line_and_exits_with_0_or_1() throws Exception {
        reader.insert(SimulatedCard.piv(ca, guid, CardKey.P256));
        Answer accepted = process(ca.revoke());
        assertAccepted(accepted);

        reader.insert(clone(SimulatedCard.piv(ca, guid, CardKey.P256), CardKey.P256));
        assertRefused(process(ca.revoke()), RefusalReason.SIGNATURE_INVALID);
    }

    /** The signature of a CHUID is some kilobytes long, and comes in a dozen pieces. */
    @Test
    void a_card_with_long_objects_is_read_to_their_end() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        card.putPiv(CHUID, TestObjects.chuid(guid, "20400101", 3300));
        reader.insert(card);

        assertAccepted(identify());
    }

    @Test
    void several_cas_and_lists_are_believed_each_for_its_own() throws Exception {
        TestCa other = new TestCa("Other CA");
        reader.insert(SimulatedCard.piv(other, guid, CardKey.P256));
        List<String> options = new ArrayList<>(arguments(ca.revoke()));
        options.addAll(List.of(
                "--ca",
                write("other.der", other.certificate().getEncoded()).toString(),
                "--crl",
                write("other.crl", other.revoke().getEncoded()).toString()));

        assertAccepted(run(options.toArray(String[]::new)));
        assertRefused(run(options.subList(0, 8).toArray(String[]::new)), RefusalReason.REVOCATION_UNKNOWN);
    }

    @Test
    void ca_and_revocation_list_may_be_pem_or_der_and_the_reader_named_by_its_beginning() throws Exception {
        reader.insert(SimulatedCard.piv(ca, guid, CardKey.P256));
        Path pemCa = write("ca.pem", pem("CERTIFICATE", ca.certificate().getEncoded()));
        Path pemList = write("crl.pem", pem("X509 CRL", ca.revoke().getEncoded()));

        assertAccepted(run("--reader", "Virtual PCD 00 00", "--ca", pemCa.toString(), "--crl", pemList.toString()));
        assertRefused(
                run("--reader", "Virtual", "--ca", pemCa.toString(), "--crl", pemList.toString()),
                RefusalReason.READER_NOT_FOUND);
    }

    @ParameterizedTest
    @EnumSource
    void a_copy_of_all_that_can_be_read_from_a_card_is_refused(CardKey key) throws Exception {
        reader.insert(clone(SimulatedCard.piv(ca, guid, key), key));

        assertRefused(identify(), RefusalReason.SIGNATURE_INVALID);
    }

    @Test
    void a_copied_chuid_is_refused() throws Exception {
        SimulatedCard attacker = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        attacker.putPiv(CHUID, TestObjects.chuid(guid, "20400101"));
        reader.insert(attacker);

        assertRefused(identify(), RefusalReason.GUID_MISMATCH);
    }

    @Test
    void untrusted_revoked_and_expired_certificates_are_refused() throws Exception {
        SimulatedCard card = SimulatedCard.blankPiv();
        card.putPiv(CHUID, TestObjects.chuid(guid, "20400101"));
        TestCa.Draft draft = ca.card(guid, card.generatePiv(0x9E, CardKey.P256));
        X509Certificate revoked = draft.build();
        card.putPiv(CARD_CERTIFICATE, TestObjects.certificate(revoked, false));
        reader.insert(card);
        assertRefused(identify(ca.revoke(revoked)), RefusalReason.CERTIFICATE_REVOKED);
        assertRefused(identify(ca.revoke(Instant.now().minusSeconds(1))), RefusalReason.REVOCATION_STALE);
        assertRefused(identify(new TestCa("Hospital CA").revoke()), RefusalReason.REVOCATION_UNKNOWN);

        X509Certificate expired = draft.valid(
                        Instant.now().minusSeconds(9999), Instant.now().minusSeconds(1))
                .build();
        card.putPiv(CARD_CERTIFICATE, TestObjects.certificate(expired, true));
        assertRefused(identify(), RefusalReason.CERTIFICATE_EXPIRED);

        reader.insert(SimulatedCard.piv(new TestCa("Hospital CA"), guid, CardKey.P256));
        assertRefused(identify(), RefusalReason.CERTIFICATE_UNTRUSTED);
    }

    @Test
    void the_certificate_of_the_other_slot_is_refused() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        card.putPiv(CARD_CERTIFICATE, card.readPiv(HOLDER_CERTIFICATE));
        reader.insert(card);

        assertRefused(identify(), RefusalReason.KEY_USAGE);
    }

    @Test
    void no_card_a_blank_card_and_a_foreign_card_are_refused() throws Exception {
        assertRefused(identify(), RefusalReason.NO_CARD);
        reader.insert(SimulatedCard.blankPiv());
        assertRefused(identify(), RefusalReason.CARD_MALFORMED);
        reader.insert(SimulatedCard.foreign());
        assertRefused(identify(), RefusalReason.CARD_UNKNOWN);
    }

    @Test
    void a_card_pulled_in_the_middle_is_lost() throws Exception {
        reader.insert(SimulatedCard.piv(ca, guid, CardKey.P256), command -> {
            if (command[1] == (byte) 0x87) {
                throw new EOFException("pulled");
            }
        });

        assertRefused(identify(), RefusalReason.CARD_LOST);
    }

    @Test
    void a_card_swapped_in_the_middle_behind_the_reader_s_back_is_refused() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        SimulatedCard other = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        reader.insert(card, command -> {
            if (command[1] == (byte) 0x87) {
                card.becomes(other);
            }
        });

        assertRefused(identify(), RefusalReason.CARD_CHANGED);
    }

    @Test
    void the_service_may_be_gone_and_come_back() throws Exception {
        reader.stop();
        assertRefused(identify(), RefusalReason.NO_SERVICE);
        reader.restart();
        reader.insert(SimulatedCard.piv(ca, guid, CardKey.P256));
        assertAccepted(identify());
        reader.restart();
        reader.insert(SimulatedCard.piv(ca, guid, CardKey.P256));
        assertAccepted(identify());
    }

    @Test
    void files_that_hold_something_else_are_refused() throws Exception {
        reader.insert(SimulatedCard.piv(ca, guid, CardKey.P256));
        Path caFile = write("ca.der", ca.certificate().getEncoded());
        Path none = directory.resolve("none");
        Path text = write("text", "no list".getBytes(StandardCharsets.US_ASCII));

        for (Path list : List.of(none, text, caFile)) {
            assertRefused(
                    run("--reader", VirtualReader.NAME, "--ca", caFile.toString(), "--crl", list.toString()),
                    RefusalReason.TRUST_UNREADABLE);
        }
    }

    @Test
    void a_call_without_the_revocation_list_is_wrong_usage() {
        Answer answer = run("--reader", VirtualReader.NAME, "--ca", "ca.pem");

        assertRefused(answer, RefusalReason.USAGE);
        assertThat(answer.err()).contains("missing: --crl");
    }

    private static SimulatedCard clone(SimulatedCard original, CardKey key) {
        SimulatedCard clone = SimulatedCard.blankPiv();
        clone.generatePiv(0x9E, key);
        clone.generatePiv(0x9A, key);
        for (int tag : List.of(CHUID, CARD_CERTIFICATE, HOLDER_CERTIFICATE)) {
            Bytes object = original.readPiv(tag);
            clone.putPiv(tag, object);
        }
        return clone;
    }

    private record Answer(int code, String out, String err) {}

    private void assertAccepted(Answer answer) {
        assertThat(answer.out())
                .isEqualTo("{\"decision\":\"ACCEPT\",\"guid\":\"%s\",\"reason\":null,\"reference\":null}%n"
                        .formatted(guid));
        assertThat(answer.code()).isZero();
    }

    private static void assertRefused(Answer answer, RefusalReason reason) {
        assertThat(answer.out())
                .isEqualTo("{\"decision\":\"REFUSE\",\"guid\":null,\"reason\":\"%s\",\"reference\":null}%n"
                        .formatted(reason.code()));
        assertThat(answer.err()).contains(reason.sentence());
        assertThat(answer.code()).isEqualTo(1);
    }

    private Answer identify() throws Exception {
        return identify(ca.revoke());
    }

    private Answer identify(X509CRL list) throws Exception {
        return run(arguments(list).toArray(String[]::new));
    }

    private List<String> arguments(X509CRL list) throws Exception {
        return List.of(
                "--reader",
                VirtualReader.NAME,
                "--ca",
                write("ca.der", ca.certificate().getEncoded()).toString(),
                "--crl",
                write("crl.der", list.getEncoded()).toString());
    }

    private static Answer run(String... options) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = new IdentifyCommand()
                .run(
                        List.of(options),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Answer(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private Answer process(X509CRL list) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                Path.of("target", "smart-card-bridge.jar").toString(),
                "identify"));
        command.addAll(arguments(list));
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        int code = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start()
                .waitFor();
        return new Answer(code, Files.readString(out), Files.readString(err));
    }

    private Path write(String name, byte[] content) throws IOException {
        return Files.write(directory.resolve(name), content);
    }

    private static byte[] pem(String label, byte[] der) {
        return "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n"
                .formatted(label, Base64.getMimeEncoder().encodeToString(der))
                .getBytes(StandardCharsets.US_ASCII);
    }
}
