package org.securemed.fhir.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.xml.parsers.DocumentBuilderFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** A receiver with a certificate, over real TLS on this machine. */
class SyslogRepositoryTest {
    private final KeyPair keys = keys();
    private final X509Certificate certificate = certificate(keys);
    private final SSLServerSocket receiver = receiver();
    private final List<String> received = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean reads = true;

    @AfterEach
    void close() throws IOException {
        receiver.close();
    }

    @Test
    void each_event_arrives_as_a_dicom_message_in_a_syslog_frame() throws Exception {
        listen();
        List<AuditEvent> events = List.of(event("one"), event("zwei \u00e4\ud83d\ude00 \u0001<&"));

        assertThat(repository(trusting(certificate)).deliver(events)).isEmpty();

        assertThat(received).hasSize(2);
        for (int i = 0; i < 2; i++) {
            String frame = received.get(i);
            assertThat(frame)
                    .startsWith("<85>1 2026-03-01T12:00:0")
                    .contains(" securemed ")
                    .contains(" IHE+RFC-3881 - ");
            Element message = xml(frame.substring(frame.indexOf("<?xml"))).getDocumentElement();
            assertThat(message.getTagName()).isEqualTo("AuditMessage");
            Element identification = (Element)
                    message.getElementsByTagName("EventIdentification").item(0);
            assertThat(identification.getAttribute("EventActionCode")).isEqualTo("E");
            assertThat(identification.getAttribute("EventOutcomeIndicator")).isEqualTo("0");
            Element id = (Element) message.getElementsByTagName("EventID").item(0);
            assertThat(id.getAttribute("csd-code")).isEqualTo("110112");
            assertThat(id.getAttribute("codeSystemName")).isEqualTo("DCM");
            Element participant =
                    (Element) message.getElementsByTagName("ActiveParticipant").item(0);
            assertThat(participant.getAttribute("UserID")).isEqualTo("Practitioner/p");
            assertThat(participant.getAttribute("UserIsRequestor")).isEqualTo("true");
            Element query = (Element)
                    message.getElementsByTagName("ParticipantObjectQuery").item(0);
            assertThat(new String(Base64.getDecoder().decode(query.getTextContent()), StandardCharsets.UTF_8))
                    .isEqualTo("GET Patient?name=x");
        }
        assertThat(received.get(1))
                .contains("zwei \u00e4\ud83d\ude00 &lt;&amp;")
                .doesNotContain("\u0001");
    }

    @Test
    void a_receiver_that_breaks_off_has_to_be_sent_the_same_again() throws Exception {
        reads = false;
        listen();
        assertThatThrownBy(() -> repository(trusting(certificate)).deliver(many()))
                .isInstanceOf(IOException.class);
        reads = true;
        assertThat(repository(trusting(certificate)).deliver(List.of(event("again"))))
                .isEmpty();
        assertThat(received)
                .singleElement()
                .satisfies(frame -> assertThat(frame).contains("again"));
    }

    @Test
    void a_receiver_that_is_not_trusted_is_told_nothing() {
        listen();
        X509Certificate other = certificate(keys());
        assertThatThrownBy(() -> repository(trusting(other)).deliver(List.of(event("one"))))
                .isInstanceOf(SSLException.class);
        URI elsewhere = URI.create("syslog+tls://127.0.0.1:" + receiver.getLocalPort());
        assertThatThrownBy(() -> new SyslogRepository(elsewhere, "securemed", trusting(certificate))
                        .deliver(List.of(event("one"))))
                .as("the certificate is localhost's")
                .isInstanceOf(SSLException.class);
        assertThat(received).isEmpty();
    }

    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void a_receiver_that_reads_nothing_is_not_waited_for_for_ever() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        Thread thread = new Thread(() -> {
            try (SSLSocket socket = (SSLSocket) receiver.accept()) {
                socket.startHandshake();
                over.await();
            } catch (IOException | InterruptedException e) {
                // The test has its answer.
                return;
            }
        });
        thread.setDaemon(true);
        thread.start();
        SyslogRepository impatient = new SyslogRepository(
                URI.create("syslog+tls://localhost:" + receiver.getLocalPort()),
                "securemed",
                trusting(certificate),
                Duration.ofSeconds(1));
        List<AuditEvent> large = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            large.add(event("x".repeat(2_000)));
        }
        assertThatThrownBy(() -> impatient.deliver(large)).isInstanceOf(IOException.class);
        over.countDown();
    }

    private SyslogRepository repository(SSLContext tls) {
        return new SyslogRepository(URI.create("syslog+tls://localhost:" + receiver.getLocalPort()), "securemed", tls);
    }

    private static List<AuditEvent> many() {
        List<AuditEvent> many = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            many.add(event("event " + i));
        }
        return many;
    }

    private static AuditEvent event(String name) {
        AuditEvent event = new AuditEvent();
        event.setId("id-1");
        event.setType(new Coding("http://dicom.nema.org/resources/ontology/DCM", "110112", "Query"));
        event.setAction(AuditEvent.AuditEventAction.E);
        event.setOutcome(AuditEvent.AuditEventOutcome._0);
        event.setRecorded(Date.from(Instant.parse("2026-03-01T12:00:00Z")));
        event.addAgent().setWho(new Reference("Practitioner/p")).setName(name).setRequestor(true);
        event.getSource().setObserver(new Reference("Device/server"));
        event.addEntity()
                .setQuery("GET Patient?name=x".getBytes(StandardCharsets.UTF_8))
                .setType(new Coding(null, "2", null));
        return event;
    }

    private void listen() {
        Thread thread = new Thread(() -> {
            while (!receiver.isClosed()) {
                try (SSLSocket socket = (SSLSocket) receiver.accept()) {
                    socket.setSoTimeout(20_000);
                    if (reads) {
                        frames(socket.getInputStream());
                    } else {
                        socket.setSoLinger(true, 0);
                        socket.getInputStream().read();
                    }
                } catch (IOException e) {
                    // The next connection, or the end of the test.
                    continue;
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void frames(InputStream in) throws IOException {
        while (true) {
            StringBuilder length = new StringBuilder();
            for (int c = in.read(); c != ' '; c = in.read()) {
                if (c < 0) {
                    return;
                }
                length.append((char) c);
            }
            received.add(new String(in.readNBytes(Integer.parseInt(length.toString())), StandardCharsets.UTF_8));
        }
    }

    private SSLServerSocket receiver() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(
                    "receiver", keys.getPrivate(), "secret".toCharArray(), new X509Certificate[] {certificate});
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, "secret".toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return (SSLServerSocket)
                    context.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getByName("localhost"));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLContext trusting(X509Certificate trusted) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("trusted", trusted);
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256, new SecureRandom());
            return generator.generateKeyPair();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509Certificate certificate(KeyPair keys) {
        try {
            X500Name name = new X500Name("CN=localhost");
            Instant now = Instant.now();
            return new JcaX509CertificateConverter()
                    .getCertificate(new JcaX509v3CertificateBuilder(
                                    name,
                                    BigInteger.ONE,
                                    Date.from(now.minusSeconds(60)),
                                    Date.from(now.plusSeconds(3_600)),
                                    name,
                                    keys.getPublic())
                            .addExtension(
                                    Extension.subjectAlternativeName,
                                    false,
                                    new GeneralNames(new GeneralName(GeneralName.dNSName, "localhost")))
                            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Document xml(String text) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }
}
