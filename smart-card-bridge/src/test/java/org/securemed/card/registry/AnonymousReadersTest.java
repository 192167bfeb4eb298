package org.securemed.card.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.card.problem.ProblemWriter;
import org.securemed.card.server.Caller;
import org.securemed.card.simulated.SettableClock;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;

class AnonymousReadersTest {
    private final SettableClock clock = new SettableClock(Instant.parse("2026-01-01T00:00:00Z"));
    private final AnonymousReaders pace = new AnonymousReaders(2, false, new ProblemWriter(), clock);

    @AfterEach
    void nobody() {
        SecurityContextHolder.clearContext();
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

        clock.pass(Duration.ofSeconds(60));
        assertThat(ask("10.0.0.1").getStatus()).isEqualTo(200);
    }

    @Test
    void who_sends_a_token_is_not_counted() throws Exception {
        JwtAuthenticationToken user = new JwtAuthenticationToken(
                Jwt.withTokenValue("x").header("alg", "none").claim("sub", "1").build(), List.of());
        user.setDetails(new Caller("1", null, null, "app", Set.of(), Set.of(), null, "x"));
        SecurityContextHolder.getContext().setAuthentication(user);
        for (int i = 0; i < 5; i++) {
            assertThat(ask("10.0.0.1").getStatus()).isEqualTo(200);
        }
    }

    @Test
    void many_addresses_take_no_more_memory_than_ten_thousand() throws Exception {
        for (int i = 0; i < 3; i++) {
            ask("10.0.0.9");
        }
        ask("10.0.0.8");
        ask("10.0.0.8");
        for (int i = 0; i < 9_999; i++) {
            ask("10.1." + (i >> 8) + "." + (i & 0xFF));
        }

        assertThat(ask("10.0.0.8").getStatus()).as("still known").isEqualTo(429);
        assertThat(ask("10.0.0.9").getStatus()).as("the oldest is forgotten").isEqualTo(200);
    }

    private MockHttpServletResponse ask(String address) throws Exception {
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/cards/challenges");
        request.setRemoteAddr(address);
        MockHttpServletResponse response = new MockHttpServletResponse();
        pace.doFilter(request, response, new MockFilterChain());
        return response;
    }
}
