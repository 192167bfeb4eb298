package org.securemed.fhir.transparency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.files.LogUrl;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.verify.PublishedVerifier;
import org.securemed.ledger.verify.Report;

/** The verifier of the ledger against the live log. */
class PublishedLogVerifiedIT {
    private final TestServer server = TestServer.shared();
    private final Ledger ledger = server.bean(Ledger.class);
    private final VerifyKey key = ledger.logKey();

    @Test
    void an_auditor_verifies_everything_against_an_earlier_checkpoint_while_the_log_grows() throws Exception {
        server.get("physician", "Patient/nobody-of-that-name");
        ledger.publishCheckpoint();
        SignedNote earlier = handedOut();
        server.get("physician", "Patient/nobody-of-that-name");
        Report report = new PublishedVerifier(key, log("compliance"))
                .against("before", earlier)
                .verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.entries()).isPositive();
    }

    @Test
    void a_stranger_verifies_the_tiles_and_is_told_that_entries_need_a_token() throws Exception {
        assertThat(new PublishedVerifier(key, log("")).tilesOnly().verify().findings())
                .isEmpty();
        assertThatThrownBy(() -> new PublishedVerifier(key, log("")).verify())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("401")
                .hasMessageContaining("token");
    }

    /** What is served may be older by a moment than what was signed last. */
    private SignedNote handedOut() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.base() + "/ledger/checkpoint"))
                .build();
        return SignedNote.parse(HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body());
    }

    private LogUrl log(String user) {
        return new LogUrl(URI.create(server.base() + "/ledger"), user.isEmpty() ? "" : server.token(user));
    }
}
