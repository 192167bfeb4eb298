package org.securemed.card.problem;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Writes a {@link Problem} as the answer to a request, {@code application/problem+json}. Thread-safe. */
public final class ProblemWriter {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Answers with {@code problem}; headers set before stay.
     *
     * @throws IllegalStateException if a part of another answer has already left
     */
    public void write(HttpServletResponse response, Problem problem) throws IOException {
        if (response.isCommitted()) {
            throw new IllegalStateException("an answer has already begun to leave");
        }
        response.resetBuffer();
        response.setStatus(problem.status());
        problem.retryAfter()
                .ifPresent(after -> response.setHeader("Retry-After", Long.toString(Math.max(1, after.toSeconds()))));
        response.setHeader("Cache-Control", "no-store");
        response.setContentType("application/problem+json;charset=UTF-8");
        byte[] body = JSON.createObjectNode()
                .put("type", "urn:securemed:problem:" + problem.code())
                .put("title", problem.code().replace('-', ' '))
                .put("status", problem.status())
                .put("detail", problem.detail())
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
        response.flushBuffer();
    }
}
