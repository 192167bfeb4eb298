package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.card.problem.ProblemWriter;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class AnonymousReadersTest {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final AnonymousReaders pace = new AnonymousReaders(2, false, new ProblemWriter(), new Clock() {
        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    });

    @AfterEach
    void nobody() {
        org.springframework.security.core.context.SecurityContextHolder.clearContext();
    }

    @Test
    void an_address_without_a_token_asks_so_often_a_minute_and_others_are_not_kept_from_it() throws Exception {
        assertThat(ask("10.0.0.1").getStatus()).isEqualTo(200);
        assertThat(ask("10.0.0.1").getStatus()).isEqualTo(200);
        MockHttpServletResponse refused = ask("10.0.0.1");
        assertThat(refused.getStatus()).isEqualTo(429);
        assertThat(refused.getHeader("Retry-After")).isEqualTo("60");
        assertThat(refused.getContentAsString()).contains("too-many-requests");
        assertThat(ask("10.0.0.2").getStatus()).isEqualTo(200);

        now = now.plusSeconds(60);
        assertThat(ask("10.0.0.1").getStatus()).isEqualTo(200);
    }

    @Test
    void many_addresses_take_no_more_memory() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            ask("10.1." + (i >> 8) + "." + (i & 0xFF));
        }
        assertThat(ask("10.0.0.9").getStatus()).isEqualTo(200);
    }

    private MockHttpServletResponse ask(String address) throws Exception {
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/cards/challenges");
        request.setRemoteAddr(address);
        MockHttpServletResponse response = new MockHttpServletResponse();
        pace.doFilter(request, response, new MockFilterChain());
        return response;
    }
}
