package org.securemed.card.reader.agent;

import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.outbound.TlsFiles;
import org.securemed.card.profile.CardReading;
import org.securemed.card.reader.Readers;

/** A reader agent, as on a workstation, with whatever readers a test has. */
public final class TestAgent implements Closeable {
    private final ReaderAgent agent;

    /**
     * Starts it.
     *
     * @param origin of the pages that may use it
     * @param port on 127.0.0.1
     */
    public TestAgent(URI bridge, String origin, int port, String reader, Readers readers) throws IOException {
        agent = new ReaderAgent(
                new AgentOptions(bridge, List.of(origin), port, reader, TlsFiles.NONE, null),
                readers,
                new CardReading(CardProfiles.all(Clock.systemUTC())));
    }

    @Override
    public void close() {
        agent.close();
    }
}
