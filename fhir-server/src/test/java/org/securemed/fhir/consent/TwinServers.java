package org.securemed.fhir.consent;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.smart.DemoClients;
import org.securemed.fhir.smart.TokenMint;

/** Two servers with the same data, except that one of them also holds the hidden patients. */
final class TwinServers implements AutoCloseable {
    /** Times are compared elsewhere, and thousands of refusals have to wait for nothing here. */
    private static final String AT_ONCE = "--securemed.consent.answer-interval=0";

    private final TestServer without;
    private final TestServer with;
    private final Map<String, String> tokens = new ConcurrentHashMap<>();

    private TwinServers(TestServer without, TestServer with) {
        this.without = without;
        this.with = with;
    }

    static TwinServers start() {
        TestServer without = TestServer.empty("twin-without", AT_ONCE);
        TestServer with = TestServer.empty("twin-with", AT_ONCE);
        new TwinData(without).load(false);
        TwinData data = new TwinData(with);
        data.load(true);
        data.warm();
        return new TwinServers(without, with);
    }

    /** The server that knows nothing of the hidden patients. */
    TestServer without() {
        return without;
    }

    /** The server that holds them. */
    TestServer with() {
        return with;
    }

    /** A requester's token on one of the twins; each signs its own. */
    String token(TestServer server, String requester) {
        return tokens.computeIfAbsent(
                (server == with) + requester,
                key -> requester.equals("researcher")
                        ? server.bean(TokenMint.class).forClient(DemoClients.RESEARCH, "system/*.rs")
                        : server.token(requester));
    }

    @Override
    public void close() {
        without.close();
        with.close();
    }
}
