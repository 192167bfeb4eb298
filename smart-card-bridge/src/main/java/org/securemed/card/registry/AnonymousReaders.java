package org.securemed.card.registry;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.securemed.card.problem.Problem;
import org.securemed.card.problem.ProblemWriter;
import org.securemed.card.server.Caller;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * How often one address may ask without an access token, by minutes. Readers need none: a card proves more than a token
 * would. Whoever has no card must still be kept from using up the challenges and filling the record. Thread-safe.
 */
final class AnonymousReaders extends OncePerRequestFilter {
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final int MOST_ADDRESSES = 10_000;

    private static final class Count {
        private final Instant from;
        private int requests;

        Count(Instant from) {
            this.from = from;
        }
    }

    private final int most;
    private final boolean workstations;
    private final ProblemWriter problems;
    private final Clock clock;

    // Guarded by itself. Least recently begun first.
    private final Map<String, Count> counts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Count> eldest) {
            return size() > MOST_ADDRESSES;
        }
    };

    /**
     * @param most requests of one address in a minute
     * @param workstations whether only workstations that have proven themselves may ask
     */
    AnonymousReaders(int most, boolean workstations, ProblemWriter problems, Clock clock) {
        this.most = most;
        this.workstations = workstations;
        this.problems = problems;
        this.clock = clock;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (Caller.known().isPresent()) {
            chain.doFilter(request, response);
        } else if (!mayAsk(request.getRemoteAddr())) {
            problems.write(
                    response, Problem.tooMany("too-many-requests", "Too many cards are read here. Wait.", WINDOW));
        } else if (workstations && Workstation.of(request).isEmpty()) {
            problems.write(
                    response,
                    Problem.forbidden(
                            "workstation-unknown", "This workstation has to show its certificate, or a user's token."));
        } else {
            chain.doFilter(request, response);
        }
    }

    private boolean mayAsk(String address) {
        Instant now = clock.instant();
        synchronized (counts) {
            Count count = counts.get(address);
            if (count == null || !now.isBefore(count.from.plus(WINDOW))) {
                counts.remove(address);
                count = new Count(now);
                counts.put(address, count);
            }
            count.requests++;
            return count.requests <= most;
        }
    }
}
