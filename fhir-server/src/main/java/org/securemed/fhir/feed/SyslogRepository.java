package org.securemed.fhir.feed;

import com.cloudbees.syslog.Facility;
import com.cloudbees.syslog.Severity;
import com.cloudbees.syslog.SyslogMessage;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.hl7.fhir.r4.model.AuditEvent;

/**
 * A syslog receiver that takes DICOM audit messages over TLS.
 *
 * <p>Syslog has no acknowledgement. Each list goes over a connection of its own, which is closed on this side first;
 * the receiver has to close it, too, as RFC 5425 demands, and what it has not read by then makes that fail.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5424">RFC 5424</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5425">RFC 5425, octet counting and close_notify</a>
 * @see <a href="https://profiles.ihe.net/ITI/TF/Volume2/ITI-20.html">ITI-20, 3.20.4.1 Send Audit Event</a>
 */
final class SyslogRepository implements Repository {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    /** For a whole batch: a receiver that reads nothing must not be waited for. */
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private static final int DEFAULT_PORT = 6514;
    private static final String MESSAGE_ID = "IHE+RFC-3881";

    private final URI url;
    private final String application;
    private final SSLContext tls;
    private final Duration timeout;

    /** @param application APP-NAME, 1 to 48 printable ASCII characters */
    SyslogRepository(URI url, String application, SSLContext tls) {
        this(url, application, tls, LONGEST);
    }

    /** @param timeout of a whole batch */
    SyslogRepository(URI url, String application, SSLContext tls, Duration timeout) {
        this.timeout = timeout;
        this.url = url;
        this.application = application;
        this.tls = tls;
    }

    @Override
    public List<Refusal> deliver(List<AuditEvent> events) throws IOException {
        int port = url.getPort() < 0 ? DEFAULT_PORT : url.getPort();
        try (Socket plain = new Socket();
                Deadline ignored = new Deadline(timeout, plain)) {
            plain.connect(new InetSocketAddress(url.getHost(), port), (int) TIMEOUT.toMillis());
            try (SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(plain, url.getHost(), port, true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
                socket.setSSLParameters(parameters);
                socket.setSoTimeout((int) TIMEOUT.toMillis());
                socket.startHandshake();
                OutputStream out = new BufferedOutputStream(socket.getOutputStream());
                for (AuditEvent event : events) {
                    byte[] message = message(event).getBytes(StandardCharsets.UTF_8);
                    out.write((message.length + " ").getBytes(StandardCharsets.US_ASCII));
                    out.write(message);
                }
                out.flush();
                socket.shutdownOutput();
                if (socket.getInputStream().read() >= 0) {
                    throw new IOException("the receiver says something, which syslog does not know");
                }
            }
        }
        return List.of();
    }

    private String message(AuditEvent event) {
        return new SyslogMessage()
                .withFacility(Facility.AUTHPRIV)
                .withSeverity(Severity.NOTICE)
                .withTimestamp(event.getRecorded())
                .withAppName(application)
                .withMsgId(MESSAGE_ID)
                .withMsg(DicomAuditMessage.of(event))
                .toRfc5424SyslogMessage();
    }
}
