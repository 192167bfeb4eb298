package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Base64;
import java.util.UUID;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.audit.AuditOutbox;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.outbound.TlsFiles;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardReading;
import org.securemed.card.reader.BridgeClient;
import org.securemed.card.server.TestBridge;
import org.securemed.card.server.TestIssuer;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.securemed.card.simulated.TestTls;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;

/** Workstation, bridge and FHIR server, each proving itself to the next by a certificate. */
class MutualTlsIT {
    @TempDir
    private static Path directory;

    private static final TestCa cards = new TestCa("Card CA");
    private static final TestCa network = new TestCa("Network CA");
    private static final TestCa stranger = new TestCa("Network CA");
    private static TestFhirServer fhir;
    private static TestBridge bridge;
    private static URI address;

    @BeforeAll
    static void start() throws Exception {
        ECKey client = new ECKeyGenerator(Curve.P_384).keyID("card-bridge-1").generate();
        TestTls fhirTls = TestTls.server(network, directory, "fhir");
        TestTls bridgeServer = TestTls.server(network, directory, "bridge");
        TestTls bridgeClient = TestTls.client(network, directory, "bridge-client");
        bridge = new TestBridge(
                new TestIssuer(context(fhirTls)),
                "--securemed.bridge.base-url=https://localhost",
                "--securemed.bridge.client.key="
                        + Files.writeString(directory.resolve("client.jwk"), client.toJSONString()),
                "--securemed.bridge.client.tls.certificate=" + bridgeClient.certificate(),
                "--securemed.bridge.client.tls.key=" + bridgeClient.key(),
                "--securemed.bridge.client.tls.trust=" + bridgeClient.trust(),
                "--server.ssl.certificate=" + bridgeServer.certificate(),
                "--server.ssl.certificate-private-key=" + bridgeServer.key(),
                "--server.ssl.trust-certificate=" + bridgeServer.trust(),
                "--server.ssl.client-auth=want",
                "--securemed.bridge.cards.workstation-certificates=true",
                "--securemed.bridge.cards.ca="
                        + Files.write(
                                directory.resolve("ca.der"), cards.certificate().getEncoded()),
                "--securemed.bridge.cards.revocation-list="
                        + Files.write(
                                directory.resolve("crl.der"), cards.revoke().getEncoded()),
                "--securemed.bridge.cards.number-secret=" + Base64.getEncoder().encodeToString(new byte[32]));
        fhir = new TestFhirServer(bridge.issuer(), client);
        address = URI.create(
                "https://localhost:" + bridge.context().getEnvironment().getProperty("local.server.port"));
    }

    private static SSLContext context(TestTls tls) throws Exception {
        return SslBundle.of(new PemSslStoreBundle(
                        PemSslStoreDetails.forCertificate(Files.readString(tls.certificate()))
                                .withPrivateKey(Files.readString(tls.key())),
                        PemSslStoreDetails.forCertificate(Files.readString(tls.trust()))))
                .createSslContext();
    }

    @AfterAll
    static void stop() {
        bridge.close();
    }

    @Test
    void a_workstation_with_a_certificate_reads_cards_and_the_record_of_it_goes_the_same_way() throws Exception {
        BridgeClient workstation = client(network, "desk-1");
        BridgeClient.Given given = workstation.challenge();

        assertThatThrownBy(() -> workstation.identify(answer(given))).hasMessageContaining("not enrolled here");

        assertThat(bridge.context().getBean(AuditOutbox.class).send()).isPositive();
        assertThat(fhir.events).anyMatch(event -> event.contains("not-enrolled"));
    }

    @Test
    void an_answer_from_another_workstation_than_that_which_asked_is_refused() throws Exception {
        BridgeClient.Given given = client(network, "desk-2").challenge();

        assertThatThrownBy(() -> client(network, "desk-3").identify(answer(given)))
                .hasMessageContaining("The challenge was answered before, is too old, or never was");
    }

    @Test
    void a_workstation_without_a_certificate_or_with_a_strangers_gets_no_challenge() {
        BridgeClient nobody = new BridgeClient(address, new TlsFiles(null, null, directory.resolve("bridge.ca.pem")));
        assertThatThrownBy(nobody::challenge).hasMessageContaining("This workstation has to show its certificate");

        TestTls forged = TestTls.client(stranger, directory, "forged");
        BridgeClient somebody = new BridgeClient(
                address, new TlsFiles(forged.certificate(), forged.key(), directory.resolve("bridge.ca.pem")));
        assertThatThrownBy(somebody::challenge).isInstanceOf(BridgeClient.RefusedException.class);
    }

    @Test
    void a_bridge_of_another_ca_is_not_spoken_to() {
        TestTls own = TestTls.client(network, directory, "careful");
        Path others = TestTls.client(stranger, directory, "others").trust();

        assertThatThrownBy(
                        () -> new BridgeClient(address, new TlsFiles(own.certificate(), own.key(), others)).challenge())
                .hasMessageContaining("The bridge does not answer");
    }

    @Test
    void a_file_that_is_no_pem_is_named_and_not_quoted() throws Exception {
        TestTls own = TestTls.client(network, directory, "broken");
        Files.writeString(own.key(), "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");

        assertThatThrownBy(() -> new TlsFiles(own.certificate(), own.key(), own.trust()).client())
                .hasMessageContaining("broken.key")
                .hasMessageNotContaining("c2VjcmV0");
        assertThatThrownBy(() -> new TlsFiles(own.certificate(), null, null)).hasMessageContaining("come together");
    }

    private static BridgeClient client(TestCa ca, String name) {
        TestTls tls = TestTls.client(ca, directory, name);
        return new BridgeClient(address, new TlsFiles(tls.certificate(), tls.key(), tls.trust()));
    }

    private static com.fasterxml.jackson.databind.node.ObjectNode answer(BridgeClient.Given given) throws Exception {
        SimulatedCard card = SimulatedCard.piv(cards, UUID.randomUUID(), CardKey.P256);
        CardReading reading = new CardReading(CardProfiles.all(Clock.systemUTC()));
        return BridgeClient.answer(given.id(), reading.read(card, given.challenge(), null));
    }
}
